import type { BackupRestore } from '@eeveebot/crds';
import { describe, expect, it } from 'vitest';
import { backupSchedule, verification } from '../../test/fixtures/backup-schedules.ts';
import { botModule, readyStore } from '../../test/fixtures/bot-modules.ts';
import type { CronJob, Job } from '../resource-types/kubernetes.ts';
import { desiredRestoreJob } from '../resources/backup-restore/desired/restore-job.ts';
import { desiredBackupNowJob, desiredCronJob } from '../resources/backup-schedule/desired/cron-job.ts';
import { desiredVerificationCronJob, desiredVerificationJob } from '../resources/backup-schedule/desired/verification.ts';
import { desiredBootstrapJob } from '../resources/bot-module/desired/bootstrap-job.ts';
import { proxyEnvironment } from './backup-tool.ts';

const PROXIES = { HTTPS_PROXY: 'http://proxy.example:3128', no_proxy: '.svc' };
const ENV = [
  { name: 'HTTPS_PROXY', value: 'http://proxy.example:3128' },
  { name: 'no_proxy', value: '.svc' },
];

describe('the proxies of the operator', () => {
  const made = { store: readyStore, module: botModule(), backupTool: { image: 'backup:1', ...proxyEnvironment(PROXIES) } };
  const backup = { id: 'b7', key: 'bots/echo/b7.tar.gz' };
  const scheduled = { ...made, schedule: backupSchedule() };
  const backedUp = { ...scheduled, name: 'nightly-echo-backup', cron: '@daily', held: false, besideModule: true };
  const verified = { ...scheduled, verification: verification(), unpackedBytes: undefined };
  const restore: BackupRestore = {
    apiVersion: 'eevee.bot/v1',
    kind: 'BackupRestore',
    metadata: { name: 'restore', namespace: 'bots', uid: 'u' },
    spec: {
      ...{ botModule: { name: 'echo' }, s3Store: { name: 's3' }, imagePullPolicy: 'IfNotPresent', cleanRestore: true },
      ...{ activeDeadlineSeconds: 600, stopTimeoutSeconds: 600 },
    },
  };
  const templateOf = ({ spec }: { readonly spec?: CronJob['spec'] | Job['spec'] }) =>
    spec !== undefined && 'jobTemplate' in spec ? spec.jobTemplate.spec?.template : spec?.template;

  it.each([
    ['the CronJob of backups', () => desiredCronJob(backedUp, undefined)],
    ['a backup at once', () => desiredBackupNowJob(backedUp, desiredCronJob(backedUp, undefined) as CronJob, 'now')],
    ['the CronJob of verifications', () => desiredVerificationCronJob(verified, { name: 'nightly-echo-verify', cron: '@weekly' })],
    ['a verification', () => desiredVerificationJob(verified, backup)],
    ['a restore', () => desiredRestoreJob({ ...made, restore, backup })],
    ['the restore before the first start', () => desiredBootstrapJob({ ...made, backup })],
  ])('are passed on to %s', (_, make) => {
    expect(templateOf(make())?.spec?.containers[0]?.env).toEqual(expect.arrayContaining(ENV));
  });

  it('are passed on except those that contain a password', () => {
    const proxies = { HTTP_PROXY: 'http://me:hunter2@proxy.example:3128', https_proxy: 'http://me@proxy.example', ...PROXIES };
    expect(proxyEnvironment(proxies)).toEqual({ env: ENV, withheld: ['HTTP_PROXY', 'https_proxy'] });
    expect(proxyEnvironment({ HTTP_PROXY: undefined })).toEqual({ env: [], withheld: [] });
  });
});
