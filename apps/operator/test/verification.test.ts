import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { BackupRestore, BackupSchedule, BotModule, Condition } from '@eeveebot/crds';
import { type ControlPlane, eventually, type S3Server, startControlPlane, startS3Server } from '@eeveebot/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CoreEvent, CronJob, Job, Pod } from '../src/kubernetes.ts';
import { endPodOf, type Ending } from './ended-pod.ts';
import { startOperator, type RunningOperator } from './running-operator.ts';
import { backupRestore, backupSchedule, botModule, installDefinitions, newNamespace, s3Store, untilReady } from './world.ts';

const volume = { persistentVolumeClaim: { accessModes: ['ReadWriteOnce' as const] } };
const GIBIBYTE = 2 ** 30;

/** Ids of backups, in the order in which they are made. */
const idOf = (number: number) => `0d7b6a54-6f6c-4f5e-9c43-00000000000${number}`;

describe('verifications of backups', () => {
  let kube: ControlPlane;
  let s3: S3Server;
  let namespace: string;
  let operator: RunningOperator;

  beforeAll(async () => {
    // No node: the test ends the pods itself, with the exit codes and messages of the tool.
    [kube, s3] = await Promise.all([startControlPlane(), startS3Server({ buckets: ['backups'] })]);
    await installDefinitions(kube);
    namespace = await newNamespace(kube);
    operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
    await kube.apply(...s3Store('store', namespace, s3));
    await untilReady(kube, { kind: 's3store', name: 'store', namespace }, 'ConnectionSuccessful');
  });
  afterAll(async () => {
    await operator?.stop();
    await s3?.stop();
    await kube?.stop();
  });

  const get = <T>(kind: string, name: string) => kube.get<T>(kind, name, '-n', namespace);
  const list = async <T>(kind: string, ...args: readonly string[]) =>
    (await kube.get<{ items: readonly T[] }>(kind, '-n', namespace, ...args)).items;
  const names = async (kind: string) => (await list<Job>(kind)).map(({ metadata }) => metadata.name).toSorted();
  const patch = (kind: string, name: string, spec: object) =>
    kube.kubectl(['patch', kind, name, '-n', namespace, '--type=merge', '-p', JSON.stringify({ spec })]);
  const annotate = (kind: string, name: string, value: string) =>
    kube.kubectl(['annotate', kind, name, '-n', namespace, '--overwrite', value]);
  const scheduled = (name: string, schedule: string, spec: object = {}) =>
    botModule(name, namespace, { ...volume, backupSchedule: { name: schedule }, ...spec });
  const ended = (name: string, ending: Ending): Promise<Pod> => endPodOf(kube, { namespace, name }, ending);
  const verificationOf = (id: string) => `proved-seen-verify-${id}`;

  const statusOf = async (schedule: string) => (await get<BackupSchedule>('backupschedule', schedule)).status;
  /** Waits until condition Verified of a schedule has this status. */
  const untilVerified = (schedule: string, status: Condition['status'], message = ''): Promise<Condition> =>
    eventually(async () => {
      const verified = (await statusOf(schedule))?.conditions?.find(({ type }) => type === 'Verified');
      if (verified?.status !== status || !verified.message.includes(message)) {
        throw new Error(`Verified is ${verified?.status} ${verified?.reason}: ${verified?.message}`);
      }
      return verified;
    });

  let backups = 0;
  /** Has all targets of a schedule backed up, and ends the Job for module `seen`. @returns id of the backup. */
  async function backUp(ending: Partial<Ending> = {}, more: object = {}): Promise<string> {
    const id = idOf(++backups);
    const before = await names('jobs');
    await annotate('backupschedule', 'proved', `eevee.bot/backup-now=${backups}`);
    const job = await eventually(
      async () => (await names('jobs')).find((name) => name.startsWith('proved-seen-backup-now-') && !before.includes(name)),
      { what: 'a backup Job' },
    );
    const message = {
      id,
      key: `${namespace}/seen/${id}.tar.gz`,
      sizeBytes: 10,
      uncompressedBytes: 3 * GIBIBYTE,
      files: 4,
      warnings: [],
      ...more,
    };
    await ended(job, { exitCode: 0, message, ...ending });
    await eventually(async () => (await statusOf('proved'))?.targets?.[0]?.lastBackup?.id === id, { what: `backup ${id} in the status` });
    return id;
  }

  const events = async (kind: string, name: string) =>
    (await list<CoreEvent>('events', '--field-selector', `involvedObject.kind=${kind},involvedObject.name=${name}`)).map(
      ({ type, reason, message }) => `${type} ${reason}: ${message}`,
    );
  const untilEvent = (kind: string, name: string, text: string) =>
    eventually(async () => expect((await events(kind, name)).join('\n')).toContain(text));
  const metric = async (name: string): Promise<number> => {
    const text = await (await fetch(`${operator.url}/metrics`)).text();
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${name}{namespace="${namespace}",name="seen"}`));
    return Number(line?.split(' ').at(-1) ?? Number.NaN);
  };

  describe('after each backup', () => {
    it('is not known before the first, and its metrics exist at zero', async () => {
      await kube.apply(
        backupSchedule('proved', namespace, { verification: { afterEach: true, mode: 'Restore', storageClassName: 'fast' } }),
        scheduled('seen', 'proved'),
      );
      await untilReady(kube, { kind: 'backupschedule', name: 'proved', namespace }, 'CronJobsCreated');
      expect(await untilVerified('proved', 'Unknown')).toMatchObject({
        reason: 'NotVerifiedYet',
        message: 'not verified yet: BotModule seen',
      });
      expect(await metric('eevee_backup_last_verified_timestamp_seconds')).toBe(0);
      expect(await metric('eevee_backup_last_result')).toBe(0);
      expect(await metric('eevee_backup_expected_interval_seconds')).toBe(86_400);
    });

    it('unpacks the backup into scratch space of its size, without the volume of the module, as its user', async () => {
      const id = await backUp();
      const job = await eventually(() => get<Job>('job', verificationOf(id)), { what: 'the verification Job' });
      const pod = job.spec?.template.spec;
      expect(job.metadata.ownerReferences).toMatchObject([{ kind: 'BackupSchedule', name: 'proved', controller: true }]);
      expect(pod?.volumes?.filter((each) => each.persistentVolumeClaim !== undefined)).toEqual([]);
      expect(pod?.volumes?.find(({ name }) => name === 'verification')?.ephemeral?.volumeClaimTemplate?.spec).toMatchObject({
        storageClassName: 'fast',
        resources: { requests: { storage: '4Gi' } },
      });
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
      expect(JSON.stringify(job)).not.toContain(s3.credentials.secretAccessKey);
    });

    it('that succeeded is in status, conditions and metrics of schedule and module, and in what kubectl prints', async () => {
      const id = idOf(1);
      await ended(verificationOf(id), {
        exitCode: 0,
        message: { id, key: 'k', mode: 'Restore', files: 4, uncompressedBytes: 3 * GIBIBYTE, databases: 2, warnings: [] },
      });
      expect(await untilVerified('proved', 'True')).toMatchObject({ reason: 'Verified' });
      const [target] = (await statusOf('proved'))?.targets ?? [];
      expect(target?.lastVerified).toEqual({
        id,
        mode: 'Restore',
        result: 'Succeeded',
        time: expect.any(String),
        message: '4 entries, 3221225472 bytes, 2 SQLite databases checked',
      });
      expect(target?.lastVerifiedTime).toBe(target?.lastVerified?.time);
      await eventually(async () => (await get<BotModule>('botmodule', 'seen')).status?.lastVerified?.id === id);
      expect(await metric('eevee_backup_last_verified_timestamp_seconds')).toBe(Date.parse(target?.lastVerifiedTime ?? '') / 1000);
      expect(await metric('eevee_backup_last_result')).toBe(1);
      const [header = '', row = ''] = (await kube.kubectl(['get', 'bsched', 'proved', '-n', namespace])).split('\n');
      expect(header.split(/ {2,}/)).toContain('VERIFIED');
      expect(row.split(/ {2,}/).slice(0, 5)).toEqual(['proved', 'True', 'CronJobsCreated', '30 3 * * *', 'True']);
    });

    it('that succeeded is looked at again without a request, and not repeated when its Job is gone or the operator restarts', async () => {
      const touched = async (value: string) => {
        const before = await operator.reconciles();
        await annotate('backupschedule', 'proved', `test/touched=${value}`);
        await eventually(async () => (await operator.reconciles()) > before);
      };
      await touched('once');
      const requests = await operator.requests();
      await touched('twice');
      expect(await operator.requests()).toBe(requests);

      await kube.kubectl(['delete', 'job', verificationOf(idOf(1)), '-n', namespace]);
      await operator.stop();
      operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
      await touched('thrice');
      expect((await names('jobs')).filter((name) => name.includes('-verify-'))).toEqual([]);
      expect(await untilVerified('proved', 'True')).toMatchObject({ reason: 'Verified' });
    });

    it('of a damaged backup is not retried, and says what is wrong in condition, events and metrics', async () => {
      const good = (await statusOf('proved'))?.targets?.[0]?.lastVerifiedTime;
      const id = await backUp();
      await ended(verificationOf(id), { exitCode: 65, message: { error: 'the checksum of the archive does not match' } });
      const cause = `verification of backup ${id} failed: exit 65: the checksum of the archive does not match`;
      expect(await untilVerified('proved', 'False')).toMatchObject({ reason: 'VerificationFailed', message: `BotModule seen: ${cause}` });
      expect((await statusOf('proved'))?.targets?.[0]).toMatchObject({ lastVerified: { id, result: 'Failed' }, lastVerifiedTime: good });
      expect(await list<Pod>('pods', '-l', `job-name=${verificationOf(id)}`)).toHaveLength(1);
      await untilEvent(
        'BackupSchedule',
        'proved',
        `Warning VerificationFailed: verification of backup ${id} of BotModule seen failed: exit 65`,
      );
      await untilEvent('BotModule', 'seen', `Warning VerificationFailed: ${cause}`);
      expect(await metric('eevee_backup_last_verification_result')).toBe(0);
      expect(await metric('eevee_backup_last_verified_timestamp_seconds')).toBe(Date.parse(good ?? '') / 1000);
      expect(await kube.kubectl(['get', 'bsched', 'proved', '-n', namespace])).toMatch(/30 3 \* \* \* +False/);
    });

    it('that succeeds after a failure says so once', async () => {
      const id = await backUp();
      await ended(verificationOf(id), { exitCode: 0, message: { id, key: 'k', mode: 'Restore', warnings: [] } });
      await untilVerified('proved', 'True');
      await untilEvent(
        'BackupSchedule',
        'proved',
        `Normal VerificationSucceeded: verification of backup ${id} of BotModule seen succeeded`,
      );
      await untilEvent('BotModule', 'seen', `Normal VerificationSucceeded: verification of backup ${id} succeeded`);
    });

    it('does not keep a restore of the module waiting', async () => {
      const id = await backUp();
      await eventually(() => get<Job>('job', verificationOf(id)));
      const file = join(s3.folder, 'buckets/backups', namespace, 'seen', `${id}.tar.gz`);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, 'whatever');
      await kube.apply(backupRestore('back', namespace, 'seen'));
      await untilReady(kube, { kind: 'backuprestore', name: 'back', namespace }, 'Running');
      await ended('back-restore', { exitCode: 0, message: { id, key: 'k', warnings: [] } });
      await untilReady(kube, { kind: 'backuprestore', name: 'back', namespace }, 'Succeeded');
      await ended(verificationOf(id), { exitCode: 0, message: { id, key: 'k', mode: 'Restore', warnings: [] } });
      await eventually(async () => (await statusOf('proved'))?.targets?.[0]?.lastVerified?.id === id);
    });

    it('leaves a backup out that lacks files: it is Incomplete, not retried, and no success', async () => {
      const succeeded = (await statusOf('proved'))?.lastSuccessfulTime;
      const verified = (await statusOf('proved'))?.targets?.[0]?.lastVerified;
      const id = await backUp({ exitCode: 78 }, { leftOut: 1, doubt: '1 entry is missing', warnings: ['secret.db: permission denied'] });
      const status = await statusOf('proved');
      expect(status?.targets?.[0]?.lastBackup).toMatchObject({
        id,
        key: `${namespace}/seen/${id}.tar.gz`,
        result: 'Incomplete',
        message: '1 entry is missing; secret.db: permission denied',
      });
      expect(status?.lastSuccessfulTime).toBe(succeeded);
      expect(status?.targets?.[0]?.lastVerified).toEqual(verified);
      await untilEvent('BackupSchedule', 'proved', 'Warning BackupIncomplete: backup of BotModule seen: 1 entry is missing');
      expect(await names('jobs')).not.toContain(verificationOf(id));
      expect(await metric('eevee_backup_last_result')).toBe(0);
      const made = (await list<Job>('jobs')).find(({ metadata }) => metadata.annotations?.['eevee.bot/backup-now'] === String(backups));
      expect(await list<Pod>('pods', '-l', `job-name=${made?.metadata.name}`)).toHaveLength(1);
    });

    it('keeps no more Jobs than the history asks for', async () => {
      await patch('backupschedule', 'proved', { successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 0 });
      const left = verificationOf(idOf(backups - 1));
      await eventually(async () => expect((await names('jobs')).filter((name) => name.includes('-verify-'))).toEqual([left]));
      expect((await statusOf('proved'))?.targets?.[0]?.lastVerified?.id).toBe(idOf(backups - 1));
    });

    it('is forgotten, and its Jobs are removed, when it is switched off', async () => {
      await patch('backupschedule', 'proved', { verification: null });
      await eventually(async () => expect((await names('jobs')).filter((name) => name.includes('-verify-'))).toEqual([]));
      await eventually(async () => expect((await statusOf('proved'))?.conditions?.map(({ type }) => type)).toEqual(['Ready']));
      expect(await metric('eevee_backup_last_verified_timestamp_seconds')).toBeNaN();
    });
  });

  describe('on a schedule of their own', () => {
    const verifying = async () => (await names('cronjobs')).filter((name) => name.endsWith('-verify'));

    it('have a CronJob for each module, which is suspended with the schedule', async () => {
      const verification = { schedule: '0 5 * * 0', mode: 'Restore', scratchSize: '1024Mi', activeDeadlineSeconds: 600 };
      await kube.apply(
        backupSchedule('weekly', namespace, { timeZone: 'Europe/Berlin', verification }),
        scheduled('one', 'weekly'),
        scheduled('two', 'weekly'),
      );
      await eventually(async () => expect(await verifying()).toEqual(['weekly-one-verify', 'weekly-two-verify']));
      const { spec, metadata } = await get<CronJob>('cronjob', 'weekly-one-verify');
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
      expect(await untilVerified('weekly', 'Unknown')).toMatchObject({ message: 'not verified yet: BotModule one, BotModule two' });
      await patch('backupschedule', 'weekly', { suspend: true });
      await eventually(async () => (await get<CronJob>('cronjob', 'weekly-two-verify')).spec.suspend === true);
      await patch('backupschedule', 'weekly', { suspend: false });
      await eventually(async () => (await get<CronJob>('cronjob', 'weekly-two-verify')).spec.suspend === false);
    });

    it('tell of each module, and are no backups', async () => {
      for (const [module, exitCode] of [
        ['one', 0],
        ['two', 65],
      ] as const) {
        await kube.kubectl(['create', 'job', `by-hand-${module}`, `--from=cronjob/weekly-${module}-verify`, '-n', namespace]);
        const message = exitCode === 0 ? { id: idOf(7), key: 'k', mode: 'Restore', warnings: [] } : { error: 'cut off', id: idOf(8) };
        await ended(`by-hand-${module}`, { exitCode, message });
      }
      await untilVerified('weekly', 'False', `BotModule two: verification of backup ${idOf(8)} failed: exit 65: cut off`);
      await eventually(async () => (await statusOf('weekly'))?.targets?.every(({ lastVerified }) => lastVerified?.mode === 'Restore'));
      const status = await statusOf('weekly');
      expect(status?.targets?.map(({ lastVerified }) => lastVerified?.id)).toEqual([idOf(7), idOf(8)]);
      expect(status?.targets?.map(({ lastBackup }) => lastBackup)).toEqual([undefined, undefined]);
      expect(status?.lastSuccessfulTime).toBeUndefined();
    });

    it('have none for a module whose backups another module shares, or that leaves the schedule', async () => {
      await patch('botmodule', 'two', { moduleName: 'one' });
      await eventually(async () => expect(await verifying()).toEqual([]));
      await patch('botmodule', 'two', { moduleName: 'two' });
      await eventually(async () => expect(await verifying()).toEqual(['weekly-one-verify', 'weekly-two-verify']));
      await patch('botmodule', 'two', { backupSchedule: null });
      await eventually(async () => expect(await verifying()).toEqual(['weekly-one-verify']));
    });

    it('give way to those after each backup', async () => {
      await patch('backupschedule', 'weekly', { verification: { schedule: null, afterEach: true } });
      await eventually(async () => expect(await verifying()).toEqual([]));
      expect(await names('cronjobs')).toContain('weekly-one-backup');
    });

    it('say which schedule never comes', async () => {
      await patch('backupschedule', 'weekly', { verification: { schedule: '0 5 31 2 *', afterEach: null } });
      expect(await untilReady(kube, { kind: 'backupschedule', name: 'weekly', namespace }, 'InvalidSpec')).toMatchObject({
        message: expect.stringContaining('spec.verification.schedule "0 5 31 2 *" never comes'),
      });
    });
  });

  describe('a backup that failed verification', () => {
    const [good, bad] = [idOf(1), idOf(2)];
    const reason = `backup ${bad} of 2026-01-02T00:00:00.000Z was passed over: its last verification failed`;

    /** Puts a backup with its sidecar into the store, and a record beside it. */
    function store(module: string, id: string, startedAt: string, record?: 'failed'): void {
      const folder = join(s3.folder, 'buckets/backups', namespace, module);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, `${id}.tar.gz`), 'whatever');
      const sidecar = {
        version: 1,
        sha256: 'f'.repeat(64),
        sizeBytes: 8,
        uncompressedBytes: 8,
        files: 1,
        startedAt,
        durationSeconds: 1,
        warnings: [],
        tool: 'test',
      };
      writeFileSync(join(folder, `${id}.json`), JSON.stringify(sidecar));
      if (record !== undefined) writeFileSync(join(folder, `${id}.${record}.json`), '{}');
    }

    it('is passed over by a restore, which says so before, during and after', async () => {
      store('bad', good, '2026-01-01T00:00:00.000Z');
      store('bad', bad, '2026-01-02T00:00:00.000Z', 'failed');
      await kube.apply(botModule('bad', namespace, volume));
      await eventually(() => get('pvc', 'eevee-bad-module-pvc'));
      await kube.apply(backupRestore('older', namespace, 'bad'));
      expect((await untilReady(kube, { kind: 'backuprestore', name: 'older', namespace }, 'Running')).message).toContain(reason);
      const env = (await get<Job>('job', 'older-restore')).spec?.template.spec?.containers[0]?.env;
      expect(env).toContainEqual({ name: 'RESTORE_BACKUP_ID', value: good });
      await ended('older-restore', { exitCode: 0, message: { id: good, key: 'k', warnings: [] } });
      expect(await untilReady(kube, { kind: 'backuprestore', name: 'older', namespace }, 'Succeeded')).toMatchObject({
        message: `backup ${good} is restored; ${reason}`,
      });
      expect((await get<BackupRestore>('backuprestore', 'older')).status).toMatchObject({ backupId: good, passedOver: [reason] });
      await untilEvent('BackupRestore', 'older', `Warning BackupsPassedOver: backup ${good} is going to be restored; ${reason}`);
    });

    it('is restored where it is asked for by its id', async () => {
      await kube.apply(backupRestore('newer', namespace, 'bad', { backupId: bad }));
      await untilReady(kube, { kind: 'backuprestore', name: 'newer', namespace }, 'Running');
      expect((await get<BackupRestore>('backuprestore', 'newer')).status).toMatchObject({ backupId: bad });
      expect((await get<BackupRestore>('backuprestore', 'newer')).status?.passedOver).toBeUndefined();
      await ended('newer-restore', { exitCode: 0, message: { id: bad, key: 'k', warnings: [] } });
      await untilReady(kube, { kind: 'backuprestore', name: 'newer', namespace }, 'Succeeded');
    });

    it('is passed over before the first start of a module, which says so', async () => {
      store('fresh', good, '2026-01-01T00:00:00.000Z');
      store('fresh', bad, '2026-01-02T00:00:00.000Z', 'failed');
      await kube.apply(botModule('fresh', namespace, { ...volume, bootstrapFromBackup: { s3Store: { name: 'store' } } }));
      const job = await eventually(() => get<Job>('job', 'eevee-fresh-bootstrap-restore'), { what: 'the bootstrap Job' });
      expect(job.metadata.annotations).toMatchObject({ 'eevee.bot/backup-id': good, 'eevee.bot/backups-passed-over': reason });
      expect((await untilReady(kube, { kind: 'botmodule', name: 'fresh', namespace }, 'Bootstrapping')).message).toContain(reason);
      await untilEvent('BotModule', 'fresh', `Warning BackupsPassedOver: backup ${good} is being restored; ${reason}`);
    });
  });

  it('failed at nothing', () => {
    expect(operator.warnings).toEqual([]);
  });
});
