import { describe, expect, it } from 'vitest';
import type { BackupSchedule, BackupTarget } from '@eeveebot/crds';
import { backupSchedule, observedSchedule, observedTarget, verification } from '../../../test/fixtures/backup-schedules.ts';
import { botModule, toolJob } from '../../../test/fixtures/bot-modules.ts';
import type { CronJob, Job } from '../../resource-types/kubernetes.ts';
import { targetHistory } from './target-history.ts';
import { dueVerification, formerVerificationCronJobs, surplusVerificationJobs } from './verification.ts';

const ID = '0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5d';
const module = botModule({ persistentVolumeClaim: { accessModes: ['ReadWriteOnce'] }, backupSchedule: { name: 'nightly' } });
const backup = { id: ID, key: `bots/echo/${ID}.tar.gz`, time: '2026-01-01T00:00:05Z', result: 'Succeeded' as const };
const backedUp = (more: Partial<BackupTarget> = {}): readonly BackupTarget[] => [{ module: 'echo', lastBackup: backup, ...more }];

function due(
  { spec = {}, targets = backedUp() }: { readonly spec?: Partial<BackupSchedule['spec']>; readonly targets?: readonly BackupTarget[] },
  jobs: readonly Job[] = [],
) {
  const schedule = backupSchedule({ verification: verification(), ...spec }, targets);
  const target = observedTarget(module, { jobs });
  return dueVerification(schedule, target, targetHistory(schedule, target, new Date('2026-02-01T00:00:00Z')));
}

describe('backup due for verification', () => {
  it('is the last successful one', () => {
    expect(due({})).toEqual({ id: ID, key: backup.key });
  });

  it.each([
    ['it was verified', { targets: backedUp({ lastVerified: { id: ID, time: backup.time, result: 'Succeeded' as const } }) }],
    ['its verification failed', { targets: backedUp({ lastVerified: { id: ID, time: backup.time, result: 'Failed' as const } }) }],
    ['it lacks files', { targets: backedUp({ lastBackup: { ...backup, result: 'Incomplete' as const } }) }],
    [
      'the image does not report which backup it made',
      { targets: [{ module: 'echo', lastBackup: { time: backup.time, result: 'Succeeded' as const } }] },
    ],
    ['the schedule is suspended', { spec: { suspend: true } }],
    ['verifications have a schedule of their own', { spec: { verification: verification({ schedule: '@weekly' }) } }],
  ])('does not exist when %s', (_, given) => {
    expect(due(given)).toBeUndefined();
  });

  it('does not exist while it or another one is being verified, or its Job exists', () => {
    expect(due({}, [toolJob(undefined, { command: 'verify', name: 'nightly-echo-verify-another' })])).toBeUndefined();
    expect(due({}, [toolJob('Complete', { command: 'verify', name: `nightly-echo-verify-${ID}` })])).toBeUndefined();
  });

  it('does not wait for a running backup', () => {
    expect(due({}, [toolJob(undefined, { name: 'nightly-echo-backup-1' })])).toMatchObject({ id: ID });
  });
});

const names = (objects: readonly (Job | CronJob)[]) => objects.map(({ metadata }) => metadata.name);

describe('CronJobs that no longer verify anything', () => {
  const cronJob = (name: string, component: string): CronJob => ({
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name, namespace: 'bots', labels: { 'app.kubernetes.io/component': component } },
    spec: { schedule: '@daily', jobTemplate: {} },
  });
  const cronJobs = [
    cronJob('nightly-echo-backup', 'backup'),
    cronJob('nightly-echo-verify', 'verify'),
    cronJob('nightly-former-verify', 'verify'),
  ];
  const former = (spec: Partial<BackupSchedule['spec']>) => {
    const targets = [observedTarget(module)];
    return names(formerVerificationCronJobs(observedSchedule(backupSchedule(spec), targets, { cronJobs }), targets));
  };

  it('are those of modules that are not targets', () => {
    expect(former({ verification: verification({ schedule: '@weekly' }) })).toEqual(['nightly-former-verify']);
  });

  it('are all verification CronJobs, and no backup CronJobs, without a verification schedule', () => {
    expect(former({ verification: verification() })).toEqual(['nightly-echo-verify', 'nightly-former-verify']);
    expect(former({})).toEqual(['nightly-echo-verify', 'nightly-former-verify']);
  });
});

describe('surplus verification Jobs', () => {
  const ended = (name: string, second: number, condition: 'Complete' | 'Failed' = 'Complete'): Job => {
    const time = `2026-01-01T00:00:0${second}Z`;
    const job = toolJob(condition, { command: 'verify', name });
    return { ...job, status: { ...job.status, conditions: [{ type: condition, status: 'True', lastTransitionTime: time }] } };
  };
  const jobs = [ended('one', 1), ended('two', 2), ended('three', 3), ended('bad', 4, 'Failed')];
  const surplus = (spec: Partial<BackupSchedule['spec']>, recorded: string | undefined, isTarget = true) => {
    const target = observedTarget(module, { jobs });
    const targets = recorded === undefined ? [] : [{ module: 'echo', lastVerified: { time: recorded, result: 'Failed' as const } }];
    const schedule = backupSchedule({ verification: verification(), ...spec }, targets);
    return names(surplusVerificationJobs(observedSchedule(schedule, [target]), isTarget ? [target] : []));
  };
  const all = '2026-01-01T00:00:04Z';

  it('are the oldest beyond the limits, counted per result', () => {
    expect(surplus({}, all)).toEqual([]);
    expect(surplus({ successfulJobsHistoryLimit: 1 }, all)).toEqual(['one', 'two']);
    expect(surplus({ failedJobsHistoryLimit: 0 }, all)).toEqual(['bad']);
  });

  it('are never those whose result is not recorded yet', () => {
    expect(surplus({ successfulJobsHistoryLimit: 0, failedJobsHistoryLimit: 0 }, '2026-01-01T00:00:02Z')).toEqual(['one', 'two']);
    expect(surplus({ successfulJobsHistoryLimit: 0 }, undefined)).toEqual([]);
  });

  it('are all of them when the module is not a target, or verification was switched off', () => {
    expect(surplus({}, all, false)).toEqual(['one', 'two', 'three', 'bad']);
    expect(surplus({ verification: verification({ schedule: '@weekly' }) }, all)).toEqual(['one', 'two', 'three', 'bad']);
  });
});
