import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { ApiError, NotLeaderError } from '../../controller/errors.ts';
import { type ChangeItem, type ChangeList, makeChanges } from './changes.ts';
import { RefusedLast } from './refused-last.ts';
import { ScheduleError } from './target-error.ts';

const HELD = new ApiError('failed calling webhook', { code: 500, reason: 'InternalError' });
const INVALID = new ApiError('Job is invalid', { code: 422, reason: 'Invalid' });

/** Makes lists of changes on a clock that each change advances. */
function changes() {
  const clock = new FakeClock();
  const abort = new AbortController();
  const order = new RefusedLast();
  const made: string[] = [];
  const item = (name: string, tookMs = 0, refusal?: Error): ChangeItem => ({
    name,
    changes: [
      {
        make() {
          clock.advance(tookMs);
          made.push(name);
          return refusal === undefined ? Promise.resolve(true) : Promise.reject(refusal);
        },
        failureOf: (error) => new ScheduleError(`CronJob ${name}`, error),
      },
    ],
  });
  return {
    clock,
    abort,
    made,
    item,
    make: (...lists: ChangeList[]) => makeChanges(lists, { uid: 'u', order, context: { clock, signal: abort.signal } }),
  };
}

const messages = (failures: readonly ScheduleError[]) => failures.map(({ message }) => message);

describe('makeChanges', () => {
  it('continues after a refusal', async () => {
    const { item, make, made } = changes();
    const { failures, hasChanged } = await make({ name: 'targets', items: [item('a', 30_000, HELD), item('b')] });
    expect(made).toEqual(['a', 'b']);
    expect(hasChanged).toBe(true);
    expect(messages(failures)).toEqual(['CronJob a: failed calling webhook']);
  });

  it('leaves changes to the next reconcile when refusals take long, which begins with those', async () => {
    const { item, make, made } = changes();
    const list = { name: 'targets', items: ['a', 'b', 'c', 'd', 'e'].map((name) => item(name, 30_000, HELD)) };
    const { failures } = await make(list);
    expect(made).toEqual(['a', 'b', 'c']);
    expect(messages(failures).at(-1)).toBe('2 further changes were not attempted yet: failed calling webhook');
    await make(list);
    expect(made.slice(3)).toEqual(['d', 'e', 'a']);
  });

  it('carries out every list, whatever is refused in another', async () => {
    const { item, make, made } = changes();
    const held = { name: 'targets', items: ['a', 'b', 'c', 'd'].map((name) => item(name, 30_000, HELD)) };
    const invalid = { name: 'surplus', items: [item('x', 0, INVALID)] };
    const { failures } = await make(held, invalid, { name: 'former', items: [item('y')] });
    expect(made).toContain('y');
    expect(messages(failures)).toContain('1 further change was not attempted yet: failed calling webhook');
    expect(failures.filter(({ isFinal }) => isFinal).map(({ message }) => message)).toEqual(['CronJob x: Job is invalid']);
  });

  it('leaves changes to the next reconcile when they take long although none is refused', async () => {
    const { item, make, made } = changes();
    const { failures } = await make({ name: 'targets', items: Array.from({ length: 20 }, (_, index) => item(`m${index}`, 20_000)) });
    expect(made).toHaveLength(7);
    expect(messages(failures)).toEqual(['13 further changes were not attempted yet: the API server takes long to answer']);
    expect(failures[0]?.isFinal).toBe(false);
  });

  it('reports no change when nothing was changed', async () => {
    const { make } = changes();
    const unchanged = { make: () => Promise.resolve(false), failureOf: (error: unknown) => new ScheduleError('x', error) };
    expect(await make({ name: 'targets', items: [{ name: 'a', changes: [unchanged] }] })).toEqual({ failures: [], hasChanged: false });
  });

  it('ends when the reconcile is aborted or this process must not write', async () => {
    const { item, make, abort, made } = changes();
    const notLeader = new NotLeaderError('not the leader');
    await expect(make({ name: 'targets', items: [item('a', 0, notLeader), item('b')] })).rejects.toBe(notLeader);
    expect(made).toEqual(['a']);
    abort.abort();
    await expect(make({ name: 'targets', items: [item('c', 0, HELD), item('d')] })).rejects.toBe(HELD);
    expect(made).toEqual(['a', 'c']);
  });
});
