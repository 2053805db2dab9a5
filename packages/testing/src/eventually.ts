import { setTimeout as wait } from 'node:timers/promises';
import { inspect } from 'node:util';

export interface EventuallyOptions {
  /** What is waited for, as the failure names it. */
  readonly what?: string;
  /** When to give up: a guard against a condition that never holds, not a limit of speed. Default 120,000. */
  readonly timeoutMs?: number;
  /** Pause between two looks; default 50. */
  readonly intervalMs?: number;
}

/** The condition did not come true in time. Its cause is what the last look threw. */
export class TimedOutError extends Error {
  override readonly name = 'TimedOutError';
}

/**
 * Looks again and again until a look neither throws nor gives `false`, `null` or `undefined`; gives back what that look gave.
 *
 * A look that only asserts returns `true` at its end.
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
  if ('error' in last) throw new TimedOutError(`${sentence}; the last look failed: ${text(last.error)}`, { cause: last.error });
  throw new TimedOutError(`${sentence}; the last look gave ${inspect(last.value, { depth: 6 })}`);
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : inspect(error);
}
