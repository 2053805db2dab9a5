import { type ControlPlane, eventually, type S3Server } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { beforeAll, describe, expect, it } from 'vitest';
import { readyOf } from '../src/controller/objects/status.ts';
import type { Pod } from '../src/resource-types/kubernetes.ts';
import { endPodOf } from './ended-pod.ts';
import { startOperator } from './running-operator.ts';
import { BACKUP_ID, BOOTSTRAP_JOB, MODULE, SILENT_NODE, VolumeWorld } from './volume-world.ts';
import { backupRestore, botModule, untilReady } from './world.ts';

const volume = { persistentVolumeClaim: {} };
const restored = { exitCode: 0, message: { id: BACKUP_ID, key: 'k', files: 1 } };

describe('a restore', () => {
  const servers = useWorld({ s3: true });
  let kube: ControlPlane;
  let s3: S3Server;

  beforeAll(() => {
    ({ kube, s3 } = servers);
  });

  const start = (world: VolumeWorld) => startOperator({ kubeconfig: kube.kubeconfig, namespace: world.namespace });

  /** Evicts a pod, as a drained node does. */
  async function evict(world: VolumeWorld, pod: string): Promise<void> {
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod, namespace: world.namespace } };
    await kube.kubectl(['create', '--raw', `/api/v1/namespaces/${world.namespace}/pods/${pod}/eviction`, '-f', '-'], {
      input: JSON.stringify(eviction),
    });
    await eventually(async () => (await world.find<Pod>('pods', pod))?.metadata.deletionTimestamp, { what: 'the pod to be evicted' });
  }

  /** Ends a deleted pod, as the kubelet does: before that, its Job creates no other one. */
  async function end(world: VolumeWorld, pod: string): Promise<void> {
    await world.patch('pod', pod, { status: { phase: 'Failed' } }, '--subresource=status');
    await world.letGo('pod', pod);
  }

  it.each([
    ['waits for something', { ipcConfig: 'missing' }, 'Pending'],
    ['is invalid', { moduleConfig: 'a: [' }, 'InvalidSpec'],
  ])(
    'keeps its module stopped when the spec loses the volume and %s: the pods would still be those of the former spec',
    async (_, change, reason) => {
      const world = await VolumeWorld.make(kube, s3);
      await using operator = await start(world);
      const pod = await world.runningRestore();
      await world.patch('botmodule', MODULE, { spec: { persistentVolumeClaim: null, ...change } });
      const held = 'BackupRestore back restores the volume: the module starts after it';
      await untilReady(kube, { kind: 'botmodule', name: MODULE, namespace: world.namespace }, reason, `; ${held}`);
      await world.settled(operator, '1');
      expect(await world.mayWrite()).toBe(false);
      await endPodOf(kube, { namespace: world.namespace, name: 'back-restore' }, restored);
      await world.letGo('pod', pod);
      await world.untilReplicas(1);
      expect(operator.warnings).toEqual([]);
    },
  );

  it('whose pod is evicted keeps the volume, and continues in another pod once the first has ended', async () => {
    const world = await VolumeWorld.make(kube, s3);
    await using operator = await start(world);
    const pod = await world.runningRestore();
    await evict(world, pod);
    await world.settled(operator, '1');
    expect(await world.mayWrite()).toBe(false);
    await end(world, pod);
    const second = await eventually(async () => (await world.restorePods()).find(({ metadata }) => metadata.name !== pod), {
      what: 'another pod',
    });
    await world.settled(operator, '2');
    expect(await world.mayWrite()).toBe(false);
    expect((await endPodOf(kube, { namespace: world.namespace, name: 'back-restore' }, restored)).metadata.name).toBe(second.metadata.name);
    await untilReady(kube, { kind: 'backuprestore', name: 'back', namespace: world.namespace }, 'Succeeded');
    await world.untilReplicas(1);
    expect(operator.warnings).toEqual([]);
  });

  it('into a new volume whose pod is evicted continues in another pod before the module starts', async () => {
    const world = await VolumeWorld.make(kube, s3);
    await using operator = await start(world);
    await kube.apply(botModule(MODULE, world.namespace, { ...volume, bootstrapFromBackup: { s3Store: { name: 'store' } } }));
    const pod = (await world.podOf(BOOTSTRAP_JOB)).metadata.name;
    await world.hold('pod', pod);
    await evict(world, pod);
    await end(world, pod);
    await eventually(async () => (await world.restorePods()).some(({ metadata }) => metadata.name !== pod), { what: 'another pod' });
    await world.settled(operator, '1');
    expect(await world.deployment()).toBeUndefined();
    await endPodOf(kube, { namespace: world.namespace, name: BOOTSTRAP_JOB }, restored);
    await world.untilReplicas(1);
    expect(operator.warnings).toEqual([]);
  });

  it('waits for a pod of the module on a lost node, reports what frees the volume, and then restores', async () => {
    const world = await VolumeWorld.make(kube, s3);
    await using operator = await start(world);
    await kube.apply(botModule(MODULE, world.namespace, volume));
    await world.untilReplicas(1);
    const pod = await eventually(async () => (await world.list<Pod>('pods'))[0]?.metadata.name, { what: 'a pod of the module' });
    await world.runOnLostNode(pod);
    await kube.apply(backupRestore('back', world.namespace, MODULE));
    const lost = `it is being deleted, but its node ${SILENT_NODE} does not respond; if the machine is off, delete Node ${SILENT_NODE}, so that Kubernetes removes the pod`;
    const message = async () => readyOf((await world.restore('back'))?.status)?.message;
    await eventually(async () => (await message()) === `pod ${pod} still uses the volume: ${lost}`, { what: 'the cause' });
    await world.settled(operator, '1');
    expect(await world.job('back-restore')).toBeUndefined();
    // In place of Kubernetes, a minute after the Node was deleted.
    await kube.kubectl(['delete', 'pod', pod, '-n', world.namespace, '--force', '--grace-period=0']);
    const restoring = (await world.podOf('back-restore')).metadata.name;

    await world.runOnLostNode(restoring);
    await world.remove('pod', restoring);
    const stuck = `pod ${restoring}: ${lost.replace('it ', '')}`;
    await eventually(async () => (await message()) === stuck, { what: 'the cause in the status of the restore' });
    const module = await untilReady(kube, { kind: 'botmodule', name: MODULE, namespace: world.namespace }, 'Updating');
    expect(module.message).toContain(stuck);
    await world.remove('backuprestore', 'back');
    await eventually(async () => (await message())?.endsWith(`of the deleted restore has not ended: ${lost}`), { what: 'the cause' });
    expect(await world.mayWrite()).toBe(false);
    await kube.kubectl(['delete', 'pod', restoring, '-n', world.namespace, '--force', '--grace-period=0']);
    await world.gone('backuprestore', 'back');
    await world.untilReplicas(1);
    expect(operator.warnings).toEqual([]);
  });

  it('that is deleted without an operator is removed by the next one when its pod has ended', async () => {
    const world = await VolumeWorld.make(kube, s3);
    const first = await start(world);
    const pod = await world.runningRestore();
    await first.stop();
    await world.remove('backuprestore', 'back');
    await eventually(async () => (await world.restore('back'))?.metadata.deletionTimestamp, { what: 'the restore to be deleted' });
    await using second = await start(world);
    await eventually(async () => (await world.find<Pod>('pods', pod))?.metadata.deletionTimestamp, { what: 'the pod to be deleted' });
    await world.settled(second, '1');
    expect(await world.mayWrite()).toBe(false);
    await world.letGo('pod', pod);
    await world.gone('backuprestore', 'back');
    await world.untilReplicas(1);
  });

  it('that is deleted without an operator is removed by the commands of the documentation', async () => {
    const world = await VolumeWorld.make(kube, s3);
    const operator = await start(world);
    const pod = await world.runningRestore();
    await operator.stop();
    await world.remove('backuprestore', 'back');
    const names = await kube.kubectl(['get', 'pods', '-n', world.namespace, '-l', 'eevee.bot/backup-restore=back', '-o', 'name']);
    expect(names.trim()).toBe(`pod/${pod}`);
    await world.patch('backuprestore', 'back', { metadata: { finalizers: null } });
    await world.gone('backuprestore', 'back');
    await world.letGo('pod', pod);
  });
});
