import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { Workers } from './workers.ts';
import { WorkQueue } from './workqueue.ts';

/** Workers whose work on a key lasts until it is ended. */
function heldWork(concurrency: number, isBusy = () => false) {
  const clock = new FakeClock();
  const queue = new WorkQueue({ clock, random: () => 1 });
  const begun: string[] = [];
  const held = new Map<string, () => void>();
  const workers = new Workers({
    queue,
    clock,
    isBusy,
    workOn: (key) => {
      begun.push(key);
      return new Promise<void>((resolve) => held.set(key, resolve)).then(() => queue.done(key));
    },
  });
  const running = workers.run(concurrency);
  const settle = async () => {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    clock,
    queue,
    begun,
    running,
    settle,
    async end(key: string) {
      held.get(key)?.();
      await settle();
    },
  };
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `key-${index}`);

describe('Workers', () => {
  it('work on a fixed number of keys while these are quick', async () => {
    const { queue, begun, end, settle } = heldWork(2);
    for (const name of names(4)) queue.add(name);
    await settle();
    expect(begun).toEqual(['key-0', 'key-1']);
    await end('key-1');
    expect(begun).toEqual(['key-0', 'key-1', 'key-2']);
  });

  it('do not let keys wait for slow ones, and are no more than before when those have ended', async () => {
    const { clock, queue, begun, end, settle } = heldWork(2);
    for (const name of names(7)) queue.add(name);
    await settle();
    clock.advance(1_000);
    await settle();
    expect(begun).toEqual(names(4));
    await end('key-0');
    await end('key-1');
    expect(begun).toEqual(names(4));
    await end('key-2');
    expect(begun).toEqual(names(5));
  });

  it('bound the number of slow keys, and continue with each that ends', async () => {
    const { clock, queue, begun, end, settle } = heldWork(2);
    for (const name of names(300)) queue.add(name);
    for (let second = 0; second < 200; second++) {
      await settle();
      clock.advance(1_000);
    }
    await settle();
    expect(begun).toHaveLength(130);
    // Slow ones that still occupy a place, and those that do not.
    for (const name of [...begun.slice(129), ...begun.slice(0, 3)]) await end(name);
    expect(begun).toHaveLength(132);
    clock.advance(1_000);
    await settle();
    expect(begun).toHaveLength(134);
  });

  it('do not grow by much while keys are slow because of each other, until they no longer are', async () => {
    let isBusy = true;
    const { clock, queue, begun, end, settle } = heldWork(2, () => isBusy);
    for (const name of names(60)) queue.add(name);
    const passSeconds = async (seconds: number) => {
      for (let second = 0; second < seconds; second++) {
        clock.advance(1_000);
        await settle();
      }
    };
    await passSeconds(30);
    expect(begun).toHaveLength(18);
    await end(begun[17] ?? '');
    await end(begun[0] ?? '');
    expect(begun).toHaveLength(19);
    isBusy = false;
    await passSeconds(30);
    expect(begun).toHaveLength(60);
  });

  it('leave nothing behind when slow keys have ended', async () => {
    const { clock, queue, begun, end, settle } = heldWork(2);
    for (let round = 0; round < 5; round++) {
      const keys = names(3).map((name) => `${round}-${name}`);
      for (const key of keys) queue.add(key);
      await settle();
      clock.advance(1_000);
      await settle();
      for (const key of keys) await end(key);
    }
    for (const name of names(3)) queue.add(name);
    await settle();
    expect(begun.slice(15)).toEqual(['key-0', 'key-1']);
  });

  it('end when the queue is closed and all work, including slow work, has ended', async () => {
    const { clock, queue, running, end, settle } = heldWork(1);
    for (const name of names(2)) queue.add(name);
    await settle();
    clock.advance(1_000);
    await settle();
    queue.close();
    let hasEnded = false;
    const ended = running.then(() => (hasEnded = true));
    await end('key-1');
    expect(hasEnded).toBe(false);
    await end('key-0');
    await ended;
  });
});
