import type { BackupSchedule } from '@eeveebot/crds';
import { describe, expect, it } from 'vitest';
import { TargetOrder } from './target-order.ts';

const schedule = { metadata: { name: 'nightly', namespace: 'bots', uid: 'u' } } as BackupSchedule;
const targets = ['a', 'b', 'c', 'd'].map((name) => ({ target: { module: { metadata: { name } } } }));
const names = new Set(targets.map(({ target }) => target.module.metadata.name));
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
      names,
    );
    expect(namesIn(order)).toEqual(['c', 'd', 'a', 'b']);
    // The time was not sufficient for the others.
    order.note(
      schedule,
      new Map([
        ['c', true],
        ['d', false],
      ]),
      names,
    );
    expect(namesIn(order)).toEqual(['d', 'a', 'b', 'c']);
    order.note(schedule, new Map(['a', 'b', 'c', 'd'].map((name) => [name, false])), names);
    expect(namesIn(order)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('forgets a refused target that the schedule no longer has', () => {
    const order = new TargetOrder();
    order.note(schedule, new Map([['a', true]]), names);
    order.note(schedule, new Map([['b', true]]), new Set(['b', 'c', 'd']));
    // A new module with the name of the removed one was never refused.
    order.note(schedule, new Map(), names);
    expect(namesIn(order)).toEqual(['a', 'c', 'd', 'b']);
  });
});
