import { backoffMs } from '../backoff.ts';
import { ApiError, isForbidden, isNotFound } from '../errors.ts';
import type { ResourceType } from '../objects/resource-type.ts';

/** Delays and time limits of a reflector. */
export interface ReflectorTimes {
  /** The server ends a watch after this time, and at most twice this time. */
  readonly watchSeconds: number;
  /** A watch that receives nothing for this long, not even a bookmark (the server sends one per minute), is dead. */
  readonly idleLimitMs: number;
  /** First and longest delay after a failure. */
  readonly retryFirstMs: number;
  readonly retryLongestMs: number;
  /** Delay while the CustomResourceDefinition or the rights are missing. */
  readonly mendedByPeopleMs: number;
  /** The same for an optional type, which may stay absent permanently. */
  readonly optionalTypeMs: number;
}

export const DEFAULT_REFLECTOR_TIMES: ReflectorTimes = {
  watchSeconds: 300,
  idleLimitMs: 150_000,
  retryFirstMs: 100,
  retryLongestMs: 15_000,
  mendedByPeopleMs: 3_000,
  optionalTypeMs: 30_000,
};

/** Maximum time until the server ends a watch of a type without bookmarks. A watch that lasts longer is dead. */
const QUIET_WATCH_SECONDS = 240;

/** How much later than requested the server may end a watch. */
const LATE_END_MS = 30_000;

/** Upper limit on the delay before the next request that the server asks for. */
const LONGEST_RETRY_AFTER_MS = 120_000;

/** The server ends each watch between half of this time and this time. */
export function longestWatchSeconds({ withoutBookmarks }: ResourceType, { watchSeconds }: ReflectorTimes): number {
  return withoutBookmarks === true ? Math.min(2 * watchSeconds, QUIET_WATCH_SECONDS) : 2 * watchSeconds;
}

/** A watch that receives nothing for this long is dead. */
export function idleLimitMs(type: ResourceType, times: ReflectorTimes): number {
  const limitMs = times.idleLimitMs;
  return type.withoutBookmarks === true ? Math.max(limitMs, longestWatchSeconds(type, times) * 1000 + LATE_END_MS) : limitMs;
}

/** Whether an optional type is not installed or may not be read. */
export function isUnavailable({ isOptional }: ResourceType, failure: unknown): boolean {
  return isOptional === true && (isNotFound(failure) || isForbidden(failure));
}

/** The last of several attempts to list and watch. */
export interface Attempt {
  readonly type: ResourceType;
  /** Attempts in a row that ended at once or failed. */
  readonly failures: number;
  /** Error of the last attempt; `undefined` if the server ended its watch. */
  readonly failure: unknown;
  /** Random number from 0 to 1, so that watches that ended together are not reopened together. */
  readonly random: number;
}

/** Delay before the next attempt. */
export function nextAttemptMs({ type, failures, failure, random }: Attempt, times: ReflectorTimes): number {
  const { retryFirstMs, retryLongestMs, mendedByPeopleMs, optionalTypeMs } = times;
  const jitter = 0.5 + random / 2;
  if (isUnavailable(type, failure)) return optionalTypeMs * jitter;
  // Needs a fix by an administrator, so poll at a constant rate.
  if (isNotFound(failure) || isForbidden(failure)) return mendedByPeopleMs * jitter;
  const askedForMs = failure instanceof ApiError ? Math.min(failure.retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS) : 0;
  const delayMs = failures === 0 ? 0 : backoffMs({ firstMs: retryFirstMs, longestMs: retryLongestMs }, failures) * jitter;
  return Math.max(askedForMs, delayMs);
}
