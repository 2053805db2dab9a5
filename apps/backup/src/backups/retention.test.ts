import { doubts, isComplete, isGood, newestFirst } from '@eeveebot/object-store';
import { describe, expect, it } from 'vitest';
import { isLimited, type Retention } from '../settings/retention-rules.ts';
import { expiredBackups, type RetainedBackup } from './retention.ts';

const NOW = new Date('2026-11-23T12:00:00Z');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

type Content = Partial<NonNullable<RetainedBackup['sidecar']>>;

/** A complete backup of 1,000 bytes. */
const taken = (id: string, at: Date, content: Content = {}, more: Partial<RetainedBackup> = {}): RetainedBackup => ({
  ...{
    id,
    takenAt: at,
    lastModified: at,
    sizeBytes: 10,
    hasSidecar: true,
    verified: false,
    failed: false,
    held: false,
    restoring: false,
    isFormer: false,
  },
  sidecar: {
    startedAt: at,
    sizeBytes: 10,
    uncompressedBytes: 1000,
    files: 5,
    leftOut: 0,
    damaged: 0,
    unfinishedRestore: false,
    ...content,
  },
  ...more,
});

const EMPTY: Content = { files: 1, uncompressedBytes: 0 };
const BARE: Partial<RetainedBackup> = { hasSidecar: false, sidecar: undefined };

/** A backup whose id is its age in hours. */
const aged = (hours: number, content: Content = {}, more: Partial<RetainedBackup> = {}): RetainedBackup =>
  taken(String(hours), new Date(NOW.getTime() - hours * HOUR_MS), content, more);

/** `count` backups, one every `hours` hours, the newest an hour ago. */
const every = (hours: number, count: number): readonly RetainedBackup[] =>
  Array.from({ length: count }, (_, index) => aged(1 + index * hours));

const kept = (backups: readonly RetainedBackup[], retention: Retention, justMade?: string): readonly string[] => {
  const going = expiredBackups(backups, retention, { now: NOW, justMade });
  return backups.filter((one) => !going.includes(one)).map(({ id }) => id);
};

describe('retention rules', () => {
  it('keep all backups of any age when none is set or all are 0', () => {
    for (const retention of [{}, { minAgeHours: 1 }, { keepDaily: 0 }, { keepLast: 0, keepHourly: 0, keepWeekly: 0, keepMonthly: 0 }]) {
      expect(isLimited(retention)).toBe(false);
      expect(kept(every(24, 5), retention)).toHaveLength(5);
    }
    expect(kept(every(24, 5), { keepDaily: 0, keepLast: 1 })).toEqual(['1']);
  });

  it('keep the newest n', () => {
    expect(kept(every(24, 5), { keepLast: 2 })).toEqual(['1', '25']);
  });

  it('keep the last backup of each of n hours', () => {
    expect(kept([aged(0.1), aged(0.2), aged(1.1), aged(1.2), aged(50)], { keepHourly: 3 })).toEqual(['0.1', '1.1', '50']);
  });

  it('keep the last backup of each of n days', () => {
    // Backups at 11:00, 3:00, 19:00, …: the first is the last one of its day.
    expect(kept(every(8, 9), { keepDaily: 3 })).toEqual(['1', '17', '41']);
  });

  it('keep the last backup of each of n weeks, which begin on Monday', () => {
    // The 23rd is a Monday; the 22nd a Sunday.
    expect(kept(every(24, 16), { keepWeekly: 3 })).toEqual(['1', '25', '193']);
  });

  it('keep the last backup of each of n months', () => {
    expect(kept(every(24, 60), { keepMonthly: 2 })).toEqual(['1', String(1 + 23 * 24)]);
  });

  it('keep the union of what each rule keeps', () => {
    expect(kept(every(24, 40), { keepLast: 2, keepWeekly: 2, keepMonthly: 2 })).toEqual(['1', '25', String(1 + 23 * 24)]);
  });

  it('count only periods that have a backup', () => {
    const afterAGap = [aged(1), ...Array.from({ length: 10 }, (_, index) => aged(60 * 24 + index * 24))];
    expect(kept(afterAGap, { keepDaily: 7 })).toHaveLength(7);
  });

  it('keep backups younger than minAgeHours', () => {
    expect(kept(every(24, 5), { keepLast: 1, minAgeHours: 72 })).toEqual(['1', '25', '49']);
  });

  it('apply to backups in any order and return expired ones oldest first', () => {
    const backups = every(24, 4).toReversed();
    expect(expiredBackups(backups, { keepLast: 1 }, { now: NOW }).map(({ id }) => id)).toEqual(['73', '49', '25']);
  });
});

