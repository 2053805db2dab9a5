import { type ControlPlane, eventually, type S3Server } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import type { BackupSchedule, BotModule, Condition } from '@eeveebot/crds';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CronJob, Job } from '../src/resource-types/kubernetes.ts';
import { startOperator } from './running-operator.ts';
import { backupSchedule, botModule, newNamespace, s3Store, untilReady } from './world.ts';

const volume = { persistentVolumeClaim: { accessModes: ['ReadWriteOnce' as const] } };

describe('CronJobs of backups', () => {
  const servers = useWorld({ s3: true });
  let kube: ControlPlane;
  let s3: S3Server;

  beforeAll(() => {
    ({ kube, s3 } = servers);
  });

  const cronJobs = async (namespace: string) => (await kube.get<{ items: readonly CronJob[] }>('cronjobs', '-n', namespace)).items;
  const names = async (namespace: string) => (await cronJobs(namespace)).map(({ metadata }) => metadata.name).toSorted();
  const jobs = async (namespace: string) => (await kube.get<{ items: readonly Job[] }>('jobs', '-n', namespace)).items;
  const scheduled = (name: string, namespace: string, isSo: (condition: Condition | undefined) => boolean) =>
    eventually(
      async () => {
        const { status } = await kube.get<BotModule>('botmodule', name, '-n', namespace);
        const condition = status?.conditions?.find(({ type }) => type === 'BackupScheduled');
        if (!isSo(condition)) throw new Error(`BackupScheduled is ${JSON.stringify(condition)}`);
        return condition;
      },
      { what: `BackupScheduled of ${name}` },
    );
  const module = (name: string, namespace: string, schedule: string, spec: object = {}) =>
    botModule(name, namespace, { ...volume, backupSchedule: { name: schedule }, ...spec });
  const ready = (name: string, namespace: string, reason: string) => untilReady(kube, { kind: 'backupschedule', name, namespace }, reason);

  it('get unique names when two pairs of schedule and module would give the same one', async () => {
    const namespace = await newNamespace(kube);
    await kube.apply(
      ...s3Store('store', namespace, s3),
      backupSchedule('daily', namespace),
      backupSchedule('daily-db', namespace),
      module('db-main', namespace, 'daily'),
      module('main', namespace, 'daily-db'),
      module('other', namespace, 'daily-db'),
    );
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
    await scheduled('db-main', namespace, (condition) => condition?.status === 'True');
    await scheduled('main', namespace, (condition) => condition?.status === 'True');
    const made = await names(namespace);
    expect(made).toHaveLength(3);
    expect(made).toContain('daily-db-other-backup');
    const modules = (await cronJobs(namespace)).map(
      ({ spec }) => spec?.jobTemplate.spec?.template.spec?.containers[0]?.env?.find(({ name }) => name === 'BACKUP_MODULE')?.value,
    );
    expect(modules.toSorted()).toEqual(['db-main', 'main', 'other']);
    await operator.idle();
    // Once the modules run, their backups are bound to the modules' nodes.
    await eventually(async () =>
      (await cronJobs(namespace)).every(({ spec }) => spec?.jobTemplate.spec?.template.spec?.affinity !== undefined),
    );
    await operator.idle();
    const generations = async () => (await cronJobs(namespace)).map(({ metadata }) => metadata.generation);
    const before = await generations();
    await kube.kubectl(['annotate', 'backupschedules', '--all', '-n', namespace, 'test/touched=1']);
    await kube.apply(module('marker', namespace, 'nothing'));
    await scheduled('marker', namespace, (condition) => condition?.reason === 'BackupScheduleNotFound');
    await operator.idle();
    expect(await generations()).toEqual(before);
    expect(await names(namespace)).toEqual(made);
    expect(operator.warnings).toEqual([]);
  });

  it('keep their existing name when a later pair would get the same one', async () => {
    const namespace = await newNamespace(kube);
    await kube.apply(...s3Store('store', namespace, s3), backupSchedule('daily', namespace), backupSchedule('daily-db', namespace));
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
    await kube.apply(module('main', namespace, 'daily-db'));
    await scheduled('main', namespace, (condition) => condition?.status === 'True');
    expect(await names(namespace)).toEqual(['daily-db-main-backup']);
    const uidOf = async () => (await kube.get<CronJob>('cronjob', 'daily-db-main-backup', '-n', namespace)).metadata.uid;
    const uid = await uidOf();
    await kube.apply(module('db-main', namespace, 'daily'));
    const { message } = await scheduled('db-main', namespace, (condition) => condition?.status === 'True');
    expect(message).toMatch(/^CronJob daily-db-main-[0-9a-f]{8}-backup backs it up/);
    expect(await uidOf()).toBe(uid);
    // The remaining one also keeps its name.
    await kube.kubectl(['delete', 'botmodule', 'main', '-n', namespace]);
    await eventually(async () => (await names(namespace)).length === 1, { what: 'the CronJob of the deleted module to go' });
    await operator.idle();
    expect(await names(namespace)).toEqual([expect.stringMatching(/^daily-db-main-[0-9a-f]{8}-backup$/)]);
  });

  it('are not taken over from another resource that controls an object of that name', async () => {
    const namespace = await newNamespace(kube);
    await kube.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'owner', namespace } });
    const { metadata } = await kube.get<{ metadata: { uid: string } }>('configmap', 'owner', '-n', namespace);
    await kube.apply({
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: {
        name: 'nightly-seen-backup',
        namespace,
        ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: metadata.uid, controller: true }],
      },
      spec: {
        schedule: '0 0 1 1 *',
        jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'own', image: 'own' }] } } } },
      },
    });
    await kube.apply(...s3Store('store', namespace, s3), backupSchedule('nightly', namespace), module('seen', namespace, 'nightly'));
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
    // Pending is also the reason before the store has been tested.
    await eventually(
      async () =>
        expect((await ready('nightly', namespace, 'Pending')).message).toContain('CronJob nightly-seen-backup belongs to ConfigMap owner'),
      { what: 'the owner of the CronJob in the status' },
    );
    expect((await cronJobs(namespace))[0]?.spec?.schedule).toBe('0 0 1 1 *');
    await scheduled('seen', namespace, (condition) => condition?.status === 'False');
    expect(operator.warnings.join()).toContain('belongs to ConfigMap owner');
  });

  it('are suspended, with the running backup kept, when another module gets the same moduleName', async () => {
    const namespace = await newNamespace(kube);
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
    await kube.apply(...s3Store('store', namespace, s3), backupSchedule('nightly', namespace), module('seen', namespace, 'nightly'));
    await scheduled('seen', namespace, (condition) => condition?.status === 'True');
    await kube.kubectl(['annotate', 'backupschedule', 'nightly', '-n', namespace, 'eevee.bot/backup-now=1']);
    const [running] = await eventually(async () => ((await jobs(namespace)).length === 1 ? jobs(namespace) : undefined));
    await kube.apply(module('copy', namespace, 'nightly', { moduleName: 'seen' }));
    const condition = await scheduled('seen', namespace, (candidate) => candidate?.reason === 'ModuleNameNotUnique');
    expect(condition.message).toContain('CronJob nightly-seen-backup is suspended until then');
    await eventually(async () => (await cronJobs(namespace))[0]?.spec?.suspend === true, { what: 'the CronJob to be suspended' });
    await operator.idle();
    expect(await names(namespace)).toEqual(['nightly-seen-backup']);
    expect((await jobs(namespace)).map(({ metadata }) => metadata.uid)).toEqual([running?.metadata.uid]);
    await kube.kubectl(['delete', 'botmodule', 'copy', '-n', namespace]);
    await scheduled('seen', namespace, (candidate) => candidate?.status === 'True');
    await eventually(async () => (await cronJobs(namespace))[0]?.spec?.suspend === false, { what: 'the CronJob to continue' });
  });

  it('run a request for backups now for existing modules, but not for those added later', async () => {
    const namespace = await newNamespace(kube);
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
    await kube.apply(...s3Store('store', namespace, s3), backupSchedule('nightly', namespace), module('early', namespace, 'nightly'));
    await scheduled('early', namespace, (condition) => condition?.status === 'True');
    await kube.kubectl(['annotate', 'backupschedule', 'nightly', '-n', namespace, 'eevee.bot/backup-now=1']);
    await eventually(async () => (await jobs(namespace)).length === 1, { what: 'the Job of the first module' });
    await operator.idle();
    expect((await kube.get<BackupSchedule>('backupschedule', 'nightly', '-n', namespace)).status?.backupNow).toBe('1');
    await kube.apply(module('late', namespace, 'nightly'));
    await scheduled('late', namespace, (condition) => condition?.status === 'True');
    await operator.idle();
    expect(await jobs(namespace)).toHaveLength(1);
    await kube.kubectl(['annotate', 'backupschedule', 'nightly', '-n', namespace, '--overwrite', 'eevee.bot/backup-now=2']);
    await eventually(async () => (await jobs(namespace)).length === 3, { what: 'Jobs of both modules' });
  });
});
