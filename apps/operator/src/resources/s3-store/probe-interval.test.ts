import { describe, expect, it } from 'vitest';
import { probeStandsMs } from './probe-interval.ts';

describe('a test of a store', () => {
  it.each([
    [0, 300_000],
    [1, 5_000],
    [2, 10_000],
    [3, 20_000],
    [20, 300_000],
  ])('after %i failures stands for %i ms', (failures, ms) => {
    expect(probeStandsMs({ failures }, 300_000)).toBe(ms);
  });
});