describe('retention never', () => {
  it('replaces good September backups by one empty November backup', () => {
    const september = Array.from({ length: 10 }, (_, index) => taken(`sep-${index}`, new Date(Date.UTC(2026, 8, 20 - index, 3))));
    const november = taken('nov', NOW, EMPTY);
    const left = kept([november, ...september], { keepDaily: 7, keepWeekly: 4 }, 'nov');
    // The eighth, a Sunday, is the last backup of another week.
    expect(left).toEqual(['nov', ...september.slice(0, 8).map(({ id }) => id)]);
  });

  it.each<[string, Content, Partial<RetainedBackup>]>([
    ['empty', EMPTY, {}],
    ['far smaller', { uncompressedBytes: 10 }, {}],
    ['with entries left out', { leftOut: 1 }, {}],
    ['with inconsistent entries', { damaged: 1 }, {}],
    ['whose verification failed', {}, { failed: true }],
    ['without a sidecar', {}, BARE],
  ])('removes a good backup because of any number of later ones that are %s', (_, content, more) => {
    const later = Array.from({ length: 30 }, (__, index) => aged(1 + index * 24, content, more));
    const good = [aged(2000), aged(2024)];
    expect(kept([...later, ...good], { keepLast: 2 })).toEqual(expect.arrayContaining(['2000', '2024']));
    expect(kept([...later, ...good], { keepLast: 1, keepDaily: 1 })).toContain('2000');
  });

  it('keeps more doubtful backups and archives without a sidecar than the rules state', () => {
    const backups = [...[1, 25].map((age) => aged(age)), ...[50, 60, 70].map((age) => aged(age, {}, BARE))];
    expect(kept(backups, { keepLast: 2 })).toEqual(['1', '25', '50', '60']);
    expect(kept([aged(1, EMPTY), aged(2, EMPTY), aged(3, EMPTY), aged(4)], { keepLast: 1 })).toEqual(['1', '4']);
  });

  it('removes the backup just made, even if clock skew makes it the oldest', () => {
    const made = taken('made', new Date(NOW.getTime() - 400 * DAY_MS));
    expect(kept([...every(24, 5), made], { keepLast: 2 }, 'made')).toEqual(['1', '25', 'made']);
  });

  it('removes the last verified backup, a held one, or one that is being restored in place', () => {
    const backups = [
      aged(1),
      aged(2),
      aged(3, {}, { verified: true }),
      aged(4, {}, { verified: true }),
      aged(5, {}, { held: true }),
      aged(6, {}, { restoring: true }),
    ];
    expect(kept(backups, { keepLast: 1 })).toEqual(['1', '3', '5', '6']);
  });

  it('removes an archive without a sidecar that is younger than a day, or one with an unreadable sidecar', () => {
    const backups = [aged(1), aged(20, {}, BARE), aged(23, {}, BARE), aged(25, {}, BARE), aged(900, {}, { sidecar: undefined })];
    expect(kept(backups, { keepLast: 1 })).toEqual(['1', '20', '23', '900']);
  });

  it('removes backups at the former location', () => {
    expect(kept([aged(1, {}, { ...BARE, isFormer: true }), aged(99, {}, { ...BARE, isFormer: true })], { keepLast: 1 })).toHaveLength(2);
  });

  it('removes the newest archive when none is complete', () => {
    expect(kept([aged(100, {}, BARE), aged(200, {}, BARE)], { keepLast: 1 })).toEqual(['100']);
  });

  it('uses LastModified when sidecars state the time', () => {
    const copied = every(24, 9).map((backup) => ({ ...backup, lastModified: NOW }));
    expect(kept(copied.toReversed(), { keepLast: 2 })).toEqual(['25', '1']);
    const reversed = every(24, 9).map((backup) => ({ ...backup, lastModified: new Date(2 * NOW.getTime() - backup.takenAt.getTime()) }));
    expect(kept(reversed, { keepLast: 2 })).toEqual(['1', '25']);
  });

  it('depends on the order of the listing for backups with the same time', () => {
    const twins = ['a', 'b', 'c'].map((id) => taken(id, NOW));
    expect(kept(twins, { keepLast: 1 })).toEqual(['c']);
    expect(kept(twins.toReversed(), { keepLast: 1 })).toEqual(['c']);
  });
});

