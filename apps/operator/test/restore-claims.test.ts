import { type ControlPlane, eventually, type S3Server } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../src/controller/clock.ts';
import type { CronJob } from '../src/resource-types/kubernetes.ts';
import { ApiServerProxy } from './controller/api-server-proxy.ts';
import { endPodOf } from './ended-pod.ts';
import { startOperator } from './running-operator.ts';
import { BACKUP_ID, CLAIM, DEPLOYMENT, MODULE, VolumeWorld } from './volume-world.ts';
import { backupRestore, backupSchedule, botModule, ipcConfig, s3Store, storeArchive, untilReady } from './world.ts';

const OTHER_BACKUP_ID = '1d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5d';
const CRON_JOB = `nightly-${MODULE}-backup`;
const volume = { persistentVolumeClaim: {} };
const backedUp = { ...volume, backupSchedule: { name: 'nightly' } };
const restored = { exitCode: 0, message: { id: BACKUP_ID, key: 'k', files: 1 } };

/** A pod of another client that mounts the volume of the module. */
const userOfVolume = ({ namespace }: VolumeWorld): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'debugging', namespace },
  spec: {
    containers: [{ name: 'shell', image: 'busybox' }],
    volumes: [{ name: 'data', persistentVolumeClaim: { claimName: CLAIM } }],
  },
});

