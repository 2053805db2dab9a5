import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BackupSchedule, BotModule, S3Store } from '@eeveebot/crds';
import { type ControlPlane, eventually, type S3Server } from '@eeveebot/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CronJob, PersistentVolumeClaim } from '../src/resource-types/kubernetes.ts';
import { startOperator } from './running-operator.ts';
import { useBackupWorld, WITH_VOLUME } from './use-backup-world.ts';
import { backupSchedule, botModule, newNamespace, s3Store, untilReady } from './world.ts';

describe('backups', () => {
  const { world, ready, get, exists, patch, remove, conditionOf, store, failures } = useBackupWorld();
  let kube: ControlPlane;
  let s3: S3Server;
  let namespace: string;

  beforeAll(() => {
    ({ kube, s3, namespace } = world);
  });

  const cronJobs = async (where: string) =>
    (await kube.get<{ items: readonly CronJob[] }>('cronjobs', '-n', where)).items.map(({ metadata }) => metadata.name).toSorted();

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
      await kube.apply(botModule('seen', namespace, { ...WITH_VOLUME, backupSchedule: { name: 'nightly' } }));
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
        botModule('twin-a', namespace, { ...WITH_VOLUME, moduleName: 'twin', backupSchedule: { name: 'nightly' } }),
        botModule('twin-b', namespace, { ...WITH_VOLUME, moduleName: 'twin', backupSchedule: { name: 'nightly' } }),
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
      const module = (name: string, spec = {}) => botModule(name, other, { ...WITH_VOLUME, backupSchedule: { name: 'nightly' }, ...spec });
      await kube.apply(module('a'), module('b', { nodeSelector: { 'not a key': 'x' } }), module('c'));
      const { message } = await untilReady(kube, { kind: 'backupschedule', name: 'nightly', namespace: other }, 'InvalidSpec');
      expect(message).toMatch(/^BotModule b: the API server refuses CronJob .*: spec\.nodeSelector.* of BotModule b: /);
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
      const module = (name: string) => botModule(name, other, { ...WITH_VOLUME, backupSchedule: { name: 'nightly' } });
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
        message: expect.stringContaining('Kubernetes rejects spec.schedule: Invalid value: "61 3 * * *"'),
      });
      await patch('backupschedule', 'lost', { spec: { schedule: '30 3 * * *' } });
      await kube.apply(...s3Store('later', namespace, s3));
      await ready('backupschedule', 'lost', 'NoTargets');
      await patch('backupschedule', 'lost', { spec: { suspend: true } });
      await ready('backupschedule', 'lost', 'Suspended');
    });
  });

  describe('module with bootstrapFromBackup', () => {
    const bootstrap = { ...WITH_VOLUME, bootstrapFromBackup: { s3Store: { name: 'store' } } };

    it('waits for a backup, restores it into its volume, and starts', async () => {
      await kube.apply(botModule('fresh', namespace, bootstrap));
      await ready('botmodule', 'fresh', 'WaitingForBackup');
      expect(await exists('deployment', 'eevee-fresh-module')).toBe(false);
      store('fresh');
      // The next search would be in 30 seconds; a change of the store triggers one at once.
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
      await kube.apply(botModule('live', namespace, WITH_VOLUME));
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

  it('reconciled everything without failures', () => {
    expect(failures()).toEqual([]);
  });
});
