import { expect, it } from 'vitest';
import { stopLimits } from './stop-limits.ts';

it.each([
  ['', 5_000, 3_000],
  ['soon', 5_000, 3_000],
  ['-1', 5_000, 3_000],
  ['30', 29_000, 27_000],
  ['300', 299_000, 297_000],
  ['2', 1_000, 500],
  ['0', 500, 250],
])('a pod with %j seconds to stop has limits of %d and %d ms', (given, totalMs, drainMs) => {
  expect(stopLimits(given)).toEqual({ totalMs, drainMs });
});
