import { describe, expect, it } from 'vitest';
import { backupSchedule } from '../../test/fixtures/backup-schedules.ts';
import { toolJob } from '../../test/fixtures/bot-modules.ts';
import { NO_EVENT_CAUSES } from '../diagnosis/event-causes.ts';
import { backupProblem, overdueInMs } from './backup-problem.ts';

const HOUR_MS = 3_600_000;
const job = {
  ...toolJob(undefined),
  metadata: {
    ...toolJob(undefined).metadata,
    name: 'nightly-echo-backup-1',
    creationTimestamp: '2026-01-01T03:30:00Z',
    labels: { 'app.kubernetes.io/component': 'backup' },
  },
};
const state = (schedule: string) => ({
  schedule: backupSchedule({ schedule }),
  jobs: [job],
  pods: [],
  eventCauses: NO_EVENT_CAUSES,
  lastBackup: undefined,
});

describe('a backup that runs for a long time', () => {
  it('is a problem as soon as it keeps the next one from starting', () => {
    const at = (time: string) => backupProblem(state('30 * * * *'), new Date(time));
    expect(at('2026-01-01T04:29:00Z')).toBeUndefined();
    expect(at('2026-01-01T04:30:00Z')).toBe(
      'Job nightly-echo-backup-1 has been running since 2026-01-01T03:30:00Z: later backups are skipped until it ends',
    );
  });

  it('is evaluated again at that time, or not at all if the time is unknown', () => {
    const now = new Date('2026-01-01T03:30:00Z');
    expect(overdueInMs(state('30 3 * * *'), now)).toBe(24 * HOUR_MS);
    expect(overdueInMs(state('a dialect'), now)).toBeUndefined();
    expect(overdueInMs(state('30 3 * * *'), new Date('2026-01-03T00:00:00Z'))).toBeUndefined();
    expect(overdueInMs({ ...state('30 3 * * *'), jobs: [toolJob('Complete')] }, now)).toBeUndefined();
  });

  it('is absent if the last backup succeeded or is incomplete', () => {
    const of = (result: 'Succeeded' | 'Incomplete' | 'Failed') =>
      backupProblem({ ...state('@daily'), jobs: [], lastBackup: { time: '2026-01-01T00:00:00Z', result, message: 'why' } }, new Date());
    expect(of('Succeeded')).toBeUndefined();
    expect(of('Incomplete')).toBeUndefined();
    expect(of('Failed')).toBe('its last backup failed: why');
  });
});
