import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from './clock.ts';

const DAY_MS = 86_400_000;

describe('systemClock', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 0 }));
  afterEach(() => void vi.useRealTimers());

  it('waits longer than a timer of Node.js can', () => {
    const run = vi.fn();
    systemClock.at(60 * DAY_MS, run);
    vi.advanceTimersByTime(60 * DAY_MS - 1);
    expect(run).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(run).toHaveBeenCalledOnce();
  });

  it('notices within a minute that the clock was set forward', () => {
    const run = vi.fn();
    systemClock.at(DAY_MS, run);
    vi.setSystemTime(2 * DAY_MS);
    vi.advanceTimersByTime(60_000);
    expect(run).toHaveBeenCalledOnce();
  });

  it('runs overdue callbacks soon, and no cancelled ones', () => {
    const [run, cancelled] = [vi.fn(), vi.fn()];
    systemClock.at(-5, run);
    systemClock.at(DAY_MS, cancelled)();
    vi.advanceTimersByTime(2 * DAY_MS);
    expect([run.mock.calls.length, cancelled.mock.calls.length]).toEqual([1, 0]);
  });

  it('calls back after a delay, whatever the clock is set to', () => {
    const [run, cancelled] = [vi.fn(), vi.fn()];
    systemClock.after(60_000, run);
    systemClock.after(60_000, cancelled)();
    vi.setSystemTime(-DAY_MS);
    vi.advanceTimersByTime(59_999);
    vi.setSystemTime(DAY_MS);
    expect(run).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect([run.mock.calls.length, cancelled.mock.calls.length]).toEqual([1, 0]);
  });

  it('notices within a minute that the clock was set back, once each time', () => {
    vi.setSystemTime(10 * DAY_MS);
    const run = vi.fn();
    const end = systemClock.onSetBack(run);
    vi.advanceTimersByTime(10 * 60_000);
    vi.setSystemTime(11 * DAY_MS);
    vi.advanceTimersByTime(60_000);
    expect(run).not.toHaveBeenCalled();
    for (const day of [9, 8]) {
      vi.setSystemTime(day * DAY_MS);
      vi.advanceTimersByTime(5 * 60_000);
    }
    expect(run).toHaveBeenCalledTimes(2);
    end();
    vi.setSystemTime(DAY_MS);
    vi.advanceTimersByTime(5 * 60_000);
    expect(run).toHaveBeenCalledTimes(2);
  });
});
