import type { ResourceEvent } from '../api/events.ts';
import {
  ApiError,
  ConnectionError,
  errorText,
  isBug,
  isOnlyOutdated,
  isOnlyUnanswered,
  isTemporary,
  GivenUpError,
  ReconcileTimeoutError,
  requestedDelayMs,
} from '../errors.ts';
import { PATIENT_BACKOFF } from './workqueue.ts';

/** Failures in a row that are expected when other clients change or delete objects: the cache learns of that within their delays, 0.2 s. */
const OUTDATED_ATTEMPTS = 6;

/** Level and text of the log line about a reconcile that failed and is tried again. @param failures in a row, this one included. */
export function retryLine(error: unknown, failures: number): { readonly level: 'info' | 'warn' | 'error'; readonly message: string } {
  if (isBug(error))
    return { level: 'error', message: 'a reconcile failed because of a bug: please report it with this line; trying again' };
  if (isOnlyOutdated(error) && failures <= OUTDATED_ATTEMPTS)
    return { level: 'info', message: 'an object was changed or deleted at the same time, trying again' };
  return { level: 'warn', message: 'cannot reconcile, trying again' };
}

/** The delay until the next attempt, as far as the error of this one decides it. @param failures in a row, this one included. */
export const retryDelays = (error: unknown, failures: number): { readonly atLeastMs: number; readonly isByChance: boolean } => ({
  atLeastMs: Math.min(requestedDelayMs(error), PATIENT_BACKOFF.longestMs),
  // The API server reports a webhook that does not answer. No response means that a connection broke.
  isByChance: isOnlyUnanswered(error) || (isOnlyOutdated(error) && failures <= OUTDATED_ATTEMPTS),
});

/** Failures in a row after which a missing response is worth an event. */
const REPORTED_AFTER = 5;

/** The reconcile that failed. */
interface Failed {
  /** In a row, this one included. */
  readonly failures: number;
  /** The status of the resource names the error. */
  readonly isReported: boolean;
}

/** The event about a reconcile that failed for a cause that no status names, because it ended before its status was written. */
export function failureEvent(error: unknown, { failures, isReported }: Failed): ResourceEvent | undefined {
  const isLasting = error instanceof ReconcileTimeoutError || (!isReported && failures >= REPORTED_AFTER && mayBeAnswered(error));
  if (!isLasting && !isBug(error)) return undefined;
  const message = `the operator cannot process this resource, whose status may show a former state; retrying: ${errorText(error)}`;
  return { type: 'Warning', reason: 'ReconcileFailed', message };
}

/** Whether an error says that the same request may be answered later. */
const mayBeAnswered = (error: unknown): boolean =>
  error instanceof ConnectionError ||
  error instanceof GivenUpError ||
  (error instanceof ApiError && isTemporary(error) && !isOnlyOutdated(error));
