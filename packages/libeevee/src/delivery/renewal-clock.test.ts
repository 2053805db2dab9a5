import { beforeEach, describe, expect, it } from 'vitest';
import { RenewalClock } from './renewal-clock.ts';

const MINUTE_MS = 60_000;

let nowMs: number;
let clock: RenewalClock;

beforeEach(() => {
  nowMs = 1_000;
  clock = new RenewalClock(MINUTE_MS, () => nowMs);
});

/** Lets time pass with a tick at its end. */
function pass(durationMs: number, isConnected = true): void {
  nowMs += durationMs;
  clock.tick(isConnected);
}

describe('the clock of renewals', () => {
  it('runs while modules can renew their registrations', () => {
    pass(MINUTE_MS);
    nowMs += 500;
    expect(clock.nowMs).toBe(MINUTE_MS + 500);
  });

  it('counts no time without NATS, and at most one interval of a time in which the process was suspended', () => {
    for (let tick = 0; tick < 10; tick++) pass(MINUTE_MS, false);
    expect(clock.nowMs).toBe(0);
    nowMs += 10 * MINUTE_MS;
    expect(clock.nowMs).toBe(MINUTE_MS);
    clock.tick(true);
    expect(clock.nowMs).toBe(MINUTE_MS);
  });
});
