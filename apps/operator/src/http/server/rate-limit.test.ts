import { describe, expect, it } from 'vitest';
import { RequestCounts } from './rate-limit.ts';

describe('RequestCounts', () => {
  it('allows each client its number of requests per period', () => {
    let nowMs = 5_000;
    const counts = new RequestCounts({ requests: 3, spanMs: 60_000 }, { elapsedMs: () => nowMs });
    const three = (client: string) => [1, 2, 3].map(() => counts.refusedForMs(client));
    expect(three('a')).toEqual([0, 0, 0]);
    nowMs += 20_000;
    expect(counts.refusedForMs('a')).toBe(40_000);
    expect(three('b')).toEqual([0, 0, 0]);
    nowMs += 39_999;
    expect(counts.refusedForMs('a')).toBe(1);
    nowMs += 1;
    expect(three('a')).toEqual([0, 0, 0]);
    expect(counts.refusedForMs('a')).toBe(60_000);
    expect(counts.refusedForMs('b')).toBe(20_000);
  });

  it('evicts clients whose period is over, and the oldest ones when there are too many', () => {
    let nowMs = 0;
    const counts = new RequestCounts({ requests: 1, spanMs: 1_000 }, { elapsedMs: () => nowMs });
    counts.refusedForMs('first');
    for (let client = 0; client < 9_999; client += 1) counts.refusedForMs(`client ${client}`);
    expect(counts.refusedForMs('client 9998')).toBe(1_000);
    expect(counts.refusedForMs('first')).toBe(1_000);
    counts.refusedForMs('one more');
    // After its eviction, it is counted from zero.
    expect(counts.refusedForMs('first')).toBe(0);
    nowMs += 1_000;
    expect(counts.refusedForMs('client 9998')).toBe(0);
  });
});
