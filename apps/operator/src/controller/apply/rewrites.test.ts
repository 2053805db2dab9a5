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
    rewrites.applied(uid, mark);
  };
  return { clock, logged, rewrites, apply };
}

describe('Rewrites', () => {
  it('pauses in a namespace in which another operator reverts objects, longer each time', () => {
    const { clock, logged, rewrites, apply } = world();
    for (const pauseMs of [30_000, 60_000]) {
      for (let count = 0; count < 3; count++) {
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
