import { describe, expect, it } from 'vitest';
import { probeStandsMs } from './probe-interval.ts';

describe('connection test of a store', () => {
  it.each([
    [0, 300_000],
    [1, 5_000],
    [2, 10_000],
    [3, 20_000],
    [20, 300_000],
  ])('after %i failures is valid for %i ms', (failures, ms) => {
    expect(probeStandsMs({ failures }, 300_000)).toBe(ms);
  });
});
