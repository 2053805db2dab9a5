import { describe, expect, it } from 'vitest';
import { RefusedLast } from './refused-last.ts';

const items = ['a', 'b', 'c', 'd'].map((name) => ({ name }));
const namesIn = (order: RefusedLast, list = 'list') => order.of(list, items).map(({ name }) => name);

describe('RefusedLast', () => {
  it('attempts items last that were refused, until they are accepted', () => {
    const order = new RefusedLast();
    expect(namesIn(order)).toEqual(['a', 'b', 'c', 'd']);
    const refused = new Map([
      ['a', true],
      ['b', true],
    ]);
    order.note('list', refused, items);
    expect(namesIn(order)).toEqual(['c', 'd', 'a', 'b']);
    expect(namesIn(order, 'other')).toEqual(['a', 'b', 'c', 'd']);
    // The time was not sufficient for the others.
    const later = new Map([
      ['c', true],
      ['d', false],
    ]);
    order.note('list', later, items);
    expect(namesIn(order)).toEqual(['d', 'a', 'b', 'c']);
    order.note('list', new Map(['a', 'b', 'c', 'd'].map((name) => [name, false])), items);
    expect(namesIn(order)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('forgets a refused item that is no longer in the list', () => {
    const order = new RefusedLast();
    order.note('list', new Map([['a', true]]), items);
    order.note('list', new Map([['b', true]]), items.slice(1));
    // A new one with the name of the removed one was never refused.
    order.note('list', new Map(), items);
    expect(namesIn(order)).toEqual(['a', 'c', 'd', 'b']);
  });
});
