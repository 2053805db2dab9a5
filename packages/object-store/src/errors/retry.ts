import { isTransient, type StoreError } from './store-error.ts';

/** How failed requests are retried. */
export interface RetryPolicy {
  /** Total attempts, including the first. */
  readonly attempts: number;
  /** Upper bound of the backoff before the second attempt; it doubles with each further attempt. */
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
  /** Upper bound on the `Retry-After` that is honored, because callers have deadlines. */
  readonly longestRetryAfterMs: number;
  /** A random number from 0 to 1. */
  readonly random: () => number;
  readonly wait: (delayMs: number, signal: AbortSignal | undefined) => Promise<void>;
  /** Called before each retry. */
  readonly onRetry?: (error: StoreError, delayMs: number) => void;
}

/** Five attempts with backoff and full jitter. */
export const DEFAULT_RETRY: RetryPolicy = {
  attempts: 5,
  firstDelayMs: 500,
  longestDelayMs: 20_000,
  longestRetryAfterMs: 120_000,
  random: Math.random,
  wait: waitFor,
};

/**
 * Delay before the next attempt: the store's `Retry-After` plus a backoff with full jitter.
 *
 * @param attempt failed attempts so far, 1 or more.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function retryDelayMs(error: StoreError, attempt: number, policy: Omit<RetryPolicy, 'wait'>): number {
  const { firstDelayMs, longestDelayMs, longestRetryAfterMs, random } = policy;
  const ceilingMs = Math.min(longestDelayMs, firstDelayMs * 2 ** (attempt - 1));
  return Math.round(random() * ceilingMs) + Math.min(error.retryAfterMs ?? 0, longestRetryAfterMs);
}

/**
 * Runs `work` until it succeeds, fails permanently, or the attempts are exhausted.
 *
 * @throws StoreError of the last attempt; the signal's reason when it is aborted.
 */
export async function withRetries<T>(work: () => Promise<T>, policy: RetryPolicy, signal: AbortSignal | undefined): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      if (!isTransient(error) || attempt >= policy.attempts) throw error;
      const delayMs = retryDelayMs(error, attempt, policy);
      policy.onRetry?.(error, delayMs);
      await policy.wait(delayMs, signal);
    }
  }
}

async function waitFor(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, delayMs);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
