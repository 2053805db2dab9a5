import { describe, expect, it } from 'vitest';
import type { BackupSchedule, BackupScheduleSpec } from '@eeveebot/crds';
import { scheduleProblems } from './spec.ts';

const NOW = new Date('2026-01-01T00:00:00Z');

const problems = (spec: Partial<BackupScheduleSpec>) =>
  scheduleProblems(
    {
      apiVersion: 'eevee.bot/v1',
      kind: 'BackupSchedule',
      metadata: { name: 'nightly', namespace: 'bots' },
      spec: {
        schedule: '@daily',
        s3Store: { name: 's3' },
        imagePullPolicy: 'IfNotPresent',
        suspend: false,
        successfulJobsHistoryLimit: 3,
        failedJobsHistoryLimit: 3,
        ...spec,
      },
    } satisfies BackupSchedule,
    NOW,
  );

describe('a schedule', () => {
  it.each(['30 3 * * *', '*/5 * * * MON-FRI', '0 0 1 1 *', '@hourly', '@midnight', '@every 1h30m', '0 0 29 2 *'])(
    'may be %s',
    (schedule) => {
      expect(problems({ schedule })).toEqual([]);
    },
  );

  it.each([
    ['61 3 * * *', 'is no schedule'],
    ['0 24 * * *', 'is no schedule'],
    ['0 0 31 2 *', 'never comes'],
    ['5-1 * * * *', 'is no schedule'],
  ])('may not be %s', (schedule, message) => {
    expect(problems({ schedule })).toEqual([expect.stringContaining(`spec.schedule "${schedule}" ${message}`)]);
  });

  it('of verifications is held to the same, and named', () => {
    const verification = { mode: 'Checksum' as const, activeDeadlineSeconds: 60, schedule: '0 5 31 2 *' };
    expect(problems({ verification })).toEqual([expect.stringContaining('spec.verification.schedule "0 5 31 2 *" never comes')]);
    expect(problems({ verification: { ...verification, schedule: '@weekly' } })).toEqual([]);
  });

  it('may be of any time zone that exists', () => {
    expect(problems({ timeZone: 'Europe/Berlin' })).toEqual([]);
    expect(problems({ timeZone: 'Mars/Olympus' })).toEqual([expect.stringContaining('spec.timeZone Mars/Olympus does not exist')]);
  });
});
