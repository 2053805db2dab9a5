import { setTimeout as wait } from 'node:timers/promises';
import { inspect } from 'node:util';

export interface EventuallyOptions {
  /** Name of the condition in the failure message. */
  readonly what?: string;
  /** Timeout in milliseconds: it only ends waits for a condition that never becomes true. Default 120,000. */
  readonly timeoutMs?: number;
  /** Pause between two attempts in milliseconds; default 50. */
  readonly intervalMs?: number;
}

/** The condition did not become true in time. The cause is the error of the last attempt. */
export class TimedOutError extends Error {
  override readonly name = 'TimedOutError';
}

/**
 * Calls `look` repeatedly until it neither throws nor returns `false`, `null` or `undefined`, and returns its result.
 *
 * A `look` that only asserts returns `true`.
 *
 * @throws {TimedOutError} with the last value, or the last error as its cause.
 * @example
 * const pod = await eventually(async () => (await pods()).find((each) => each.status.phase === 'Running'), { what: 'a running pod' });
 * @example
 * await eventually(async () => { expect(await count()).toBe(3); return true; });
 */
export async function eventually<T>(
  look: () => Promise<T | false | null | undefined> | T | false | null | undefined,
  { what = 'the condition', timeoutMs = 120_000, intervalMs = 50 }: EventuallyOptions = {},
): Promise<T> {
  const started = performance.now();
  let last: { readonly error: unknown } | { readonly value: unknown } = { value: undefined };
  do {
    try {
      const value = await look();
      if (value !== false && value !== null && value !== undefined) return value;
      last = { value };
    } catch (error) {
      last = { error };
    }
    await wait(intervalMs);
  } while (performance.now() - started < timeoutMs);
  const sentence = `waited ${timeoutMs / 1000} s for ${what}`;
  if ('error' in last) throw new TimedOutError(`${sentence}; the last check failed: ${text(last.error)}`, { cause: last.error });
  throw new TimedOutError(`${sentence}; the last check returned ${inspect(last.value, { depth: 6 })}`);
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : inspect(error);
}
