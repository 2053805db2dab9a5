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
    ['-1', -1],
    ['.5', 0.5],
    ['1e-3', 0.001],
  ])('of %j is %d', (quantity, value) => {
    expect(quantityValue(quantity)).toBe(value);
  });

  it.each([
    ['0.7Gi', '751619276800m'],
    ['2.3Gi', '2469606195200m'],
    ['0.1n', '1n'],
    ['9999999Ei', '9223372036854775807'],
    ['1e999999999', '9223372036854775807'],
    ['1e-999999999', '1n'],
  ])('of %j is that of %j, as which the API server stores it', (quantity, stored) => {
    expect(quantityValue(quantity)).toBe(quantityValue(stored));
  });

  it('is undefined for other text', () => {
    expect(quantityValue('a lot')).toBeNaN();
    expect(quantityValue('1X')).toBeNaN();
    expect(quantityValue('Gi')).toBeNaN();
  });
});
