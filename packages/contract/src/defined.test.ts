import { expect, it } from 'vitest';
import { defined } from './defined.ts';

it('defined() drops undefined properties, and keeps null, false, 0 and empty text', () => {
  const fields = { a: undefined, b: null, c: false, d: 0, e: '' };
  expect(Object.entries(defined(fields))).toEqual([
    ['b', null],
    ['c', false],
    ['d', 0],
    ['e', ''],
  ]);
});
