import { describe, expect, it } from 'vitest';
import { ReconnectPace } from './reconnect-pace.ts';

/** Calls for delays as the nats package does, and returns the times of `dials` dials. */
function dialTimes(pace: ReconnectPace, clock: { now: number; connectedAt: number; setMs?: number }, dials: number): number[] {
  const times: number[] = [];
  const wallNow = (): number => clock.now + (clock.setMs ?? 0);
  let lastConnect = clock.connectedAt;
  while (times.length < dials) {
    const wait = pace.delayMs();
    if (lastConnect + wait <= wallNow()) {
      lastConnect = wallNow();
      pace.dialled();
      times.push(clock.now);
    } else {
      const slept = Math.min(wait, lastConnect + wait - wallNow());
      expect(slept, 'otherwise it would be busy waiting').toBeGreaterThan(0);
      expect(slept, 'time that a closed client would still hold the process').toBeLessThanOrEqual(100);
      clock.now += slept;
    }
  }
  return times;
}

describe('ReconnectPace', () => {
  it('spreads the first dial and doubles the waits from there, in short slices', () => {
    const clock = { now: 1_000_000, connectedAt: 1_000_000 };
    const pace = new ReconnectPace({ now: () => clock.now, random: () => 0.5 });
    clock.now += 500_000; // a long connection
    pace.lost();
    expect(dialTimes(pace, clock, 4).map((time) => time - 1_500_000)).toEqual([100, 250, 550, 1150]);
  });

  it.each([-3_600_000, 3_600_000])('dials at the same times when the clock is set by %i ms', (setMs) => {
    const clock = { now: 1_000_000, connectedAt: 1_000_000, setMs: 0 };
    const pace = new ReconnectPace({ now: () => clock.now, wallNow: () => clock.now + clock.setMs, random: () => 0.5 });
    pace.lost();
    clock.setMs = setMs;
    expect(dialTimes(pace, clock, 4).map((time) => time - 1_000_000)).toEqual([100, 250, 550, 1150]);
  });

  it('starts over after a connection', () => {
    const clock = { now: 1_000_000, connectedAt: 1_000_000 };
    const pace = new ReconnectPace({ now: () => clock.now, random: () => 0 });
    pace.lost();
    dialTimes(pace, clock, 5);
    pace.connected();
    pace.lost();
    expect(pace.delayMs()).toBe(0);
    expect(pace.attempts).toBe(0);
  });

  it('returns no delay once closed', () => {
    const pace = new ReconnectPace({ now: () => 5, random: () => 0.5 });
    pace.dialled();
    expect(pace.delayMs()).toBeGreaterThan(0);
    pace.close();
    expect(pace.delayMs()).toBe(0);
  });
});
