import type { BackupRestore } from '@eeveebot/crds';
import { type ControlPlane, eventually, type S3Server } from '@eeveebot/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CronJob, Deployment, Job } from '../src/resource-types/kubernetes.ts';
import { ApiServerProxy } from './controller/api-server-proxy.ts';
import { startOperator } from './running-operator.ts';
import { BACKUP_ID, useBackupWorld, WITH_VOLUME } from './use-backup-world.ts';
import { backupRestore, backupSchedule, botModule, newNamespace, s3Store, untilReady } from './world.ts';

describe('restores', () => {
  const { world, ready, get, exists, remove, store, failures } = useBackupWorld();
  let kube: ControlPlane;
  let s3: S3Server;
  let namespace: string;

  beforeAll(async () => {
    ({ kube, s3, namespace } = world);
    await kube.apply(
      backupSchedule('nightly', namespace),
      botModule('seen', namespace, { ...WITH_VOLUME, backupSchedule: { name: 'nightly' } }),
    );
    await ready('backupschedule', 'nightly', 'CronJobsCreated');
  });

  describe('BackupRestore', () => {
    it('stops the module, restores, and starts it again', async () => {
      store('seen');
      await ready('botmodule', 'seen', 'Ready');
      await kube.apply(backupRestore('back', namespace, 'seen', { cleanRestore: true }));
      await ready('backuprestore', 'back', 'Succeeded');
      const { status } = await get<BackupRestore>('backuprestore', 'back');
      expect(status).toMatchObject({
        backupId: BACKUP_ID,
        key: `${namespace}/seen/${BACKUP_ID}.tar.gz`,
        jobName: 'back-restore',
        completionTime: expect.any(String),
      });
      await ready('botmodule', 'seen', 'Ready');
      expect((await get<Deployment>('deployment', 'eevee-seen-module')).spec?.replicas).toBe(1);
      const job = await get<Job>('job', 'back-restore');
      expect(job.spec?.template.spec?.containers[0]?.env).toEqual(
        expect.arrayContaining([
          { name: 'RESTORE_BACKUP_ID', value: BACKUP_ID },
          { name: 'RESTORE_CLEAN', value: 'true' },
        ]),
      );
      const [stopped, started] = [Date.parse(job.status?.startTime ?? ''), job.metadata.creationTimestamp ?? ''];
      expect(stopped).toBeGreaterThanOrEqual(Date.parse(started));
      await eventually(async () => (await get<CronJob>('cronjob', 'nightly-seen-backup')).spec?.suspend === false);
    });

    it('is not run again when its Job has been deleted', async () => {
      await remove('job', 'back-restore');
      await kube.kubectl(['annotate', 'backuprestore', 'back', '-n', namespace, 'test/touched=1']);
      await kube.apply(botModule('marker', namespace));
      await ready('botmodule', 'marker', 'Ready');
      expect(await exists('job', 'back-restore')).toBe(false);
      await ready('backuprestore', 'back', 'Succeeded');
    });

    it('is not run again when its status was lost, even if it was recreated from a copy of its metadata', async () => {
      const { metadata, spec } = await get<BackupRestore>('backuprestore', 'back');
      expect(metadata.annotations).toMatchObject({ 'eevee.bot/restore-ended': 'Succeeded back' });
      await kube.kubectl([
        'patch',
        'backuprestore',
        'back',
        '-n',
        namespace,
        '--subresource=status',
        '--type=merge',
        '-p',
        '{"status":null}',
      ]);
      await ready('backuprestore', 'back', 'Succeeded');

      await remove('backuprestore', 'back');
      const { name, annotations } = metadata;
      await kube.apply({ apiVersion: 'eevee.bot/v1', kind: 'BackupRestore', metadata: { name, namespace, annotations }, spec });
      const { message } = await ready('backuprestore', 'back', 'Succeeded');
      expect(message).toContain('is not done again; create another BackupRestore to restore again');
      expect(await exists('job', 'back-restore')).toBe(false);
    });

    it.each([
      ['a module that does not exist', 'missing', {}, 'BotModuleNotFound'],
      ['a module without a volume', 'marker', {}, 'NoVolume'],
      ['a store that does not exist', 'seen', { s3Store: { name: 'nowhere' } }, 'S3StoreNotFound'],
      ['a backup that does not exist', 'seen', { backupId: '11111111-2222-4333-8444-555555555555' }, 'BackupNotFound'],
      ['a module without backups', 'bare', {}, 'NoBackupsFound'],
    ])('of %s waits', async (_, module, spec, reason) => {
      await kube.apply(botModule('bare', namespace, WITH_VOLUME));
      const name = `waits-${reason.toLowerCase()}`;
      await kube.apply(backupRestore(name, namespace, module, spec));
      await ready('backuprestore', name, reason);
      await remove('backuprestore', name);
    });

    it('continues by itself when the missing object appears', async () => {
      await kube.apply(backupRestore('ahead', namespace, 'behind', { s3Store: { name: 'slow' } }));
      await ready('backuprestore', 'ahead', 'BotModuleNotFound');
      await kube.apply(botModule('behind', namespace, WITH_VOLUME));
      await ready('backuprestore', 'ahead', 'S3StoreNotFound');
      store('behind');
      await kube.apply(...s3Store('slow', namespace, s3));
      await ready('backuprestore', 'ahead', 'Succeeded');
    });

    it("waits for another client's pod on the volume", async () => {
      await kube.apply({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'debugging', namespace },
        spec: {
          containers: [{ name: 'shell', image: 'busybox' }],
          volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'eevee-seen-module-pvc' } }],
        },
      });
      await kube.apply(backupRestore('patient', namespace, 'seen'));
      await eventually(async () => {
        const { message } = await ready('backuprestore', 'patient', 'WaitingForModuleToStop');
        return message === 'pod debugging still uses the volume';
      });
      expect((await get<Deployment>('deployment', 'eevee-seen-module')).spec?.replicas).toBe(0);
      expect((await get<CronJob>('cronjob', 'nightly-seen-backup')).spec?.suspend).toBe(true);
      await kube.kubectl(['delete', 'pod', 'debugging', '-n', namespace, '--grace-period=0', '--force']);
      await ready('backuprestore', 'patient', 'Succeeded');
      await ready('botmodule', 'seen', 'Ready');
    });

    it('runs after another of the same module', async () => {
      await kube.apply(backupRestore('one', namespace, 'seen'), backupRestore('two', namespace, 'seen'));
      await ready('backuprestore', 'one', 'Succeeded');
      await ready('backuprestore', 'two', 'Succeeded');
      const [one, two] = await Promise.all(['one-restore', 'two-restore'].map((name) => get<Job>('job', name)));
      const [first, second] = [one, two].toSorted((a, b) => String(a?.status?.startTime).localeCompare(String(b?.status?.startTime)));
      expect(Date.parse(second?.status?.startTime ?? '')).toBeGreaterThanOrEqual(Date.parse(first?.status?.completionTime ?? ''));
    });
  });

  describe('Job of a BackupRestore', () => {
    it('does not run before its name is recorded: deleted in between, it is recreated and runs once', async () => {
      const other = await newNamespace(kube);
      const jobOf = () => kube.get<Job>('job', 'back-restore', '-n', other);
      await using proxy = await ApiServerProxy.before(kube.kubeconfig);
      const made = Promise.withResolvers<void>();
      let isMade = false;
      proxy.answered = ({ method, url, status }) => {
        if (method === 'POST' && url.includes('/jobs') && !url.includes('dryRun') && status === 201) {
          isMade = true;
          made.resolve();
        }
        return true;
      };
      // From then on nothing can be recorded, as if the operator had been killed.
      proxy.faultFor = ({ method, url }) =>
        isMade && method === 'PATCH' && !url.includes('/events/')
          ? { status: 500, body: { kind: 'Status', reason: 'InternalError', code: 500, message: 'cut off' } }
          : undefined;
      store('seen', other);
      const first = await startOperator({ kubeconfig: kube.kubeconfig, namespace: other, server: proxy.url });
      await kube.apply(...s3Store('store', other, s3), botModule('seen', other, WITH_VOLUME), backupRestore('back', other, 'seen'));
      await made.promise;
      await first.stop();
      const lost = await jobOf();
      expect(lost.spec?.suspend).toBe(true);
      expect(lost.status?.startTime).toBeUndefined();
      await kube.kubectl(['delete', 'job', 'back-restore', '-n', other]);

      await using second = await startOperator({ kubeconfig: kube.kubeconfig, namespace: other });
      await untilReady(kube, { kind: 'backuprestore', name: 'back', namespace: other }, 'Succeeded');
      await untilReady(kube, { kind: 'botmodule', name: 'seen', namespace: other }, 'Ready');
      expect((await jobOf()).spec?.suspend).toBe(false);
      expect(second.warnings).toEqual([]);
    });

    it('is not mistaken for the Job of a recreated BackupRestore of the same name', async () => {
      const other = await newNamespace(kube);
      await using operating = await startOperator({ kubeconfig: kube.kubeconfig, namespace: other });
      const restored = (reason: string) => untilReady(kube, { kind: 'backuprestore', name: 'back', namespace: other }, reason);
      const uid = async () => (await kube.get<Job>('job', 'back-restore', '-n', other)).metadata.uid;
      const hold = (finalizers: readonly string[] | null) =>
        kube.kubectl(['patch', 'job', 'back-restore', '-n', other, '--type=merge', '-p', JSON.stringify({ metadata: { finalizers } })]);
      store('seen', other);
      await kube.apply(...s3Store('store', other, s3), botModule('seen', other, WITH_VOLUME), backupRestore('back', other, 'seen'));
      await restored('Succeeded');
      const former = await uid();
      // A Job that is slow to be deleted.
      await hold(['test.example/hold']);
      await kube.kubectl(['delete', 'backuprestore', 'back', '-n', other]);
      await kube.apply(backupRestore('back', other, 'seen'));
      expect((await restored('Pending')).message).toContain('is being removed');
      // Deleted before the finalizer is removed: the new restore can use the name at once.
      await kube.kubectl(['delete', 'job', 'back-restore', '-n', other, '--wait=false']);
      await hold(null);
      await restored('Succeeded');
      expect(await uid()).not.toBe(former);
      expect(operating.warnings).toEqual([]);
    });
  });

  it('reconciled everything without failures', () => {
    expect(failures()).toEqual([]);
  });
});
