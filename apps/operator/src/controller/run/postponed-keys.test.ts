import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { PostponedKeys } from './postponed-keys.ts';

function postponedKeys() {
  const clock = new FakeClock();
  const added: string[] = [];
  const queue = { depth: 0, add: (key: string) => void added.push(key) };
  return { clock, added, queue, keys: new PostponedKeys(queue, clock) };
}

describe('PostponedKeys', () => {
  it('are due once few other keys were worked on for a second, all at once', () => {
    const { clock, added, keys } = postponedKeys();
    for (const key of ['a', 'b']) {
      expect(keys.begin(key)).toBe(true);
      keys.postpone(key);
    }
    for (let other = 0; other < 60; other++) {
      clock.advance(40);
      keys.begin(`other-${other}`);
      keys.settle(`other-${other}`);
    }
    expect(added).toEqual([]);
    clock.advance(1_250);
    expect(added).toEqual(['a', 'b']);
    expect([keys.begin('a'), keys.begin('b'), keys.begin('c')]).toEqual([false, false, true]);
  });

  it('are due although one other key changes all the time', () => {
    const { clock, added, keys } = postponedKeys();
    keys.postpone('a');
    for (let change = 0; change < 3; change++) {
      clock.advance(100);
      keys.begin('restless');
      keys.settle('restless');
    }
    expect(added).toEqual(['a']);
  });

  it('are due after a minute, although many other keys are worked on and they themselves change', () => {
    const { clock, added, keys } = postponedKeys();
    keys.postpone('a');
    for (let change = 0; change < 1_498; change++) {
      clock.advance(40);
      expect(keys.begin('a')).toBe(true);
      keys.postpone('a');
      keys.begin('other');
    }
    expect(added).toEqual([]);
    clock.advance(500);
    expect([added, keys.begin('a')]).toEqual([['a'], false]);
  });

  it('are not due while other keys wait, until a minute has passed', () => {
    const { clock, added, queue, keys } = postponedKeys();
    keys.postpone('a');
    queue.depth = 1;
    clock.advance(59_900);
    expect(added).toEqual([]);
    clock.advance(250);
    expect(added).toEqual(['a']);
  });

  it('may be postponed again after their work is done', () => {
    const { clock, added, keys } = postponedKeys();
    keys.postpone('a');
    clock.advance(500);
    expect(keys.begin('a')).toBe(false);
    keys.settle('a');
    expect(keys.begin('a')).toBe(true);
    keys.postpone('a');
    clock.advance(500);
    expect(added).toEqual(['a', 'a']);
  });

  it('are not postponed again after a failure, and only their retry is due', () => {
    const { clock, added, keys } = postponedKeys();
    keys.postpone('a');
    for (const key of ['a', 'never postponed']) keys.noteFailure(key);
    clock.advance(60_000);
    expect([added, keys.begin('a'), keys.begin('never postponed')]).toEqual([[], false, true]);
    keys.settle('a');
    expect(keys.begin('a')).toBe(true);
  });

  it('are not due if their work is done earlier, or the controller has stopped', () => {
    const { clock, added, keys } = postponedKeys();
    for (const key of ['a', 'b']) keys.postpone(key);
    keys.settle('a');
    keys.close();
    clock.advance(60_000);
    expect(added).toEqual([]);
    expect(clock.pendingMs()).toEqual([]);
  });

  it('are all due within a minute and a check in random histories', () => {
    let seed = 7;
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let history = 0; history < 15; history++) {
      const { clock, added, keys } = postponedKeys();
      const postponedMs = new Map<string, number>();
      for (let step = 0; step < 2_000; step++) {
        clock.advance(random(80));
        const key = `key-${random(20)}`;
        if (keys.begin(key) && random(2) === 0) {
          keys.postpone(key);
          if (!postponedMs.has(key)) postponedMs.set(key, clock.elapsedMs());
        } else {
          keys.settle(key);
          postponedMs.delete(key);
        }
        for (const due of added.splice(0)) postponedMs.delete(due);
        const longestMs = Math.max(0, ...[...postponedMs.values()].map((sinceMs) => clock.elapsedMs() - sinceMs));
        expect(longestMs).toBeLessThanOrEqual(60_000 + 250 + 80);
      }
    }
  });
});
