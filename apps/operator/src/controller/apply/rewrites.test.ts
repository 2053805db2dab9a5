import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import type { Log } from '../../telemetry/log.ts';
import { Rewrites } from './rewrites.ts';

function world() {
  const clock = new FakeClock();
  const logged: string[] = [];
  const ignore = () => undefined;
  const log: Log = { debug: ignore, info: ignore, warn: ignore, error: (message) => void logged.push(message) };
  const rewrites = new Rewrites({ clock, log });
  /** This operator is about to apply `mark`, and finds `observed`. */
  const apply = (uid: string, mark: string, observed: string) => {
    rewrites.applying({ namespace: 'bots', uid }, { mark, observed });
    rewrites.applied({ namespace: 'bots', uid }, mark);
  };
  return { clock, logged, rewrites, apply };
}

describe('Rewrites', () => {
  it('pauses in a namespace in which another operator reverts objects, longer each time', () => {
    const { clock, logged, rewrites, apply } = world();
    for (const [rewritten, pauseMs] of [
      [3, 30_000],
      [2, 60_000],
    ] as const) {
      for (let count = 0; count < rewritten; count++) {
        expect(rewrites.rivalIn('bots')).toBeUndefined();
        apply('one', 'ours', 'ours');
        apply('one', 'ours', 'theirs');
      }
      expect(rewrites.rivalIn('bots')).toContain('another operator, which does not use the Lease');
      expect(rewrites.rivalIn('others')).toBeUndefined();
      expect(rewrites.rivals).toHaveLength(1);
      clock.advance(pauseMs);
      expect(rewrites.rivalIn('bots')).toBeUndefined();
    }
    expect(logged).toHaveLength(2);
  });

  it('does not pause again while it restores all objects after the other operator has ended', () => {
    const { clock, logged, rewrites, apply } = world();
    const uids = Array.from({ length: 20 }, (_, index) => `object-${index}`);
    for (const uid of uids) apply(uid, 'ours', 'ours');
    for (const uid of uids.slice(0, 3)) rewrites.applying({ namespace: 'bots', uid }, { mark: 'ours', observed: 'theirs' });
    expect(rewrites.rivalIn('bots')).toBeDefined();
    clock.advance(30_000);
    for (const uid of uids) apply(uid, 'ours', 'theirs');
    expect(rewrites.rivalIn('bots')).toBeUndefined();
    for (const uid of uids.slice(0, 2)) apply(uid, 'ours', 'theirs');
    expect(rewrites.rivalIn('bots')).toBeDefined();
    expect(logged).toHaveLength(2);
  });

  it('does not pause if the spec changes, if another replica has led in between, or if it happens rarely', () => {
    const { clock, rewrites, apply } = world();
    for (let change = 0; change < 10; change++) apply('one', `mark-${change}`, `mark-${change - 1}`);
    for (let time = 0; time < 10; time++) {
      apply('two', 'ours', 'ours');
      apply('two', 'ours', 'theirs');
      clock.advance(31_000);
    }
    expect(rewrites.rivalIn('bots')).toBeUndefined();
  });
});
