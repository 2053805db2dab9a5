import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { reportWhileRunning } from './slow-work.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('reports work after five seconds, and then every half minute until it is done', () => {
  const seconds: number[] = [];
  const done = reportWhileRunning((each) => seconds.push(each));
  vi.advanceTimersByTime(4_999);
  expect(seconds).toEqual([]);
  vi.advanceTimersByTime(61_000);
  expect(seconds).toEqual([5, 35, 65]);
  done();
  vi.advanceTimersByTime(100_000);
  expect(seconds).toHaveLength(3);
});
