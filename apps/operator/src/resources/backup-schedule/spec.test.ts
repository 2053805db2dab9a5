import { describe, expect, it } from 'vitest';
import { backupSchedule, verification } from './fixtures.ts';
import { neverComing } from './spec.ts';

const NOW = new Date('2026-01-01T00:00:00Z');

const problems = (spec: Parameters<typeof backupSchedule>[0]) => neverComing(backupSchedule(spec), NOW);

describe('a schedule', () => {
  it.each([
    '30 3 * * *',
    '*/5 * * * MON-FRI',
    '0/15 * * * *',
    '@hourly',
    '@every 1h30m',
    '0 0 29 2 *',
    '0 0 31 2 1',
    'what only Kubernetes knows',
  ])('may be %s', (schedule) => {
    expect(problems({ schedule })).toEqual([]);
  });

  it('may not name a day that no month has', () => {
    expect(problems({ schedule: '0 0 31 2 *' })).toEqual([expect.stringContaining('spec.schedule "0 0 31 2 *" never comes')]);
    expect(problems({ verification: verification({ schedule: '0 5 31 2 *' }) })).toEqual([
      expect.stringContaining('spec.verification.schedule "0 5 31 2 *" never comes'),
    ]);
  });
});
