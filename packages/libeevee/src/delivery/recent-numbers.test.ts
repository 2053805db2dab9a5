import { describe, expect, it } from 'vitest';
import { RecentNumbers } from './recent-numbers.ts';

describe('the latest numbers of a sender', () => {
  it('are remembered for twenty thousand more, and forgotten after twice as many', () => {
    const recent = new RecentNumbers();
    for (let number = 0; number <= 20_000; number++) recent.add(number);
    expect([recent.has(0), recent.has(20_000), recent.has(20_001)]).toEqual([true, true, false]);
    for (let number = 20_001; number <= 40_000; number++) recent.add(number);
    expect([recent.has(0), recent.has(20_000)]).toEqual([false, true]);
  });
});
