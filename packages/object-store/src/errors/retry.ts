import { isTransient, type StoreError } from './store-error.ts';

/** How failed requests are tried again. */
export interface RetryPolicy {
  /** Attempts in all, the first among them. */
  readonly attempts: number;
  /** Backoff before the second attempt is at most this long; it doubles with each further one. */
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
  /** A store's wish to be left alone is heeded up to this long: who waits has a deadline too. */
  readonly longestRetryAfterMs: number;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly wait: (delayMs: number, signal: AbortSignal | undefined) => Promise<void>;
  /** Told of every attempt that failed and is made again. */
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
 * Delay before another attempt: full jitter, after what the store asked for.
 *
 * @param attempt attempts that have failed so far, 1 or more.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function retryDelayMs(error: StoreError, attempt: number, policy: Omit<RetryPolicy, 'wait'>): number {
  const { firstDelayMs, longestDelayMs, longestRetryAfterMs, random } = policy;
  const ceilingMs = Math.min(longestDelayMs, firstDelayMs * 2 ** (attempt - 1));
  return Math.round(random() * ceilingMs) + Math.min(error.retryAfterMs ?? 0, longestRetryAfterMs);
}

/**
 * Does `work` until it succeeds, fails for good, or the attempts are used up.
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
