import { describe, expect, it } from 'vitest';
import { DEFAULT_RETRY, retryDelayMs, withRetries, type RetryPolicy } from './retry.ts';
import { StoreError } from './store-error.ts';

const failure = (retryAfterMs?: number) => new StoreError('server', 'busy', retryAfterMs === undefined ? {} : { retryAfterMs });

const policy = (more: Partial<RetryPolicy> = {}): RetryPolicy => ({ ...DEFAULT_RETRY, wait: async () => undefined, ...more });

describe('the delay before a retry', () => {
  it('is random up to a ceiling that doubles up to a limit', () => {
    const longest = [1, 2, 3, 6, 7, 8].map((attempt) => retryDelayMs(failure(), attempt, policy({ random: () => 1 })));
    expect(longest).toEqual([500, 1_000, 2_000, 16_000, 20_000, 20_000]);
    expect(retryDelayMs(failure(), 8, policy({ random: () => 0 }))).toBe(0);
  });

  it('is added to the Retry-After of the store, within limits', () => {
    expect(retryDelayMs(failure(30_000), 1, policy({ random: () => 0.5 }))).toBe(30_250);
    expect(retryDelayMs(failure(3_600_000), 1, policy({ random: () => 0 }))).toBe(120_000);
  });
});

describe('withRetries', () => {
  const triedTimes = async (error: unknown, more: Partial<RetryPolicy> = {}): Promise<number> => {
    let times = 0;
    const work = async () => {
      times++;
      throw error;
    };
    await expect(withRetries(work, policy(more), undefined)).rejects.toBe(error);
    return times;
  };

  it.each([
    ['address', 5],
    ['refused', 5],
    ['timeout', 5],
    ['interrupted', 5],
    ['server', 5],
    ['clock', 5],
    ['tls', 1],
    ['denied', 1],
    ['no-such-bucket', 1],
    ['no-such-key', 1],
    ['no-such-upload', 1],
    ['changed', 1],
    ['rejected', 1],
  ] as const)('%s: %i attempts', async (kind, times) => {
    expect(await triedTimes(new StoreError(kind, kind))).toBe(times);
  });

  it('does not retry other errors', async () => {
    expect(await triedTimes(new TypeError('a bug'))).toBe(1);
  });

  it('returns the first success and reports the failures before it', async () => {
    const told: [string, number][] = [];
    let times = 0;
    const work = async () => {
      if (++times < 3) throw failure();
      return 'done';
    };
    const given = policy({ random: () => 1, onRetry: (error, delayMs) => told.push([error.kind, delayMs]) });
    expect(await withRetries(work, given, undefined)).toBe('done');
    expect(told).toEqual([
      ['server', 500],
      ['server', 1_000],
    ]);
  });

  it('stops when aborted, also during a delay', async () => {
    const controller = new AbortController();
    let times = 0;
    const work = async () => {
      times++;
      throw failure(60_000);
    };
    const given: RetryPolicy = { ...DEFAULT_RETRY, onRetry: () => queueMicrotask(() => controller.abort(new Error('enough'))) };
    await expect(withRetries(work, given, controller.signal)).rejects.toThrow('enough');
    expect(times).toBe(1);
  });
});
