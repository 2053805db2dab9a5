import { type ControlPlane, eventually, type S3Server } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Pod } from '../src/resource-types/kubernetes.ts';
import { endPodOf } from './ended-pod.ts';
import { startOperator } from './running-operator.ts';
import { BACKUP_ID, BOOTSTRAP_JOB, MODULE, VolumeWorld } from './volume-world.ts';
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

  /** A restore of a running module. @returns the name of its pod, which stays Terminating when it is deleted. */
  async function runningRestore(world: VolumeWorld): Promise<string> {
    await kube.apply(botModule(MODULE, world.namespace, volume));
    await world.untilReplicas(1);
    await kube.apply(backupRestore('back', world.namespace, MODULE));
    const { metadata } = await world.podOf('back-restore');
    await world.hold('pod', metadata.name);
    return metadata.name;
  }

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

  it('whose pod is evicted keeps the volume, and continues in another pod once the first has ended', async () => {
    const world = await VolumeWorld.make(kube, s3);
    await using operator = await start(world);
    const pod = await runningRestore(world);
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

  it('that is deleted without an operator is removed by the next one when its pod has ended', async () => {
    const world = await VolumeWorld.make(kube, s3);
    const first = await start(world);
    const pod = await runningRestore(world);
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
    const pod = await runningRestore(world);
    await operator.stop();
    await world.remove('backuprestore', 'back');
    const names = await kube.kubectl(['get', 'pods', '-n', world.namespace, '-l', 'eevee.bot/backup-restore=back', '-o', 'name']);
    expect(names.trim()).toBe(`pod/${pod}`);
    await world.patch('backuprestore', 'back', { metadata: { finalizers: null } });
    await world.gone('backuprestore', 'back');
    await world.letGo('pod', pod);
  });
});
