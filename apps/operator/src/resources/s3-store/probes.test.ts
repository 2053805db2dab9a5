import { describe, expect, it } from 'vitest';
import { probeStandsMs, type MadeProbe } from './probes.ts';

const TIME = new Date('2026-01-01T00:00:00Z');
const later = (ms: number) => ({ fingerprint: 'a', intervalMs: 300_000, now: new Date(TIME.getTime() + ms) });
const probe = (failures: number): MadeProbe => ({
  fingerprint: 'a',
  time: TIME,
  outcome: { succeeded: failures === 0, latencyMs: 1 },
  failures,
});

describe('a test of a store', () => {
  it('stands for the interval when it succeeded', () => {
    expect(probeStandsMs(probe(0), later(0))).toBe(300_000);
    expect(probeStandsMs(probe(0), later(299_000))).toBe(1_000);
    expect(probeStandsMs(probe(0), later(300_000))).toBe(0);
  });

  it.each([
    [1, 5_000],
    [2, 10_000],
    [3, 20_000],
    [20, 300_000],
  ])('after %i failures stands for %i ms', (failures, ms) => {
    expect(probeStandsMs(probe(failures), later(0))).toBe(ms);
  });

  it('does not stand when what it depended on has changed, or there was none', () => {
    expect(probeStandsMs(probe(0), { ...later(0), fingerprint: 'b' })).toBe(0);
    expect(probeStandsMs(undefined, later(0))).toBe(0);
  });
});