describe('restore', () => {
  const servers = useWorld({ s3: true });
  let kube: ControlPlane;
  let s3: S3Server;

  beforeAll(() => {
    ({ kube, s3 } = servers);
  });

  const start = (world: VolumeWorld) => startOperator({ kubeconfig: kube.kubeconfig, namespace: world.namespace });
  const ready = (world: VolumeWorld, reason: string) =>
    untilReady(kube, { kind: 'backuprestore', name: 'back', namespace: world.namespace }, reason);
  const suspended = async (world: VolumeWorld) => (await world.find<CronJob>('cronjobs', CRON_JOB))?.spec?.suspend;

  /** A running module with a CronJob. */
  async function backedUpModule(world: VolumeWorld): Promise<void> {
    await kube.apply(backupSchedule('nightly', world.namespace), botModule(MODULE, world.namespace, backedUp));
    await world.untilReplicas(1);
    await eventually(async () => (await suspended(world)) === false, { what: 'a CronJob' });
  }

  async function runsToItsEnd(world: VolumeWorld): Promise<void> {
    await endPodOf(kube, { namespace: world.namespace, name: 'back-restore' }, restored);
    await ready(world, 'Succeeded');
    await world.untilReplicas(1);
    await eventually(async () => (await suspended(world)) === false, { what: 'the CronJob to be resumed' });
    await eventually(async () => (await world.restore('back'))?.metadata.finalizers === undefined, { what: 'the finalizer to be removed' });
  }

  it('from another store proceeds while the store of the schedule is down', async () => {
    const world = await VolumeWorld.make(kube, s3);
    await using operator = await start(world);
    await backedUpModule(world);
    await kube.apply(...s3Store('other', world.namespace, s3));
    await world.patch('s3store', 'store', { spec: { bucket: 'gone' } });
    await untilReady(kube, { kind: 's3store', name: 'store', namespace: world.namespace }, 'ConnectionFailed');
    await kube.apply(backupRestore('back', world.namespace, MODULE, { s3Store: { name: 'other' } }));
    await world.podOf('back-restore');
    expect(await suspended(world)).toBe(true);
    await runsToItsEnd(world);
    expect(operator.warnings.filter((line) => line.includes('backuprestore'))).toEqual([]);
  });

  it('proceeds while the schedule is paused', async () => {
    const world = await VolumeWorld.make(kube, s3);
    await using operator = await start(world);
    await backedUpModule(world);
    await world.patch('backupschedule', 'nightly', { metadata: { annotations: { 'eevee.bot/paused': 'true' } } });
    await kube.apply(backupRestore('back', world.namespace, MODULE));
    await world.podOf('back-restore');
    expect(await suspended(world)).toBe(true);
    await runsToItsEnd(world);
    expect(operator.warnings).toEqual([]);
  });

  it('waits for a running backup before it stops the module', async () => {
    const world = await VolumeWorld.make(kube, s3);
    await using operator = await start(world);
    await backedUpModule(world);
    await kube.kubectl(['create', 'job', 'under-way', `--from=cronjob/${CRON_JOB}`, '-n', world.namespace]);
    await eventually(async () => (await world.list('pods')).length > 1, { what: 'the pod of the backup' });
    await kube.apply(backupRestore('back', world.namespace, MODULE));
    const { message } = await eventually(async () => {
      const condition = await ready(world, 'Pending');
      return condition.message.includes('under-way') && condition;
    });
    expect(message).toBe('Job under-way has not finished: the restore starts after it; delete the Job to start now');
    await world.settled(operator, '1');
    expect(await world.mayWrite()).toBe(true);
    expect(await suspended(world)).toBe(false);
    await world.remove('job', 'under-way');
    await world.podOf('back-restore');
    await runsToItsEnd(world);
  });

  it('leaves the module running if its Job would be refused, and reports why', async () => {
    const world = await VolumeWorld.make(kube, s3);
    await using operator = await start(world);
    await backedUpModule(world);
    await kube.kubectl(['create', 'quota', 'none', '--hard=count/jobs.batch=0', '-n', world.namespace]);
    await kube.apply(backupRestore('back', world.namespace, MODULE));
    const refused = await eventually(async () => {
      const condition = await ready(world, 'Pending');
      return condition.message.includes('exceeded quota: none') && condition;
    });
    expect(refused.message).toContain('the API server rejects the change; retrying: ');
    await eventually(async () => (await kube.kubectl(['get', 'events', '-n', world.namespace])).includes('Refused'), { what: 'an event' });
    expect(await world.mayWrite()).toBe(true);
    expect(operator.warnings.join()).toContain('exceeded quota: none');
    await kube.kubectl(['delete', 'quota', 'none', '-n', world.namespace]);
    await world.podOf('back-restore');
    await runsToItsEnd(world);
  });

  it('starts the module again when the volume does not become free in time', async () => {
    const world = await VolumeWorld.make(kube, s3);
    await using operator = await start(world);
    await backedUpModule(world);
    await kube.apply(userOfVolume(world), backupRestore('back', world.namespace, MODULE, { stopTimeoutSeconds: 3 }));
    await world.untilReplicas(0);
    const { message } = await ready(world, 'Failed');
    expect(message).toBe(
      'the volume did not become free within 3 s (spec.stopTimeoutSeconds): pod debugging still uses the volume; nothing was restored, and the module is scaled up again',
    );
    await world.untilReplicas(1);
    await eventually(async () => (await suspended(world)) === false, { what: 'the CronJob to be resumed' });
    expect(await world.job('back-restore')).toBeUndefined();
    expect(operator.warnings).toEqual([]);
  });

  it('is not given up when the clock is set forward while it waits for the volume', async () => {
    const world = await VolumeWorld.make(kube, s3);
    let setForwardMs = 0;
    const clock: Clock = { ...systemClock, now: () => new Date(Date.now() + setForwardMs) };
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace: world.namespace, clock });
    await backedUpModule(world);
    await kube.apply(userOfVolume(world), backupRestore('back', world.namespace, MODULE));
    await world.untilReplicas(0);
    await eventually(async () => (await ready(world, 'WaitingForModuleToStop')).message.includes('pod debugging still uses'), {
      what: 'the restore to wait for the pod',
    });
    await world.settled(operator, '1');
    setForwardMs = 86_400_000;
    await world.settled(operator, '2');
    await ready(world, 'WaitingForModuleToStop');
    await world.remove('pod', 'debugging');
    await world.podOf('back-restore');
    await runsToItsEnd(world);
    expect(operator.warnings).toEqual([]);
  });

  it('restores the replicas of a module that waits for its IpcConfig', async () => {
    const world = await VolumeWorld.make(kube, s3);
    await using operator = await start(world);
    await kube.apply(ipcConfig('net', world.namespace), botModule(MODULE, world.namespace, { ...volume, ipcConfig: 'net' }));
    await world.untilReplicas(1);
    await world.remove('ipcconfig', 'net');
    await untilReady(kube, { kind: 'botmodule', name: MODULE, namespace: world.namespace }, 'Pending');
    await kube.apply(backupRestore('back', world.namespace, MODULE));
    await world.podOf('back-restore');
    expect(await world.mayWrite()).toBe(false);
    await endPodOf(kube, { namespace: world.namespace, name: 'back-restore' }, restored);
    await ready(world, 'Succeeded');
    await world.untilReplicas(1);
    expect(operator.warnings).toEqual([]);
  });

  it('is not released before the Deployment controller has observed the scale-down', async () => {
    const world = await VolumeWorld.make(kube, s3);
    await using operator = await start(world);
    await kube.apply(botModule(MODULE, world.namespace, volume));
    await world.untilReplicas(1);
    await eventually(async () => (await world.deployment())?.status?.observedGeneration !== undefined);
    await kube.stopControllerManager();
    try {
      // No pods, but a controller that would still create them.
      await kube.kubectl(['delete', 'pods', '--all', '-n', world.namespace, '--force', '--grace-period=0']);
      await world.patch(
        'deployment',
        DEPLOYMENT,
        { status: { replicas: 0, updatedReplicas: 0, unavailableReplicas: 0 } },
        '--subresource=status',
      );
      await kube.apply(backupRestore('back', world.namespace, MODULE));
      const { message } = await ready(world, 'WaitingForModuleToStop');
      await world.untilReplicas(0);
      await world.settled(operator, '1');
      expect(message).not.toBe('');
      expect(await world.job('back-restore')).toBeUndefined();
      expect((await ready(world, 'WaitingForModuleToStop')).message).toBe(`BotModule ${MODULE} is being scaled to 0`);
    } finally {
      await kube.startControllerManager();
    }
    await world.podOf('back-restore');
  });

  it('searches for its backup again when its spec changes to another store while it waits', async () => {
    const world = await VolumeWorld.make(kube, s3);
    await using operator = await start(world);
    await backedUpModule(world);
    await kube.apply(...s3Store('empty', world.namespace, s3, { prefix: 'nothing-here' }));
    await world.hold('deployment', DEPLOYMENT);
    const pods = await world.list<{ metadata: { name: string } }>('pods');
    for (const { metadata } of pods) await world.hold('pod', metadata.name);
    await kube.apply(backupRestore('back', world.namespace, MODULE));
    await ready(world, 'WaitingForModuleToStop');
    expect((await world.restore('back'))?.status?.backupId).toBe(BACKUP_ID);
    await world.patch('backuprestore', 'back', { spec: { s3Store: { name: 'empty' } } });
    await ready(world, 'NoBackupsFound');
    expect((await world.restore('back'))?.status?.backupId).toBeUndefined();
    for (const { metadata } of pods) await world.letGo('pod', metadata.name);
    await world.letGo('deployment', DEPLOYMENT);
    await world.untilReplicas(1);
    expect(operator.warnings).toEqual([]);
  });

  it('of another module, which its spec names since its Job was created without an answer, never runs the Job of the first', async () => {
    const world = await VolumeWorld.make(kube, s3);
    const { namespace } = world;
    await using proxy = await ApiServerProxy.before(kube.kubeconfig);
    const first = await startOperator({ kubeconfig: kube.kubeconfig, namespace, server: proxy.url });
    await kube.apply(botModule(MODULE, namespace, volume), botModule('other', namespace, volume));
    await world.untilReplicas(1);
    storeArchive(s3, { namespace, module: 'other', id: OTHER_BACKUP_ID });
    const created = Promise.withResolvers<void>();
    proxy.answered = ({ method, url }) => {
      const isCreated = method === 'POST' && url.includes('/jobs') && !url.includes('dryRun');
      if (isCreated) created.resolve();
      return !isCreated;
    };
    await kube.apply(backupRestore('back', namespace, MODULE));
    await created.promise;
    await first.stop();
    const former = await eventually(() => world.job('back-restore'));
    expect([former.spec?.suspend, (await world.restore('back'))?.status?.jobName]).toEqual([true, undefined]);

    await world.patch('backuprestore', 'back', { spec: { botModule: { name: 'other' } } });
    await using second = await start(world);
    const pod = await world.podOf('back-restore');
    expect(pod.metadata.labels?.['eevee.bot/module']).toBe('other');
    expect((await world.job('back-restore'))?.metadata.uid).not.toBe(former.metadata.uid);
    await world.untilReplicas(1);
    await endPodOf(kube, { namespace, name: 'back-restore' }, { ...restored, message: { id: OTHER_BACKUP_ID, key: 'k', files: 1 } });
    await ready(world, 'Succeeded');
    expect((await world.restore('back'))?.status).toMatchObject({ backupId: OTHER_BACKUP_ID });
    expect(second.warnings).toEqual([]);
  });

  it('searches for a backup of the module that its spec names since it waits for the volume of another', async () => {
    const world = await VolumeWorld.make(kube, s3);
    const { namespace } = world;
    await using operator = await start(world);
    await backedUpModule(world);
    await kube.apply(botModule('other', namespace, volume), userOfVolume(world), backupRestore('back', namespace, MODULE));
    storeArchive(s3, { namespace, module: 'other', id: OTHER_BACKUP_ID });
    await ready(world, 'WaitingForModuleToStop');
    await world.untilReplicas(0);
    await world.patch('backuprestore', 'back', { spec: { botModule: { name: 'other' } } });
    expect((await world.podOf('back-restore')).metadata.labels?.['eevee.bot/module']).toBe('other');
    expect((await world.restore('back'))?.status).toMatchObject({ backupId: OTHER_BACKUP_ID });
    await world.untilReplicas(1);
    await eventually(async () => (await suspended(world)) === false, { what: 'the CronJob to be resumed' });
    expect(operator.warnings).toEqual([]);
  });
});
