import { describe, expect, it } from 'vitest';
import { restoreThatIs } from '../../../test/fixtures/bot-modules.ts';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { StopTimes } from './stop-times.ts';

const waiting = restoreThatIs('WaitingForModuleToStop');
/** A restore with a timeout of 600 s whose module was asked to stop at that time. */
const stoppedAt = (stopRequestedTime: string) => ({ ...waiting, status: { ...waiting.status, stopRequestedTime } });
const AT_START = stoppedAt('2026-01-01T00:00:00Z');

describe('the time for which a restore has waited for its module to stop', () => {
  it('counts from the time in its status, which another process may have written', () => {
    const clock = new FakeClock(new Date('2026-01-01T00:05:00Z'));
    const times = new StopTimes();
    expect(times.dueInMs(AT_START, clock)).toBe(300_000);
    clock.advance(400_000);
    expect(times.dueInMs(AT_START, clock)).toBe(-100_000);
  });

  it.each([86_400_000, 3_600_000, -3_600_000])('does not change when the clock is set by %d ms', (byMs) => {
    const clock = new FakeClock();
    const times = new StopTimes();
    expect(times.dueInMs(AT_START, clock)).toBe(600_000);
    clock.set(byMs);
    clock.advance(1_000);
    expect(times.dueInMs(AT_START, clock)).toBe(599_000);
  });

  it('is zero before the module was asked, and while the recorded time is in the future', () => {
    const [clock, times] = [new FakeClock(), new StopTimes()];
    expect(times.dueInMs(waiting, clock)).toBe(600_000);
    expect(times.dueInMs(stoppedAt('2026-01-02T00:00:00Z'), clock)).toBe(600_000);
  });

  it('starts again when the module is asked again', () => {
    const clock = new FakeClock();
    const times = new StopTimes();
    times.dueInMs(AT_START, clock);
    clock.advance(500_000);
    expect(times.dueInMs(stoppedAt('2026-01-01T00:08:00Z'), clock)).toBe(580_000);
  });
});
