import { describe, expect, it } from 'vitest';
import { expired, type DatedBackup, type Retention } from './retention.ts';

const NOW = new Date('2026-11-23T12:00:00Z');
const HOUR_MS = 3_600_000;

/** A backup every so many hours, the newest an hour ago; named by its age in hours. */
const every = (hours: number, count: number): readonly DatedBackup[] =>
  Array.from({ length: count }, (_, index) => backup(1 + index * hours));

const backup = (ageHours: number, hasSidecar = true): DatedBackup => ({
  id: String(ageHours),
  lastModified: new Date(NOW.getTime() - ageHours * HOUR_MS),
  hasSidecar,
});

const kept = (backups: readonly DatedBackup[], retention: Retention): readonly string[] => {
  const going = expired(backups, retention, NOW);
  return backups.filter((one) => !going.includes(one)).map(({ id }) => id);
};

describe('which backups stay', () => {
  it('all, without a rule, whatever their age', () => {
    expect(kept(every(24, 5), {})).toHaveLength(5);
    expect(kept(every(24, 5), { minAgeHours: 1 })).toHaveLength(5);
  });

  it('the newest so many', () => {
    expect(kept(every(24, 5), { keepLast: 2 })).toEqual(['1', '25']);
  });

  it('the last one of each of so many days', () => {
    // Eleven o'clock, three, seven, …: the first of them is the last one of its day.
    expect(kept(every(8, 9), { keepDaily: 3 })).toEqual(['1', '17', '41']);
  });

  it('the last one of each of so many weeks, which begin on Monday', () => {
    // The 23rd is a Monday; the 22nd a Sunday.
    expect(kept(every(24, 16), { keepWeekly: 3 })).toEqual(['1', '25', '193']);
  });

  it('the last one of each of so many months', () => {
    expect(kept(every(24, 60), { keepMonthly: 2 })).toEqual(['1', String(1 + 23 * 24)]);
  });

  it('what any of the rules keeps', () => {
    expect(kept(every(24, 40), { keepLast: 2, keepWeekly: 2, keepMonthly: 2 })).toEqual(['1', '25', String(1 + 23 * 24)]);
  });

  it('those that are younger than the least age', () => {
    expect(kept(every(24, 5), { keepLast: 1, minAgeHours: 72 })).toEqual(['1', '25', '49']);
  });

  it('the newest that is known to be complete, even where no rule keeps it', () => {
    const backups = [backup(1, false), backup(2, false), backup(3), backup(4)];
    expect(kept(backups, { keepLast: 1 })).toEqual(['1', '3']);
    expect(kept(backups, { keepLast: 0 })).toEqual(['3']);
    expect(kept([backup(1, false), backup(2, false)], { keepLast: 0 })).toEqual(['1']);
  });

  it('in whatever order they are given; those that go are told the oldest first', () => {
    const backups = every(24, 4).toReversed();
    expect(expired(backups, { keepLast: 1 }, NOW).map(({ id }) => id)).toEqual(['73', '49', '25']);
  });
});
