import { expect, it } from 'vitest';
import { backoffMs } from './backoff.ts';

it('doubles the delay with each failure, up to the longest', () => {
  const limits = { firstMs: 1_000, longestMs: 5_000 };
  expect([0, 1, 2, 3, 4, 1_000_000].map((failures) => backoffMs(limits, failures))).toEqual([1_000, 1_000, 2_000, 4_000, 5_000, 5_000]);
});
