import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { resync } from './resync.ts';

const HOUR_MS = 3_600_000;

describe('resync', () => {
  it('adds each key once in ten hours, a few at a time', () => {
    const clock = new FakeClock();
    const keys = Array.from({ length: 1_000 }, (_, index) => `bots/m${index}`);
    const added: string[] = [];
    const cancel = resync(
      clock,
      () => keys,
      (key) => added.push(key),
    );
    let largest = 0;
    for (let minute = 0; minute < 600; minute++) {
      const before = added.length;
      clock.advance(60_000);
      largest = Math.max(largest, added.length - before);
    }
    expect(added.toSorted()).toEqual(keys.toSorted());
    expect(largest).toBeLessThan(30);
    clock.advance(10 * HOUR_MS);
    expect(added).toHaveLength(2_000);
    cancel();
    clock.advance(10 * HOUR_MS);
    expect(added).toHaveLength(2_000);
  });
});
