import { describe, expect, it } from 'vitest';
import { latestTime, newestOutcome } from './newest-outcome.ts';

const now = new Date('2026-03-01T12:00:00Z');
const backup = (time: string, result = 'Succeeded') => ({ time, result });
const AHEAD = '2027-03-01T00:00:00Z';

describe('the newest outcome', () => {
  it('is the latest, whether it is known or has just been seen', () => {
    const [earlier, later] = [backup('2026-03-01T10:00:00Z'), backup('2026-03-01T11:00:00Z', 'Failed')];
    expect(newestOutcome(earlier, [later], now)).toBe(later);
    expect(newestOutcome(later, [earlier], now)).toBe(later);
    expect(newestOutcome(undefined, [later, earlier], now)).toBe(later);
  });

  it('is not one that ended in the future according to a clock that was wrong', () => {
    const real = backup('2026-03-01T11:00:00Z', 'Failed');
    expect(newestOutcome(backup(AHEAD), [real], now)).toBe(real);
    expect(newestOutcome(real, [backup(AHEAD)], now)).toBe(real);
    expect(newestOutcome(backup(AHEAD), [], now)).toEqual(backup(AHEAD));
  });

  it('may be a little ahead of the clock', () => {
    const ahead = backup('2026-03-01T12:05:00Z');
    expect(newestOutcome(backup('2026-03-01T11:00:00Z'), [ahead], now)).toBe(ahead);
  });

  it('keeps the details that were read while its pod existed', () => {
    const detailed = { ...backup('2026-03-01T11:00:00Z'), files: 7 };
    expect(newestOutcome<{ time: string; result: string }>(detailed, [backup('2026-03-01T11:00:00Z')], now)).toBe(detailed);
  });
});

it('the latest time is one in the future only if there is no other', () => {
  expect(latestTime(['2026-03-01T10:00:00Z', AHEAD, undefined, '2026-03-01T11:00:00Z'], now)).toBe('2026-03-01T11:00:00Z');
  expect(latestTime([undefined, AHEAD], now)).toBe(AHEAD);
  expect(latestTime([], now)).toBeUndefined();
});
