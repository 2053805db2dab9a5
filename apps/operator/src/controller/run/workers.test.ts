import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { Workers } from './workers.ts';
import { WorkQueue } from './workqueue.ts';

/** Workers whose work on a key lasts until it is ended. */
function heldWork(concurrency: number) {
  const clock = new FakeClock();
  const queue = new WorkQueue({ clock, random: () => 1 });
  const begun: string[] = [];
  const held = new Map<string, () => void>();
  const workers = new Workers({
    queue,
    clock,
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

  it('bound the number of slow keys', async () => {
    const { clock, queue, begun, settle } = heldWork(1);
    for (const name of names(40)) queue.add(name);
    for (let second = 0; second < 40; second++) {
      await settle();
      clock.advance(1_000);
    }
    await settle();
    expect(begun).toHaveLength(33);
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
