import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import type { BackupRestore, BackupSchedule, BotModule, Condition, S3Store } from '@eeveebot/crds';
import { type ControlPlane, eventually, type S3Server } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CronJob, Deployment, Job, PersistentVolumeClaim } from '../src/resource-types/kubernetes.ts';
import { ApiServerProxy } from './controller/api-server-proxy.ts';
import { startOperator, type RunningOperator } from './running-operator.ts';
import { backupRestore, backupSchedule, botModule, makeVolumes, newNamespace, s3Store, untilReady } from './world.ts';

const ID = '0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5d';
const volume = { persistentVolumeClaim: { accessModes: ['ReadWriteOnce' as const] } };

describe('backups', () => {
  const servers = useWorld({ nodes: true, s3: true });
  let kube: ControlPlane;
  let s3: S3Server;
  let operator: RunningOperator;
  let namespace: string;

  beforeAll(async () => {
    ({ kube, s3 } = servers);
    namespace = await newNamespace(kube);
    await makeVolumes(
      kube,
      Array.from({ length: 20 }, (_, index) => `volume-${index}`),
    );
    operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
    await kube.apply(...s3Store('store', namespace, s3));
  });
  afterAll(async () => {
    await operator?.stop();
  });

  type Kind = Parameters<typeof untilReady>[1]['kind'];
  const ready = (kind: Kind, name: string, reason: string) => untilReady(kube, { kind, name, namespace }, reason);
  const get = <T>(kind: string, name: string) => kube.get<T & { metadata: { uid?: string } }>(kind, name, '-n', namespace);
  const exists = (kind: string, name: string) =>
    kube.kubectl(['get', kind, name, '-n', namespace, '-o', 'name', '--ignore-not-found']).then((text) => text !== '');
  const patch = (kind: string, name: string, body: object) =>
    kube.kubectl(['patch', kind, name, '-n', namespace, '--type=merge', '-p', JSON.stringify(body)]);
  const remove = (kind: string, name: string) => kube.kubectl(['delete', kind, name, '-n', namespace]);
  const conditionOf = async (name: string, type: string, where = namespace): Promise<Condition | undefined> =>
    (await kube.get<BotModule>('botmodule', name, '-n', where)).status?.conditions?.find((condition) => condition.type === type);
  const cronJobs = async (where: string) =>
    (await kube.get<{ items: readonly CronJob[] }>('cronjobs', '-n', where)).items.map(({ metadata }) => metadata.name).toSorted();
  const store = (module: string, id = ID, where = namespace) => {
    const file = join(s3.folder, 'buckets/backups', where, module, `${id}.tar.gz`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, 'whatever');
  };

  describe('S3Store', () => {
    it('is tested, and its status has the outcome', async () => {
      await ready('s3store', 'store', 'ConnectionSuccessful');
      const { status } = await get<S3Store>('s3store', 'store');
      expect(status?.lastConnectionTest).toMatchObject({ succeeded: true, latencyMs: expect.any(Number) });
    });

    it.each([
      ['a bucket that does not exist', { bucket: 'nothing-here' }, 'the bucket does not exist'],
      ['a port where no server listens', { endpoint: 'http://127.0.0.1:9' }, 'no connection to http://127.0.0.1:9'],
      ['a name that does not resolve', { endpoint: 'http://nowhere.invalid' }, 'does not resolve'],
    ])('reports %s', async (_, spec, message) => {
      const name = `wrong-${message.length}`;
      await kube.apply(...s3Store(name, namespace, s3, spec));
      expect(await ready('s3store', name, 'ConnectionFailed')).toMatchObject({
        status: 'False',
        message: expect.stringContaining(message),
      });
    });

    it('does not treat a server that returns a web page as a bucket without backups', async () => {
      const server = createServer((_request, response) => response.setHeader('content-type', 'text/html').end('<html>console</html>'));
      await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
      try {
        const { port } = server.address() as AddressInfo;
        await kube.apply(...s3Store('console', namespace, s3, { endpoint: `http://127.0.0.1:${port}` }));
        expect(await ready('s3store', 'console', 'ConnectionFailed')).toMatchObject({
          status: 'False',
          message: expect.stringContaining('is not an S3 server'),
        });
      } finally {
        server.close();
      }
    });

    it('reports wrong credentials, and recovers as soon as the Secret is fixed', async () => {
      const wrong = { endpoint: s3.endpoint, credentials: { ...s3.credentials, secretAccessKey: 'wrong' } };
      await kube.apply(...s3Store('locked', namespace, wrong));
      const { message } = await ready('s3store', 'locked', 'ConnectionFailed');
      expect(message).toContain('denied access');
      expect(message).not.toContain('wrong');
      await patch('secret', 'locked-credentials', { stringData: { key: s3.credentials.secretAccessKey } });
      await ready('s3store', 'locked', 'ConnectionSuccessful');
    });

    it('waits for its Secret and for the key in it', async () => {
      const [secret, resource] = s3Store('early', namespace, s3);
      await kube.apply(resource ?? {});
      expect(await ready('s3store', 'early', 'SecretNotFound')).toMatchObject({
        message: `Secret early-credentials, which spec.accessId.secretKeyRef names, does not exist in namespace ${namespace}: create it with key id, or correct the name`,
      });
      await kube.apply({ ...secret, stringData: { id: s3.credentials.accessKeyId } });
      await ready('s3store', 'early', 'SecretKeyMissing');
      await kube.apply(secret ?? {});
      await ready('s3store', 'early', 'ConnectionSuccessful');
    });
  });

  describe('BackupSchedule', () => {
    it('created before its modules finds them, and creates a CronJob for each', async () => {
      await kube.apply(backupSchedule('nightly', namespace));
      await ready('backupschedule', 'nightly', 'NoTargets');
      await kube.apply(botModule('seen', namespace, { ...volume, backupSchedule: { name: 'nightly' } }));
      await ready('backupschedule', 'nightly', 'CronJobsCreated');
      const made = () => get<CronJob>('cronjob', 'nightly-seen-backup');
      const affinityOf = ({ spec }: CronJob) => spec?.jobTemplate.spec?.template.spec?.affinity;
      // A volume that only one node can mount is backed up on that node once the module runs.
      await eventually(async () => affinityOf(await made()) !== undefined, { what: 'the CronJob to keep to the node of the module' });
      const { spec } = await made();
      const pod = spec?.jobTemplate.spec?.template.spec;
      expect(spec).toMatchObject({ schedule: '30 3 * * *', concurrencyPolicy: 'Forbid', suspend: false });
      expect(pod?.containers[0]).toMatchObject({ command: ['eevee-backup', 'backup'], image: 'ghcr.io/eeveebot/backup:3.0.0' });
      expect(pod?.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution).toMatchObject([
        { labelSelector: { matchLabels: { 'eevee.bot/module': 'seen' } }, topologyKey: 'kubernetes.io/hostname' },
      ]);
      expect(pod?.containers[0]?.env).toEqual(
        expect.arrayContaining([
          { name: 'S3_REGION', value: 'us-east-1' },
          { name: 'S3_SECRET_KEY', valueFrom: { secretKeyRef: { name: 'store-credentials', key: 'key' } } },
          { name: 'BACKUP_MODULE', value: 'seen' },
        ]),
      );
      expect(JSON.stringify(spec)).not.toContain(s3.credentials.secretAccessKey);
      await eventually(async () => (await conditionOf('seen', 'BackupScheduled'))?.status === 'True', { what: 'seen to be scheduled' });
    });

    it('makes no backups of modules with the same moduleName, reports why, and continues with the others', async () => {
      await kube.apply(
        botModule('twin-a', namespace, { ...volume, moduleName: 'twin', backupSchedule: { name: 'nightly' } }),
        botModule('twin-b', namespace, { ...volume, moduleName: 'twin', backupSchedule: { name: 'nightly' } }),
      );
      await eventually(async () => (await conditionOf('twin-b', 'BackupScheduled'))?.reason === 'ModuleNameNotUnique');
      // The condition is the module's and the CronJob the schedule's: either may be written first.
      await eventually(
        async () => {
          const { items } = await kube.get<{ items: readonly CronJob[] }>('cronjobs', '-n', namespace);
          return !items.some(({ metadata, spec }) => metadata.name.includes('-twin-') && spec?.suspend !== true);
        },
        { what: 'no active CronJob of a module whose moduleName is taken' },
      );
      expect(await exists('cronjob', 'nightly-seen-backup')).toBe(true);
      await patch('botmodule', 'twin-b', { spec: { moduleName: 'other' } });
      await eventually(() => exists('cronjob', 'nightly-twin-a-backup'));
      await eventually(() => exists('cronjob', 'nightly-twin-b-backup'));
      await remove('botmodule', 'twin-a');
      await remove('botmodule', 'twin-b');
      await eventually(async () => !(await exists('cronjob', 'nightly-twin-b-backup')));
    });

    it('creates the other CronJobs when the API server refuses one, and reports the module and the cause', async () => {
      const other = await newNamespace(kube);
      await using second = await startOperator({ kubeconfig: kube.kubeconfig, namespace: other });
      await kube.apply(...s3Store('store', other, s3), backupSchedule('nightly', other));
      const module = (name: string, spec = {}) => botModule(name, other, { ...volume, backupSchedule: { name: 'nightly' }, ...spec });
      await kube.apply(module('a'), module('b', { nodeSelector: { 'not a key': 'x' } }), module('c'));
      const { message } = await untilReady(kube, { kind: 'backupschedule', name: 'nightly', namespace: other }, 'InvalidSpec');
      expect(message).toMatch(/^BotModule b: CronJob.*nodeSelector/);
      await eventually(async () => expect(await cronJobs(other)).toEqual(['nightly-a-backup', 'nightly-c-backup']));
      await eventually(async () => (await conditionOf('b', 'BackupScheduled', other))?.message.includes('nodeSelector'));
      await eventually(async () => (await conditionOf('c', 'BackupScheduled', other))?.status === 'True');
      await kube.kubectl(['patch', 'botmodule', 'b', '-n', other, '--type=merge', '-p', '{"spec":{"nodeSelector":null}}']);
      await untilReady(kube, { kind: 'backupschedule', name: 'nightly', namespace: other }, 'CronJobsCreated');
      expect(second.warnings).toEqual([]);
    });

    it('is not ready while a CronJob cannot be created, and retries', async () => {
      const other = await newNamespace(kube);
      await using second = await startOperator({ kubeconfig: kube.kubeconfig, namespace: other });
      await kube.kubectl(['create', 'quota', 'few', '--hard=count/cronjobs.batch=1', '-n', other]);
      await kube.apply(...s3Store('store', other, s3), backupSchedule('nightly', other));
      const module = (name: string) => botModule(name, other, { ...volume, backupSchedule: { name: 'nightly' } });
      await kube.apply(module('a'), module('b'));
      const pending = await eventually(async () => {
        const condition = await untilReady(kube, { kind: 'backupschedule', name: 'nightly', namespace: other }, 'Pending');
        return (await cronJobs(other)).length === 1 && condition.message.includes('exceeded quota: few') && condition;
      });
      expect(pending).toMatchObject({ status: 'Unknown', message: expect.stringMatching(/BotModule [ab]: /) });
      await kube.kubectl(['delete', 'quota', 'few', '-n', other]);
      await untilReady(kube, { kind: 'backupschedule', name: 'nightly', namespace: other }, 'CronJobsCreated');
      expect(await cronJobs(other)).toEqual(['nightly-a-backup', 'nightly-b-backup']);
      expect(second.warnings.join()).toContain('exceeded quota: few');
    });

    it('runs all targets once for each new request', async () => {
      const jobs = async () =>
        (await kube.kubectl(['get', 'jobs', '-n', namespace, '-o', 'name'])).split('\n').filter((name) => name.includes('-now-'));
      await kube.kubectl(['annotate', 'backupschedule', 'nightly', '-n', namespace, 'eevee.bot/backup-now=1']);
      await eventually(async () => (await jobs()).length === 1, { what: 'one Job' });
      await kube.kubectl(['annotate', 'backupschedule', 'nightly', '-n', namespace, '--overwrite', 'eevee.bot/backup-now=2']);
      await eventually(async () => (await jobs()).length === 2, { what: 'two Jobs' });
      await eventually(
        async () => (await get<BackupSchedule>('backupschedule', 'nightly')).status?.targets?.[0]?.lastBackup?.result === 'Succeeded',
      );
      await eventually(async () => (await get<BotModule>('botmodule', 'seen')).status?.lastBackup?.result === 'Succeeded');
    });

    it('waits for a missing store, and reports problems of its spec', async () => {
      await kube.apply(backupSchedule('lost', namespace, { s3Store: { name: 'later' } }));
      await ready('backupschedule', 'lost', 'S3StoreNotFound');
      await patch('backupschedule', 'lost', { spec: { schedule: '61 3 * * *' } });
      expect(await ready('backupschedule', 'lost', 'InvalidSpec')).toMatchObject({
        message: expect.stringContaining('Kubernetes refuses spec.schedule: Invalid value: "61 3 * * *"'),
      });
      await patch('backupschedule', 'lost', { spec: { schedule: '30 3 * * *' } });
      await kube.apply(...s3Store('later', namespace, s3));
      await ready('backupschedule', 'lost', 'NoTargets');
      await patch('backupschedule', 'lost', { spec: { suspend: true } });
      await ready('backupschedule', 'lost', 'Suspended');
    });
  });

  describe('module with bootstrapFromBackup', () => {
    const bootstrap = { ...volume, bootstrapFromBackup: { s3Store: { name: 'store' } } };

    it('waits for a backup, restores it into its volume, and starts', async () => {
      await kube.apply(botModule('fresh', namespace, bootstrap));
      await ready('botmodule', 'fresh', 'WaitingForBackup');
      expect(await exists('deployment', 'eevee-fresh-module')).toBe(false);
      store('fresh');
      // The next search would be in half a minute; a change of the store triggers one at once.
      await patch('s3store', 'store', { spec: { connectionTestIntervalSeconds: 301 } });
      await ready('botmodule', 'fresh', 'Ready');
      const claim = await get<PersistentVolumeClaim>('pvc', 'eevee-fresh-module-pvc');
      expect(claim.metadata.annotations).toMatchObject({ 'eevee.bot/bootstrapped': 'true' });
      expect(await exists('job', 'eevee-fresh-bootstrap-restore')).toBe(false);
      expect(await conditionOf('fresh', 'Bootstrapped')).toMatchObject({ status: 'True' });
    });

    it('is left untouched while it is disabled', async () => {
      store('off');
      await kube.apply(botModule('off', namespace, { ...bootstrap, enabled: false }));
      await ready('botmodule', 'off', 'Disabled');
      expect(await exists('job', 'eevee-off-bootstrap-restore')).toBe(false);
    });

    it('is never restored over once it runs', async () => {
      // There is no backup of it: if it searched for one, it would wait and not run.
      await kube.apply(botModule('live', namespace, volume));
      await ready('botmodule', 'live', 'Ready');
      await patch('botmodule', 'live', { spec: { bootstrapFromBackup: { s3Store: { name: 'store' } } } });
      await ready('botmodule', 'live', 'Ready');
      await remove('deployment', 'eevee-live-module');
      await eventually(() => exists('deployment', 'eevee-live-module'), { what: 'a Deployment again' });
      await kube.kubectl(['annotate', 'pvc', 'eevee-live-module-pvc', '-n', namespace, 'eevee.bot/bootstrapped-']);
      await eventually(
        async () =>
          (await get<PersistentVolumeClaim>('pvc', 'eevee-live-module-pvc')).metadata.annotations?.['eevee.bot/bootstrapped'] === 'true',
        { what: 'the claim to be marked again' },
      );
      await ready('botmodule', 'live', 'Ready');
    });
  });

  describe('BackupRestore', () => {
    it('stops the module, restores, and starts it again', async () => {
      store('seen');
      await ready('botmodule', 'seen', 'Ready');
      await kube.apply(backupRestore('back', namespace, 'seen', { cleanRestore: true }));
      await ready('backuprestore', 'back', 'Succeeded');
      const { status } = await get<BackupRestore>('backuprestore', 'back');
      expect(status).toMatchObject({
        backupId: ID,
        key: `${namespace}/seen/${ID}.tar.gz`,
        jobName: 'back-restore',
        completionTime: expect.any(String),
      });
      await ready('botmodule', 'seen', 'Ready');
      expect((await get<Deployment>('deployment', 'eevee-seen-module')).spec?.replicas).toBe(1);
      const job = await get<Job>('job', 'back-restore');
      expect(job.spec?.template.spec?.containers[0]?.env).toEqual(
        expect.arrayContaining([
          { name: 'RESTORE_BACKUP_ID', value: ID },
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

    it.each([
      ['a module that does not exist', 'missing', {}, 'BotModuleNotFound'],
      ['a module without a volume', 'marker', {}, 'NoVolume'],
      ['a store that does not exist', 'seen', { s3Store: { name: 'nowhere' } }, 'S3StoreNotFound'],
      ['a backup that does not exist', 'seen', { backupId: '11111111-2222-4333-8444-555555555555' }, 'BackupNotFound'],
      ['a module without backups', 'bare', {}, 'NoBackupsFound'],
    ])('of %s waits', async (_, module, spec, reason) => {
      await kube.apply(botModule('bare', namespace, volume));
      const name = `waits-${reason.toLowerCase()}`;
      await kube.apply(backupRestore(name, namespace, module, spec));
      await ready('backuprestore', name, reason);
      await remove('backuprestore', name);
    });

    it('continues by itself when the missing object appears', async () => {
      await kube.apply(backupRestore('ahead', namespace, 'behind', { s3Store: { name: 'slow' } }));
      await ready('backuprestore', 'ahead', 'BotModuleNotFound');
      await kube.apply(botModule('behind', namespace, volume));
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
      store('seen', ID, other);
      const first = await startOperator({ kubeconfig: kube.kubeconfig, namespace: other, server: proxy.url });
      await kube.apply(...s3Store('store', other, s3), botModule('seen', other, volume), backupRestore('back', other, 'seen'));
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
      store('seen', ID, other);
      await kube.apply(...s3Store('store', other, s3), botModule('seen', other, volume), backupRestore('back', other, 'seen'));
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
    const failures = operator.warnings.filter((line) => line.startsWith('cannot reconcile') && !line.includes('could not be asked'));
    expect(failures).toEqual([]);
    rmSync(join(s3.folder, 'buckets/backups', namespace), { recursive: true });
  });
});
