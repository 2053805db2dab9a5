import { useWorld } from '@eeveebot/testing/world';
import { type ControlPlane, eventually, type S3Server } from '@eeveebot/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { readyOf } from '../src/controller/objects/status.ts';
import { endPodOf } from './ended-pod.ts';
import { startOperator } from './running-operator.ts';
import { SlowStore } from './slow-store.ts';
import { BACKUP_ID, BOOTSTRAP_JOB, CLAIM, DEPLOYMENT, MODULE, SILENT_NODE, VolumeWorld } from './volume-world.ts';
import { backupRestore, botModule, s3Store, untilReady } from './world.ts';

const volume = { persistentVolumeClaim: {} };
const bootstrap = { ...volume, bootstrapFromBackup: { s3Store: { name: 'store' } } };
const restored = { exitCode: 0, message: { id: BACKUP_ID, key: 'k', files: 1 } };

describe('volume', () => {
  const servers = useWorld({ s3: true });
  let kube: ControlPlane;
  let s3: S3Server;

  beforeAll(() => {
    ({ kube, s3 } = servers);
  });

  const start = (world: VolumeWorld) => startOperator({ kubeconfig: kube.kubeconfig, namespace: world.namespace });

  /** A restore of a running module whose Job has a pod that stays Terminating when it is deleted. */
  async function runningRestore(world: VolumeWorld): Promise<string> {
    const pod = await world.runningRestore();
    expect(await world.mayWrite()).toBe(false);
    return pod;
  }

  /** A bootstrap whose Job has a pod that stays Terminating when it is deleted. */
  async function runningBootstrap(world: VolumeWorld): Promise<string> {
    await kube.apply(botModule(MODULE, world.namespace, bootstrap));
    const { metadata } = await world.podOf(BOOTSTRAP_JOB);
    await world.hold('pod', metadata.name);
    return metadata.name;
  }

  it('has one writer when a BackupRestore is deleted while it runs', async () => {
    const world = await VolumeWorld.make(kube, s3);
    await using operator = await start(world);
    const pod = await runningRestore(world);
    await world.remove('backuprestore', 'back');
    await eventually(
      async () => (await world.find<{ metadata: { name: string; deletionTimestamp?: string } }>('pods', pod))?.metadata.deletionTimestamp,
    );
    await world.settled(operator, '1');
    expect(await world.mayWrite()).toBe(false);
    expect((await world.restore('back'))?.metadata.finalizers).toEqual(['eevee.bot/restore']);
    await world.letGo('pod', pod);
    await world.gone('backuprestore', 'back');
    await world.untilReplicas(1);
    expect(operator.warnings).toEqual([]);
  });

  it('has one writer when the Job of a BackupRestore is deleted while it runs', async () => {
    const world = await VolumeWorld.make(kube, s3);
    await using operator = await start(world);
    const pod = await runningRestore(world);
    await world.remove('job', 'back-restore');
    await untilReady(kube, { kind: 'backuprestore', name: 'back', namespace: world.namespace }, 'Failed');
    await world.settled(operator, '1');
    expect(await world.mayWrite()).toBe(false);
    const state = `pod ${pod} is being deleted on node ${SILENT_NODE} (finalizers: test.example/hold)`;
    await eventually(async () => {
      const { message } = await untilReady(kube, { kind: 'botmodule', name: MODULE, namespace: world.namespace }, 'Updating');
      return message === `stopped while pod ${pod} restores its volume, which makes no progress: ${state}`;
    });
    await eventually(async () => (await world.eventMessages('BotModule')).includes(state), { what: 'an event' });
    await world.letGo('pod', pod);
    await world.untilReplicas(1);
  });

  it('has one writer when the pod of a restore does not end after its deadline, and the statuses name it', async () => {
    const world = await VolumeWorld.make(kube, s3);
    await using operator = await start(world);
    const pod = await runningRestore(world);
    await world.patch('job', 'back-restore', { spec: { activeDeadlineSeconds: 1 } });
    const state = `Job back-restore stopped after 1 s (activeDeadlineSeconds), but pod ${pod} is being deleted on node ${SILENT_NODE} (finalizers: test.example/hold)`;
    const message = async () => readyOf((await world.restore('back'))?.status)?.message;
    await eventually(async () => (await message()) === state, { what: 'the cause in the status of the restore' });
    const module = await eventually(async () => {
      const ready = await untilReady(kube, { kind: 'botmodule', name: MODULE, namespace: world.namespace }, 'Updating');
      return ready.message.includes(state) && ready;
    });
    expect(module.message).toBe(`stopped while BackupRestore back restores its volume, which makes no progress: ${state}`);
    await eventually(async () => (await world.eventMessages('BackupRestore')).includes(state), { what: 'an event' });
    await world.settled(operator, '1');
    expect(await world.mayWrite()).toBe(false);
    await world.letGo('pod', pod);
    await untilReady(kube, { kind: 'backuprestore', name: 'back', namespace: world.namespace }, 'Failed');
    await world.untilReplicas(1);
  });

  it('has one writer when bootstrapFromBackup is removed during the bootstrap', async () => {
    const world = await VolumeWorld.make(kube, s3);
    await using operator = await start(world);
    const pod = await runningBootstrap(world);
    await world.patch('botmodule', MODULE, { spec: { bootstrapFromBackup: null } });
    await untilReady(kube, { kind: 'botmodule', name: MODULE, namespace: world.namespace }, 'Pending');
    await world.settled(operator, '1');
    expect(await world.deployment()).toBeUndefined();
    await world.letGo('pod', pod);
    await endPodOf(kube, { namespace: world.namespace, name: BOOTSTRAP_JOB }, restored);
    await world.untilReplicas(1);
  });

  it('has one writer when the Job of a bootstrap is deleted while it runs', async () => {
    const world = await VolumeWorld.make(kube, s3);
    await using operator = await start(world);
    const pod = await runningBootstrap(world);
    await world.remove('job', BOOTSTRAP_JOB);
    await world.gone('job', BOOTSTRAP_JOB);
    const message = `pod ${pod} still restores the volume: pod ${pod} is being deleted on node ${SILENT_NODE} (finalizers: test.example/hold)`;
    await eventually(async () => {
      const ready = await untilReady(kube, { kind: 'botmodule', name: MODULE, namespace: world.namespace }, 'Pending');
      return ready.message === message;
    });
    await world.settled(operator, '1');
    expect(await world.job(BOOTSTRAP_JOB)).toBeUndefined();
    await world.letGo('pod', pod);
    await eventually(() => world.job(BOOTSTRAP_JOB), { what: 'the bootstrap to start again' });
  });

  it('has one writer when the module is deleted and recreated during the bootstrap', async () => {
    const world = await VolumeWorld.make(kube, s3);
    await using operator = await start(world);
    const pod = await runningBootstrap(world);
    const former = (await world.job(BOOTSTRAP_JOB))?.metadata.uid;
    // The garbage collector is late: the Job of the former module still exists and runs.
    await kube.stopControllerManager();
    try {
      await world.remove('botmodule', MODULE);
      await world.gone('botmodule', MODULE);
      await kube.apply(botModule(MODULE, world.namespace, bootstrap));
      const { message } = await untilReady(kube, { kind: 'botmodule', name: MODULE, namespace: world.namespace }, 'Pending');
      expect(message).toBe(`Job ${BOOTSTRAP_JOB} of a deleted BotModule of this name is being removed`);
      await world.settled(operator, '1');
    } finally {
      await kube.startControllerManager();
    }
    await eventually(async () => (await world.job(BOOTSTRAP_JOB)) === undefined, { what: 'the former Job to go', timeoutMs: 100_000 });
    await world.settled(operator, '2');
    expect(await world.job(BOOTSTRAP_JOB)).toBeUndefined();
    expect(await world.deployment()).toBeUndefined();
    await world.letGo('pod', pod);
    const next = await eventually(() => world.job(BOOTSTRAP_JOB), { what: 'a Job of the new module' });
    expect(next.metadata.uid).not.toBe(former);
  });

  it('has one writer when a restore is created while a bootstrap waits for its store', async () => {
    const world = await VolumeWorld.make(kube, s3);
    await using slow = await SlowStore.before(s3.port, (url) => url.includes(MODULE));
    await kube.apply(...s3Store('slow', world.namespace, { endpoint: slow.endpoint, credentials: s3.credentials }));
    await using operator = await start(world);
    await kube.apply(botModule(MODULE, world.namespace, { ...volume, bootstrapFromBackup: { s3Store: { name: 'slow' } } }));
    await slow.asked();
    await kube.apply(backupRestore('back', world.namespace, MODULE));
    const { metadata } = await world.podOf('back-restore');
    slow.pass();
    await world.settled(operator, '1');
    expect((await world.restorePods()).map((pod) => pod.metadata.name)).toEqual([metadata.name]);
    await endPodOf(kube, { namespace: world.namespace, name: 'back-restore' }, restored);
    await world.untilReplicas(1);
    expect(await world.job(BOOTSTRAP_JOB)).toBeUndefined();
  });

  it('in deletion is awaited, and the next one is restored before the module starts', async () => {
    const world = await VolumeWorld.make(kube, s3);
    await using operator = await start(world);
    await kube.apply(botModule(MODULE, world.namespace, bootstrap));
    await endPodOf(kube, { namespace: world.namespace, name: BOOTSTRAP_JOB }, restored);
    await world.untilReplicas(1);
    await eventually(async () => {
      const claim = await world.claim();
      return claim?.metadata.annotations?.['eevee.bot/bootstrapped-claim'] === claim?.metadata.uid;
    });
    await world.hold('pvc', CLAIM);
    await world.remove('pvc', CLAIM);
    await world.remove('botmodule', MODULE);
    await world.gone('deployment', DEPLOYMENT);
    await kube.apply(botModule(MODULE, world.namespace, bootstrap));
    const { message } = await eventually(async () => {
      const condition = await untilReady(kube, { kind: 'botmodule', name: MODULE, namespace: world.namespace }, 'Pending');
      return condition.message.startsWith('volume claim') && condition;
    });
    expect(message).toBe(`volume claim ${CLAIM} is being deleted (finalizers: test.example/hold)`);
    await world.settled(operator, '1');
    expect(await world.deployment()).toBeUndefined();
    const former = (await world.claim())?.metadata.uid;
    await world.letGo('pvc', CLAIM);
    await world.podOf(BOOTSTRAP_JOB);
    const claim = await world.claim();
    expect(claim?.metadata.uid).not.toBe(former);
    expect(claim?.metadata.annotations).not.toHaveProperty(['eevee.bot/bootstrapped']);
    expect(await world.deployment()).toBeUndefined();
    await endPodOf(kube, { namespace: world.namespace, name: BOOTSTRAP_JOB }, restored);
    await world.untilReplicas(1);
  });

  it('recreated from a manifest with the mark of its predecessor is restored', async () => {
    const world = await VolumeWorld.make(kube, s3);
    await kube.apply({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {
        name: CLAIM,
        namespace: world.namespace,
        annotations: { 'eevee.bot/bootstrapped': 'true', 'eevee.bot/bootstrapped-claim': 'another' },
      },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
    await using operator = await start(world);
    await kube.apply(botModule(MODULE, world.namespace, bootstrap));
    await world.podOf(BOOTSTRAP_JOB);
    expect(await world.deployment()).toBeUndefined();
    expect(operator.warnings).toEqual([]);
  });

  it('recreated from a manifest beside the Deployment of its module is restored before the module runs', async () => {
    const world = await VolumeWorld.make(kube, s3);
    const first = await start(world);
    await kube.apply(botModule(MODULE, world.namespace, bootstrap));
    await endPodOf(kube, { namespace: world.namespace, name: BOOTSTRAP_JOB }, restored);
    await world.untilReplicas(1);
    await world.patch('botmodule', MODULE, { spec: { size: 0 } });
    await world.untilReplicas(0);
    const { metadata } = await eventually(async () => {
      const claim = await world.claim();
      return claim?.metadata.annotations?.['eevee.bot/bootstrapped-claim'] === claim?.metadata.uid && claim;
    });
    // The claim is never missing in the sight of an operator.
    await first.stop();
    await world.remove('pvc', CLAIM);
    await world.gone('pvc', CLAIM);
    const { name, namespace, labels, annotations } = metadata;
    await kube.apply({
      ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name, namespace, labels, annotations } },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
    await using second = await start(world);
    await world.patch('botmodule', MODULE, { spec: { size: 1 } });
    await world.podOf(BOOTSTRAP_JOB);
    expect(await world.deployment()).toBeUndefined();
    await endPodOf(kube, { namespace: world.namespace, name: BOOTSTRAP_JOB }, restored);
    await world.untilReplicas(1);
    expect(second.warnings).toEqual([]);
  });

  it('is restored before the module runs again if its claim is deleted under the running module', async () => {
    const world = await VolumeWorld.make(kube, s3);
    await using operator = await start(world);
    await kube.apply(botModule(MODULE, world.namespace, bootstrap));
    await endPodOf(kube, { namespace: world.namespace, name: BOOTSTRAP_JOB }, restored);
    await world.untilReplicas(1);
    await world.hold('pvc', CLAIM);
    await world.remove('pvc', CLAIM);
    await untilReady(kube, { kind: 'botmodule', name: MODULE, namespace: world.namespace }, 'Pending');
    expect((await world.deployment())?.spec?.replicas).toBe(1);
    await world.patch('botmodule', MODULE, { spec: { size: 0 } });
    await world.untilReplicas(0);
    await world.patch('botmodule', MODULE, { spec: { size: 1 } });
    await world.settled(operator, '1');
    expect((await world.deployment())?.spec?.replicas).toBe(0);
    await world.letGo('pvc', CLAIM);
    await world.podOf(BOOTSTRAP_JOB);
    expect(await world.deployment()).toBeUndefined();
    await endPodOf(kube, { namespace: world.namespace, name: BOOTSTRAP_JOB }, restored);
    await world.untilReplicas(1);
  });

  it('keeps its mark when a restore of a disabled module fails, and is not bootstrapped over', async () => {
    const world = await VolumeWorld.make(kube, s3);
    await using operator = await start(world);
    const { namespace } = world;
    await kube.apply(botModule(MODULE, namespace, volume));
    await world.untilReplicas(1);
    await world.patch('botmodule', MODULE, { spec: { ...bootstrap, enabled: false } });
    await world.gone('deployment', DEPLOYMENT);
    await kube.apply(backupRestore('back', namespace, MODULE));
    await world.settled(operator, '1');
    const marked = async () => (await world.claim())?.metadata.annotations?.['eevee.bot/bootstrapped'];
    await world.podOf('back-restore');
    expect(await marked()).toBe('true');
    expect(await operator.metric('eevee_backuprestore_failed', { namespace, name: 'back' })).toBe(0);
    await endPodOf(kube, { namespace, name: 'back-restore' }, { exitCode: 65, message: { error: 'cut short' } });
    const failed = () => operator.metric('eevee_backuprestore_failed', { namespace, name: 'back' });
    await untilReady(kube, { kind: 'backuprestore', name: 'back', namespace }, 'Failed');
    await eventually(async () => (await failed()) === 1);
    await world.patch('botmodule', MODULE, { spec: { enabled: true } });
    await world.untilReplicas(1);
    expect(await world.job(BOOTSTRAP_JOB)).toBeUndefined();
    expect(await marked()).toBe('true');
    // Deleting the restore ends the alert.
    await world.remove('backuprestore', 'back');
    await eventually(async () => Number.isNaN(await failed()));
  });
});
