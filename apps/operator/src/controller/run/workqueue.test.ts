import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import type { Clock } from '../clock.ts';
import { WorkQueue, type QueueMetrics } from './workqueue.ts';

const LARGEST_JITTER = () => 1;
const SMALLEST_JITTER = () => 0;

function queueWith({ random = LARGEST_JITTER, metrics }: { random?: () => number; metrics?: QueueMetrics } = {}) {
  const clock = new FakeClock();
  return { clock, queue: new WorkQueue({ clock, random, ...(metrics && { metrics }) }) };
}

/** Takes the next available key; `undefined` when the queue has none. */
async function takeNow(queue: WorkQueue): Promise<string | undefined> {
  return queue.depth === 0 ? undefined : queue.take();
}

describe('WorkQueue', () => {
  it('holds a key once, however often it is added', async () => {
    const { queue } = queueWith();
    queue.add('a');
    queue.add('b');
    queue.add('a');
    expect([await queue.take(), await queue.take()]).toEqual(['a', 'b']);
    expect(await takeNow(queue)).toBeUndefined();
  });

  it('gives a key to a worker that is already waiting', async () => {
    const { queue } = queueWith();
    const waiting = queue.take();
    queue.add('a');
    expect(await waiting).toBe('a');
  });

  it('gives a key to only one worker at a time, and gives it out again if it was added while it was processed', async () => {
    const { queue } = queueWith();
    queue.add('a');
    await queue.take();
    queue.add('a');
    queue.add('a');
    expect(await takeNow(queue)).toBeUndefined();
    queue.done('a');
    expect(await takeNow(queue)).toBe('a');
    queue.done('a');
    expect(await takeNow(queue)).toBeUndefined();
  });

  it('adds a key after a delay, the earliest of several', async () => {
    const { clock, queue } = queueWith();
    queue.addAfter('a', 5_000);
    queue.addAfter('a', 1_000);
    queue.addAfter('a', 3_000);
    clock.advance(999);
    expect(queue.depth).toBe(0);
    clock.advance(1);
    expect(await takeNow(queue)).toBe('a');
    queue.done('a');
    clock.advance(10_000);
    expect(queue.depth).toBe(0);
  });

  it('drops a delay when the key is added without one', async () => {
    const { clock, queue } = queueWith();
    queue.addAfter('a', 1_000);
    queue.add('a');
    expect(await takeNow(queue)).toBe('a');
    queue.done('a');
    clock.advance(1_000);
    expect(queue.depth).toBe(0);
  });

  it('doubles the delay with each failure, from 5 ms up to 5 minutes', () => {
    const { clock, queue } = queueWith();
    const delays = Array.from({ length: 20 }, () => {
      const delayMs = queue.addRateLimited('a');
      clock.advance(delayMs);
      return delayMs;
    });
    expect(delays.slice(0, 4)).toEqual([5, 10, 20, 40]);
    expect(delays.at(-1)).toBe(300_000);
  });

  it('does not wait longer after failures of attempts that changes started early', async () => {
    const { clock, queue } = queueWith();
    for (let failure = 0; failure < 10; failure++) clock.advance(queue.addRateLimited('a'));
    expect(queue.addRateLimited('a')).toBe(5_120);
    for (let change = 1; change <= 50; change++) {
      clock.advance(100);
      queue.add('a');
      await queue.take();
      expect(queue.addRateLimited('a')).toBe(5_120 - change * 100);
      queue.done('a');
    }
    clock.advance(120);
    expect(queue.depth).toBe(1);
    expect(queue.addRateLimited('a')).toBe(10_240);
  });

  it('doubles the delay also if timers fire a little before their time', () => {
    const clock = new FakeClock();
    const early: Clock = {
      now: () => clock.now(),
      elapsedMs: () => clock.elapsedMs(),
      schedule: (delayMs, callback) => clock.schedule(delayMs - 0.5, callback),
    };
    const queue = new WorkQueue({ clock: early, random: LARGEST_JITTER });
    const delays = Array.from({ length: 4 }, () => {
      const delayMs = queue.addRateLimited('a');
      clock.advance(delayMs - 0.5);
      return delayMs;
    });
    expect(delays).toEqual([5, 10, 20, 40]);
  });

  it.each([
    [{}, 6_000],
    [{ isByChance: true }, 5],
    [{ isByChance: true, atLeastMs: 100 }, 100],
  ])('pauses a key that failed slowly, unless that was by chance: %j', async (given, expected) => {
    const { clock, queue } = queueWith({ random: LARGEST_JITTER });
    queue.add('a');
    await queue.take();
    clock.advance(2_000);
    expect(queue.addRateLimited('a', given)).toBe(expected);
  });

  it('adds jitter of half the delay to retries', () => {
    expect(queueWith({ random: SMALLEST_JITTER }).queue.addRateLimited('a')).toBe(2.5);
    expect(queueWith({ random: LARGEST_JITTER }).queue.addRateLimited('a')).toBe(5);
  });

  it('counts the failures of each key separately, and resets them', () => {
    const { queue } = queueWith();
    queue.addRateLimited('a');
    expect(queue.addRateLimited('b')).toBe(5);
    queue.forget('a');
    expect(queue.addRateLimited('a')).toBe(5);
  });

  it('waits at least as long as the server asked for', () => {
    const { clock, queue } = queueWith();
    expect(queue.addRateLimited('a', { atLeastMs: 7_000 })).toBe(7_000);
    clock.advance(6_999);
    expect(queue.depth).toBe(0);
    clock.advance(1);
    expect(queue.depth).toBe(1);
  });

  it('pauses longer after an attempt that took long, up to the longest delay', async () => {
    const { clock, queue } = queueWith();
    const delayAfter = async (tookMs: number) => {
      queue.add('a');
      await queue.take();
      clock.advance(tookMs);
      const delayMs = queue.addRateLimited('a');
      queue.done('a');
      queue.forget('a');
      return delayMs;
    };
    expect([await delayAfter(249), await delayAfter(10_000), await delayAfter(200_000)]).toEqual([5, 30_000, 300_000]);
  });

  it('releases waiting workers when it is closed, and accepts no more keys', async () => {
    const { clock, queue } = queueWith();
    queue.addAfter('later', 1_000);
    const waiting = queue.take();
    queue.close();
    queue.add('a');
    clock.advance(1_000);
    expect(await waiting).toBeUndefined();
    expect(await queue.take()).toBeUndefined();
    expect(clock.pendingMs()).toEqual([]);
  });

  it('reports depth, additions, retries and times', async () => {
    const reports: string[] = [];
    const { clock, queue } = queueWith({
      metrics: {
        added: () => reports.push('added'),
        retried: () => reports.push('retried'),
        waited: (seconds) => reports.push(`waited ${seconds}`),
        worked: (seconds) => reports.push(`worked ${seconds}`),
      },
    });
    queue.add('a');
    expect(queue.depth).toBe(1);
    clock.advance(2_000);
    await queue.take();
    expect([queue.depth, queue.workingMs]).toEqual([0, [0]]);
    clock.advance(3_000);
    expect(queue.workingMs).toEqual([3_000]);
    queue.addRateLimited('a');
    queue.done('a');
    expect(queue.workingMs).toEqual([]);
    expect(reports).toEqual(['added', 'waited 2', 'retried', 'worked 3']);
  });

  it('gives out less urgent keys last, but does not starve them', async () => {
    const { queue } = queueWith();
    queue.add('status', { isLater: true });
    for (let key = 0; key < 20; key++) queue.add(`edit-${key}`);
    const order: string[] = [];
    while (queue.depth > 0) order.push((await queue.take()) ?? '');
    expect(order.slice(0, 7)).toEqual(Array.from({ length: 7 }, (_, key) => `edit-${key}`));
    expect(order.indexOf('status')).toBe(15);
    expect(order).toHaveLength(21);
  });

  it('gives out the newest of many keys early, the one before it next, and still the oldest in order', async () => {
    const { queue } = queueWith();
    for (let key = 0; key < 100; key++) queue.add(`edit-${key}`);
    queue.add('first');
    queue.add('second');
    const order: string[] = [];
    while (queue.depth > 0) order.push((await queue.take()) ?? '');
    expect(['second', 'first', 'edit-0', 'edit-20'].map((key) => order.indexOf(key))).toEqual([7, 23, 0, 21]);
    expect(new Set(order).size).toBe(102);
  });

  it('retries a key that failed slowly after all others, until something changes', async () => {
    const { clock, queue } = queueWith();
    const failSlowly = async (key: string) => {
      queue.add(key);
      await queue.take();
      clock.advance(250);
      queue.addRateLimited(key);
      queue.done(key);
    };
    await failSlowly('held');
    await failSlowly('changed');
    clock.advance(1_000);
    queue.add('other');
    queue.add('changed');
    expect([await queue.take(), await queue.take(), await queue.take()]).toEqual(['other', 'changed', 'held']);
  });

  it('promotes a waiting, less urgent key when it is added as urgent', async () => {
    const { queue } = queueWith();
    queue.add('a', { isLater: true });
    queue.add('b', { isLater: true });
    queue.add('b');
    queue.add('b', { isLater: true });
    expect([queue.depth, await queue.take(), await queue.take()]).toEqual([2, 'b', 'a']);
    queue.add('b', { isLater: true });
    queue.add('b');
    queue.add('c');
    queue.done('b');
    expect([await queue.take(), await queue.take()]).toEqual(['c', 'b']);
  });
});
