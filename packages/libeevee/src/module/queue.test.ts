import { expect, it } from 'vitest';
import { Queue } from './queue.ts';

it('returns items in order of arrival, however adds and takes are interleaved', () => {
  const queue = new Queue<number>();
  const expected: number[] = [];
  let next = 0;
  for (let round = 0; round < 2_000; round++) {
    for (let added = 0; added < (round * 7) % 5; added++) {
      queue.add(next);
      expected.push(next++);
    }
    for (let taken = 0; taken < (round * 3) % 5; taken++) expect(queue.take()).toBe(expected.shift());
    expect(queue.size).toBe(expected.length);
  }
  while (expected.length > 0) expect(queue.take()).toBe(expected.shift());
  expect([queue.take(), queue.size]).toEqual([undefined, 0]);
});

it('keeps no reference to taken items', () => {
  const queue = new Queue<object>();
  for (let item = 0; item < 100_000; item++) queue.add({ item });
  for (let item = 0; item < 100_000; item++) expect(queue.take()).toEqual({ item });
  expect(queue.size).toBe(0);
});
