import { expect, it } from 'vitest';
import { fitting, portions } from './fitting.ts';

it('takes as many items as fit', () => {
  expect(fitting(['aa', 'bb', 'ü'], 10)).toEqual(['aa', 'bb']);
  expect(fitting(['aa', 'bb', 'ü'], 15)).toEqual(['aa', 'bb', 'ü']);
  expect([fitting([], 0), fitting(['a'], 0)]).toEqual([[], []]);
});

it('divides all items into portions that fit, with one item at least', () => {
  expect([...portions(['aa', 'bb', 'x'.repeat(20), 'cc'], 10)]).toEqual([['aa', 'bb'], ['x'.repeat(20)], ['cc']]);
  expect([...portions([], 10)]).toEqual([]);
});
