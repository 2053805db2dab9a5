import { describe, expect, it } from 'vitest';
import { quantityValue } from './quantity.ts';

describe('the value of a quantity', () => {
  it.each([
    ['1Gi', 2 ** 30],
    ['1024Mi', 2 ** 30],
    ['1.5Gi', 1.5 * 2 ** 30],
    ['500m', 0.5],
    ['12e6', 12e6],
    ['1E', 1e18],
    ['2k', 2_000],
    [7, 7],
  ])('of %j is %d', (quantity, value) => {
    expect(quantityValue(quantity)).toBe(value);
  });

  it('is undefined for other text', () => {
    expect(quantityValue('a lot')).toBeNaN();
    expect(quantityValue('1X')).toBeNaN();
  });
});