/** A reproducible source of numbers from 0 to 1 (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Random backups over about a year, some with equal times, with random clock skew of the store. */
function history(random: () => number): readonly RetainedBackup[] {
  const skewMs = (random() - 0.5) * 2 * DAY_MS;
  const isCopied = random() < 0.2;
  return Array.from({ length: Math.floor(random() * 60) }, (_, index) => {
    const at = new Date(NOW.getTime() - Math.floor(random() * 400) * DAY_MS * (random() < 0.5 ? 1 : random()));
    const content = [{}, {}, {}, EMPTY, { uncompressedBytes: 20 }, { leftOut: 1 }, { damaged: 3 }][Math.floor(random() * 7)];
    const more = [{}, {}, {}, {}, BARE, { failed: true }, { held: true }, { verified: true }][Math.floor(random() * 8)];
    return taken(`${index}`, at, content, { ...more, lastModified: isCopied ? NOW : new Date(at.getTime() + skewMs) });
  });
}

describe('retention over 2,000 generated histories', () => {
  const RULES: readonly Retention[] = [
    { keepLast: 1 },
    { keepDaily: 7, keepWeekly: 4 },
    { keepHourly: 3, keepMonthly: 2 },
    { keepLast: 3, keepDaily: 2, minAgeHours: 48 },
  ];
  const runs = Array.from({ length: 2000 }, (_, seed) => {
    const random = randomNumbers(seed);
    const backups = history(random);
    const retention = RULES[seed % RULES.length] ?? {};
    const justMade = backups.at(Math.floor(random() * backups.length))?.id;
    const going = new Set(expiredBackups(backups, retention, { now: NOW, justMade }));
    const ordered = backups.toSorted(newestFirst);
    const doubtful = doubts(ordered);
    return { seed, backups, retention, justMade, going, ordered, good: ordered.filter((backup) => isGood(backup, doubtful)) };
  });
  const broken = (holds: (run: (typeof runs)[number]) => boolean) => runs.filter((run) => !holds(run)).map(({ seed }) => seed);

  it('keeps the newest complete, good and verified backups, the one just made, and held ones', () => {
    expect(
      broken(({ ordered, good, going, justMade }) =>
        [
          ordered.find(isComplete),
          good[0],
          ordered.find(({ verified }) => verified),
          ordered.find(({ id }) => id === justMade),
          ...ordered.filter(({ held }) => held),
        ].every((backup) => backup === undefined || !going.has(backup)),
      ),
    ).toEqual([]);
  });

  it('keeps the same good backups as if there were no others', () => {
    expect(
      broken(({ good, going, retention }) => {
        const goingAlone = new Set(expiredBackups(good, retention, { now: NOW }));
        return good.every((backup) => goingAlone.has(backup) || !going.has(backup));
      }),
    ).toEqual([]);
  });

  it('keeps at least as many good backups as keepLast says', () => {
    expect(
      broken(
        ({ good, going, retention: { keepLast = 0 } }) => good.filter((one) => !going.has(one)).length >= Math.min(keepLast, good.length),
      ),
    ).toEqual([]);
  });
});
