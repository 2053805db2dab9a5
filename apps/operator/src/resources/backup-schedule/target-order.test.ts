import type { BackupSchedule } from '@eeveebot/crds';
import { describe, expect, it } from 'vitest';
import { isLong, TargetOrder } from './target-order.ts';

const schedule = { metadata: { name: 'nightly', namespace: 'bots', uid: 'u' } } as BackupSchedule;
const targets = ['a', 'b', 'c', 'd'].map((name) => ({ target: { module: { metadata: { name } } } }));
const namesIn = (order: TargetOrder) => order.of(schedule, targets).map(({ target }) => target.module.metadata.name);

describe('TargetOrder', () => {
  it('attempts targets last that were refused, until they are accepted', () => {
    const order = new TargetOrder();
    expect(namesIn(order)).toEqual(['a', 'b', 'c', 'd']);
    order.note(
      schedule,
      new Map([
        ['a', true],
        ['b', true],
      ]),
    );
    expect(namesIn(order)).toEqual(['c', 'd', 'a', 'b']);
    // The time was not sufficient for the others.
    order.note(
      schedule,
      new Map([
        ['c', true],
        ['d', false],
      ]),
    );
    expect(namesIn(order)).toEqual(['d', 'a', 'b', 'c']);
    order.note(schedule, new Map(['a', 'b', 'c', 'd'].map((name) => [name, false])));
    expect(namesIn(order)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('lets a reconcile take long only while nothing is refused', () => {
    expect([isLong(300_000, 0), isLong(60_001, 1), isLong(1_000, 5)]).toEqual([false, true, false]);
  });
});
