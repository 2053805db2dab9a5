import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startProgress } from './progress.ts';

describe('progress without a terminal', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is reported every ten seconds with bytes and rate until the end', () => {
    const told: unknown[] = [];
    {
      using progress = startProgress({ what: 'backup', totalBytes: 1000, terminal: false, report: (state) => told.push(state) });
      progress.advance(150);
      vi.advanceTimersByTime(9_999);
      expect(told).toEqual([]);
      progress.advance(50);
      vi.advanceTimersByTime(1);
      expect(told).toEqual([{ bytes: 200, totalBytes: 1000, bytesPerSecond: 20 }]);
      vi.advanceTimersByTime(10_000);
      expect(told).toHaveLength(2);
    }
    vi.advanceTimersByTime(60_000);
    expect(told).toHaveLength(2);
  });

  it('omits an unknown total', () => {
    const told: object[] = [];
    using progress = startProgress({ what: 'backup', totalBytes: undefined, terminal: false, report: (state) => told.push(state) });
    progress.advance(10);
    vi.advanceTimersByTime(10_000);
    expect(told).toEqual([{ bytes: 10, bytesPerSecond: 1 }]);
  });
});
