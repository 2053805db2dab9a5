import { describe, expect, it } from 'vitest';
import { retryDelayMs } from './retry.ts';

describe('retryDelayMs', () => {
  it.each([
    [1, 100, 200],
    [2, 200, 400],
    [5, 1600, 3200],
    [6, 2500, 5000],
    [1_000_000, 2500, 5000],
  ])('waits, after %i failures, from %i to %i ms', (attempt, least, most) => {
    expect(retryDelayMs(attempt, 0)).toBe(least);
    expect(retryDelayMs(attempt, 0.999_999)).toBe(most);
  });
});
