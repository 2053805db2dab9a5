import type { BotModule } from '@eeveebot/crds';
import { eventually } from '@eeveebot/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CronJob, Job, Pod } from '../src/resource-types/kubernetes.ts';
import type { Ending } from './ended-pod.ts';
import { quiet } from './quiet.ts';
import { idOf, verificationOf, VerificationWorld } from './verification-world.ts';
import { backupRestore, backupSchedule, storeArchive } from './world.ts';

const GIBIBYTE = 2 ** 30;

describe('verifications of backups', () => {
  let world: VerificationWorld;

  beforeAll(async () => {
    world = await VerificationWorld.start();
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  let backups = 0;
  /** Backs up all targets of a schedule, and ends the Job for module `seen`. @returns id of the backup. */
  async function backUp(ending: Partial<Ending> = {}, more: object = {}): Promise<string> {
    const id = idOf(++backups);
    const before = await world.names('jobs');
    await world.annotate('backupschedule', 'proved', `eevee.bot/backup-now=${backups}`);
    const job = await eventually(
      async () => (await world.names('jobs')).find((name) => name.startsWith('proved-seen-backup-now-') && !before.includes(name)),
      { what: 'a backup Job' },
    );
    const message = {
      id,
      key: `${world.namespace}/seen/${id}.tar.gz`,
      sizeBytes: 10,
      // The files are sparse.
      uncompressedBytes: 600 * GIBIBYTE,
      allocatedBytes: 3 * GIBIBYTE,
      files: 4,
      warnings: [],
      ...more,
    };
    await world.end(job, { exitCode: 0, message, ...ending });
    await eventually(async () => (await world.statusOf('proved'))?.targets?.[0]?.lastBackup?.id === id, {
      what: `backup ${id} in the status`,
    });
    return id;
  }

  describe('after each backup', () => {
    it('is unknown before the first, and its metrics exist at zero', async () => {
      await world.kube.apply(
        backupSchedule('proved', world.namespace, { verification: { afterEach: true, mode: 'Restore', storageClassName: 'fast' } }),
        world.scheduled('seen', 'proved'),
      );
      await world.ready('backupschedule', 'proved', 'CronJobsCreated');
      expect(await world.untilVerified('proved', 'Unknown')).toMatchObject({
        reason: 'NotVerifiedYet',
        message: 'not verified yet: BotModule seen',
      });
      expect(await world.metric('eevee_backup_last_verified_timestamp_seconds', 'seen')).toBe(0);
      expect(await world.metric('eevee_backup_last_result', 'seen')).toBe(0);
      expect(await world.metric('eevee_backup_expected_interval_seconds', 'seen')).toBe(86_400);
    });

    it("unpacks the backup into scratch space of its allocated size, without the module's volume, as the module's user", async () => {
      const id = await backUp();
      const job = await eventually(() => world.get<Job>('job', verificationOf(id)), { what: 'the verification Job' });
      const pod = job.spec?.template.spec;
      expect(job.metadata.ownerReferences).toMatchObject([{ kind: 'BackupSchedule', name: 'proved', controller: true }]);
      expect(pod?.volumes?.filter((each) => each.persistentVolumeClaim !== undefined)).toEqual([]);
      expect(pod?.volumes?.find(({ name }) => name === 'verification')?.ephemeral?.volumeClaimTemplate?.spec).toMatchObject({
        storageClassName: 'fast',
        resources: { requests: { storage: '4Gi' } },
      });
      expect((await world.statusOf('proved'))?.targets?.[0]).toMatchObject({
        uncompressedBytes: 600 * GIBIBYTE,
        allocatedBytes: 3 * GIBIBYTE,
      });
      await eventually(async () => (await world.get<BotModule>('botmodule', 'seen')).status?.lastBackup?.allocatedBytes === 3 * GIBIBYTE);
      expect(pod?.securityContext).toMatchObject({ runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 });
      expect(pod?.containers[0]).toMatchObject({ command: ['eevee-backup', 'verify'] });
      expect(pod?.containers[0]?.env).toEqual(
        expect.arrayContaining([
          { name: 'VERIFY_MODE', value: 'Restore' },
          { name: 'VERIFY_SCRATCH_PATH', value: '/scratch' },
          { name: 'RESTORE_BACKUP_ID', value: id },
          { name: 'BACKUP_MODULE', value: 'seen' },
          { name: 'S3_SECRET_KEY', valueFrom: { secretKeyRef: { name: 'store-credentials', key: 'key' } } },
        ]),
      );
      expect(JSON.stringify(job)).not.toContain(world.s3.credentials.secretAccessKey);
    });

    it('reports success in status, conditions and metrics of schedule and module, and in the output of kubectl', async () => {
      const id = idOf(1);
      await world.end(verificationOf(id), {
        exitCode: 0,
        message: { id, key: 'k', mode: 'Restore', files: 4, uncompressedBytes: 3 * GIBIBYTE, databases: 2, warnings: [] },
      });
      expect(await world.untilVerified('proved', 'True')).toMatchObject({ reason: 'Verified' });
      const [target] = (await world.statusOf('proved'))?.targets ?? [];
      const verified = { id, mode: 'Restore', result: 'Succeeded', time: expect.any(String) };
      expect(target?.lastVerified).toEqual(verified);
      expect(target?.lastVerifiedTime).toBe(target?.lastVerified?.time);
      const message = '4 entries, 3221225472 bytes, 2 SQLite databases checked';
      await eventually(async () =>
        expect((await world.get<BotModule>('botmodule', 'seen')).status?.lastVerified).toEqual({ ...verified, message }),
      );
      expect(await world.metric('eevee_backup_last_verified_timestamp_seconds', 'seen')).toBe(
        Date.parse(target?.lastVerifiedTime ?? '') / 1000,
      );
      expect(await world.metric('eevee_backup_last_result', 'seen')).toBe(1);
      const [header = '', row = ''] = (await world.kubectl('get', 'bsched', 'proved')).split('\n');
      expect(header.split(/ {2,}/)).toContain('VERIFIED');
      expect(row.split(/ {2,}/).slice(0, 5)).toEqual(['proved', 'True', 'CronJobsCreated', '30 3 * * *', 'True']);
    });

    it('is reconciled without a request after success, and not repeated when its Job is gone or the operator restarts', async () => {
      const touched = async (value: string) => {
        const before = await world.operator.reconciles();
        await world.annotate('backupschedule', 'proved', `test/touched=${value}`);
        await eventually(async () => (await world.operator.reconciles()) > before);
      };
      await touched('once');
      await quiet(world.operator, () => world.operator.requests());
      const requests = await world.operator.requests();
      await touched('twice');
      await quiet(world.operator, () => world.operator.reconciles());
      expect(await world.operator.requests()).toBe(requests);

      await world.kubectl('delete', 'job', verificationOf(idOf(1)));
      await world.restartOperator();
      await touched('thrice');
      expect((await world.names('jobs')).filter((name) => name.includes('-verify-'))).toEqual([]);
      expect(await world.untilVerified('proved', 'True')).toMatchObject({ reason: 'Verified' });
    });

    it('of a damaged backup is not retried, and its cause is in condition, events and metrics', async () => {
      const good = (await world.statusOf('proved'))?.targets?.[0]?.lastVerifiedTime;
      const id = await backUp();
      await world.end(verificationOf(id), { exitCode: 65, message: { error: 'the checksum of the archive does not match' } });
      const cause = `verification of backup ${id} failed: exit 65: the checksum of the archive does not match`;
      expect(await world.untilVerified('proved', 'False')).toMatchObject({
        reason: 'VerificationFailed',
        message: `BotModule seen: ${cause}`,
      });
      expect((await world.statusOf('proved'))?.targets?.[0]).toMatchObject({
        lastVerified: { id, result: 'Failed' },
        lastVerifiedTime: good,
      });
      expect(await world.list<Pod>('pods', '-l', `job-name=${verificationOf(id)}`)).toHaveLength(1);
      await world.untilEvent(
        'BackupSchedule',
        'proved',
        `Warning VerificationFailed: verification of backup ${id} of BotModule seen failed: exit 65`,
      );
      await world.untilEvent('BotModule', 'seen', `Warning VerificationFailed: ${cause}`);
      expect(await world.metric('eevee_backup_last_verification_result', 'seen')).toBe(0);
      expect(await world.metric('eevee_backup_last_verified_timestamp_seconds', 'seen')).toBe(Date.parse(good ?? '') / 1000);
      expect(await world.kubectl('get', 'bsched', 'proved')).toMatch(/30 3 \* \* \* +False/);
    });

    it('reports success after a failure once', async () => {
      const id = await backUp();
      await world.end(verificationOf(id), { exitCode: 0, message: { id, key: 'k', mode: 'Restore', warnings: [] } });
      await world.untilVerified('proved', 'True');
      await world.untilEvent(
        'BackupSchedule',
        'proved',
        `Normal VerificationSucceeded: verification of backup ${id} of BotModule seen succeeded`,
      );
      await world.untilEvent('BotModule', 'seen', `Normal VerificationSucceeded: verification of backup ${id} succeeded`);
    });

    it('does not delay a restore of the module', async () => {
      const id = await backUp();
      await eventually(() => world.get<Job>('job', verificationOf(id)));
      storeArchive(world.s3, { namespace: world.namespace, module: 'seen', id });
      await world.kube.apply(backupRestore('back', world.namespace, 'seen'));
      await world.ready('backuprestore', 'back', 'Running');
      await world.end('back-restore', { exitCode: 0, message: { id, key: 'k', warnings: [] } });
      await world.ready('backuprestore', 'back', 'Succeeded');
      await world.end(verificationOf(id), { exitCode: 0, message: { id, key: 'k', mode: 'Restore', warnings: [] } });
      await eventually(async () => (await world.statusOf('proved'))?.targets?.[0]?.lastVerified?.id === id);
    });

    it('skips a backup that lacks files: it is Incomplete, not retried, and not a success', async () => {
      const succeeded = (await world.statusOf('proved'))?.lastSuccessfulTime;
      const verified = (await world.statusOf('proved'))?.targets?.[0]?.lastVerified;
      const id = await backUp({ exitCode: 78 }, { leftOut: 1, doubt: '1 entry is missing', warnings: ['secret.db: permission denied'] });
      const status = await world.statusOf('proved');
      const incomplete = { id, key: `${world.namespace}/seen/${id}.tar.gz`, result: 'Incomplete', time: expect.any(String) };
      expect(status?.targets?.[0]?.lastBackup).toEqual(incomplete);
      const message = '1 entry is missing; secret.db: permission denied';
      await eventually(async () =>
        expect((await world.get<BotModule>('botmodule', 'seen')).status?.lastBackup).toMatchObject({ ...incomplete, message }),
      );
      expect(status?.lastSuccessfulTime).toBe(succeeded);
      expect(status?.targets?.[0]?.lastVerified).toEqual(verified);
      await world.untilEvent('BackupSchedule', 'proved', 'Warning BackupIncomplete: backup of BotModule seen: 1 entry is missing');
      expect(await world.names('jobs')).not.toContain(verificationOf(id));
      expect(await world.metric('eevee_backup_last_result', 'seen')).toBe(0);
      const made = (await world.list<Job>('jobs')).find(
        ({ metadata }) => metadata.annotations?.['eevee.bot/backup-now'] === String(backups),
      );
      expect(await world.list<Pod>('pods', '-l', `job-name=${made?.metadata.name}`)).toHaveLength(1);
    });

    it('keeps no more Jobs than the history limits', async () => {
      await world.patch('backupschedule', 'proved', { successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 0 });
      const left = verificationOf(idOf(backups - 1));
      await eventually(async () => expect((await world.names('jobs')).filter((name) => name.includes('-verify-'))).toEqual([left]));
      expect((await world.statusOf('proved'))?.targets?.[0]?.lastVerified?.id).toBe(idOf(backups - 1));
    });

    it('is removed from the status with its Jobs when it is switched off', async () => {
      await world.patch('backupschedule', 'proved', { verification: null });
      await eventually(async () => expect((await world.names('jobs')).filter((name) => name.includes('-verify-'))).toEqual([]));
      await eventually(async () =>
        expect((await world.statusOf('proved'))?.conditions?.map(({ type }) => type)).toEqual(['Ready', 'Reconciling', 'Stalled']),
      );
      expect(await world.metric('eevee_backup_last_verified_timestamp_seconds', 'seen')).toBeNaN();
    });
  });

  describe('on their own schedule', () => {
    const verifying = async () => (await world.names('cronjobs')).filter((name) => name.endsWith('-verify'));

    it('have a CronJob for each module, which is suspended with the schedule', async () => {
      const verification = { schedule: '0 5 * * 0', mode: 'Restore', scratchSize: '1024Mi', activeDeadlineSeconds: 600 };
      await world.kube.apply(
        backupSchedule('weekly', world.namespace, { timeZone: 'Europe/Berlin', verification }),
        world.scheduled('one', 'weekly'),
        world.scheduled('two', 'weekly'),
      );
      await eventually(async () => expect(await verifying()).toEqual(['weekly-one-verify', 'weekly-two-verify']));
      const { spec, metadata } = await world.get<CronJob>('cronjob', 'weekly-one-verify');
      expect(metadata.ownerReferences).toMatchObject([{ kind: 'BackupSchedule', name: 'weekly', controller: true }]);
      expect(spec).toMatchObject({
        schedule: '0 5 * * 0',
        timeZone: 'Europe/Berlin',
        concurrencyPolicy: 'Forbid',
        suspend: false,
        successfulJobsHistoryLimit: 3,
        failedJobsHistoryLimit: 3,
        jobTemplate: { spec: { activeDeadlineSeconds: 600, podFailurePolicy: { rules: [{ action: 'FailJob' }, { action: 'Ignore' }] } } },
      });
      expect(await world.untilVerified('weekly', 'Unknown')).toMatchObject({ message: 'not verified yet: BotModule one, BotModule two' });
      await world.patch('backupschedule', 'weekly', { suspend: true });
      await eventually(async () => (await world.get<CronJob>('cronjob', 'weekly-two-verify')).spec.suspend === true);
      await world.patch('backupschedule', 'weekly', { suspend: false });
      await eventually(async () => (await world.get<CronJob>('cronjob', 'weekly-two-verify')).spec.suspend === false);
    });

    it('report each module separately, and do not count as backups', async () => {
      for (const [module, exitCode] of [
        ['one', 0],
        ['two', 65],
      ] as const) {
        await world.kubectl('create', 'job', `by-hand-${module}`, `--from=cronjob/weekly-${module}-verify`);
        const message = exitCode === 0 ? { id: idOf(7), key: 'k', mode: 'Restore', warnings: [] } : { error: 'cut off', id: idOf(8) };
        await world.end(`by-hand-${module}`, { exitCode, message });
      }
      await world.untilVerified('weekly', 'False', `BotModule two: verification of backup ${idOf(8)} failed: exit 65: cut off`);
      await eventually(async () =>
        (await world.statusOf('weekly'))?.targets?.every(({ lastVerified }) => lastVerified?.mode === 'Restore'),
      );
      const status = await world.statusOf('weekly');
      expect(status?.targets?.map(({ lastVerified }) => lastVerified?.id)).toEqual([idOf(7), idOf(8)]);
      expect(status?.targets?.map(({ lastBackup }) => lastBackup)).toEqual([undefined, undefined]);
      expect(status?.lastSuccessfulTime).toBeUndefined();
    });

    it('do not exist for a module that shares its backups with another, or that leaves the schedule', async () => {
      await world.patch('botmodule', 'two', { moduleName: 'one' });
      await eventually(async () => expect(await verifying()).toEqual([]));
      await world.patch('botmodule', 'two', { moduleName: 'two' });
      await eventually(async () => expect(await verifying()).toEqual(['weekly-one-verify', 'weekly-two-verify']));
      await world.patch('botmodule', 'two', { backupSchedule: null });
      await eventually(async () => expect(await verifying()).toEqual(['weekly-one-verify']));
    });

    it('are replaced by verifications after each backup', async () => {
      await world.patch('backupschedule', 'weekly', { verification: { schedule: null, afterEach: true } });
      await eventually(async () => expect(await verifying()).toEqual([]));
      expect(await world.names('cronjobs')).toContain('weekly-one-backup');
    });

    it('report a schedule that never runs', async () => {
      await world.patch('backupschedule', 'weekly', { verification: { schedule: '0 5 31 2 *', afterEach: null } });
      expect(await world.ready('backupschedule', 'weekly', 'InvalidSpec')).toMatchObject({
        message: expect.stringContaining('spec.verification.schedule "0 5 31 2 *" never occurs'),
      });
    });
  });

  it('cause no warnings', () => {
    expect(world.operator.warnings).toEqual([]);
  });
});
