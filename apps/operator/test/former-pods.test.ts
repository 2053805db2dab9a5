import { type ControlPlane, eventually, type S3Server } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { beforeAll, describe, expect, it } from 'vitest';
import { startOperator } from './running-operator.ts';
import { DEPLOYMENT, MODULE, SILENT_NODE, VolumeWorld } from './volume-world.ts';
import { botModule, untilReady } from './world.ts';

const volume = { persistentVolumeClaim: {} };
const files = {
  volumes: [{ name: 'files', persistentVolumeClaim: { claimName: 'files' } }],
  volumeMounts: [{ name: 'files', mountPath: '/files' }],
};

describe('volume', () => {
  const servers = useWorld({ s3: true });
  let kube: ControlPlane;
  let s3: S3Server;

  beforeAll(() => {
    ({ kube, s3 } = servers);
  });

  const start = (world: VolumeWorld) => startOperator({ kubeconfig: kube.kubeconfig, namespace: world.namespace });

  it.each<[string, (world: VolumeWorld) => Promise<unknown>]>([
    [
      'is disabled and enabled again',
      async (world) => {
        await world.patch('botmodule', MODULE, { spec: { enabled: false } });
        await world.gone('deployment', DEPLOYMENT);
        await world.patch('botmodule', MODULE, { spec: { enabled: true } });
      },
    ],
    [
      'is stopped and started again',
      async (world) => {
        await world.patch('botmodule', MODULE, { spec: { size: 0 } });
        await world.untilReplicas(0);
        await world.patch('botmodule', MODULE, { spec: { size: 1 } });
      },
    ],
    [
      'is deleted and created again',
      async (world) => {
        await world.remove('botmodule', MODULE);
        await world.gone('botmodule', MODULE);
        await kube.apply(botModule(MODULE, world.namespace, volume));
      },
    ],
    ['loses its Deployment', (world) => world.remove('deployment', DEPLOYMENT)],
    [
      'is changed, and the change is undone,',
      async (world) => {
        await world.changeUntilPodEnds({ image: 'eevee/echo:2' });
        await world.patch('botmodule', MODULE, { spec: { image: 'eevee/echo:1' } });
      },
    ],
    [
      'is changed, and the change is undone at once,',
      async (world) => {
        const image = async () => (await world.deployment())?.spec?.template.spec?.containers[0]?.image;
        await world.patch('botmodule', MODULE, { spec: { image: 'eevee/echo:2' } });
        await eventually(async () => (await image()) === 'eevee/echo:2', { what: 'the change', intervalMs: 5 });
        await world.patch('botmodule', MODULE, { spec: { image: 'eevee/echo:1' } });
      },
    ],
  ])('has one writer when its module %s while a former pod still runs', (_, change) => expectOneWriter(volume, change));

  it('has one writer as well if it is one of spec.volumes', () =>
    expectOneWriter(files, async (world) => {
      await world.patch('botmodule', MODULE, { spec: { enabled: false } });
      await world.gone('deployment', DEPLOYMENT);
      await world.patch('botmodule', MODULE, { spec: { enabled: true } });
    }));

  it('has one writer as well if a change is undone that replaced it by another', () =>
    expectOneWriter(files, async (world) => {
      await world.changeUntilPodEnds({ volumes: [{ name: 'files', persistentVolumeClaim: { claimName: 'others' } }] });
      await world.patch('botmodule', MODULE, { spec: files });
    }));

  it.each([
    ['claim', files],
    ['disk', { ...files, volumes: [{ name: 'files', iscsi: { iqn: 'iqn.2026-01.example:files', lun: 0, targetPortal: '10.0.0.1' } }] }],
  ])('has one writer if its module was started again without this %s and gets it back', async (_, spec) => {
    const world = await VolumeWorld.make(kube, s3);
    await using operator = await start(world);
    await kube.apply(botModule(MODULE, world.namespace, spec));
    const { metadata } = await world.modulePod();
    await world.hold('pod', metadata.name);
    await world.patch('botmodule', MODULE, { spec: { enabled: false } });
    await world.gone('deployment', DEPLOYMENT);
    await world.patch('botmodule', MODULE, { spec: { enabled: true, volumes: null, volumeMounts: null } });
    await eventually(async () => (await world.deployment())?.status?.updatedReplicas === 1, { what: 'a pod without it' });
    await world.patch('botmodule', MODULE, { spec });
    const message = `pod ${metadata.name} still uses the volume: it is being deleted on node ${SILENT_NODE} (finalizers: test.example/hold)`;
    await untilReady(
      kube,
      { kind: 'botmodule', name: MODULE, namespace: world.namespace },
      'Pending',
      `${message}; the change is applied after`,
    );
    await world.settled(operator, '1');
    const mounted = async () => (await world.deployment())?.spec?.template.spec?.volumes?.length ?? 0;
    expect(await mounted()).toBe(0);
    await world.letGo('pod', metadata.name);
    await eventually(async () => (await mounted()) === 1, { what: 'the change to be applied' });
    expect(operator.warnings).toEqual([]);
  });

  /** Changes a module whose pod does not end, and expects that the next pod waits for that one. */
  async function expectOneWriter(spec: object, change: (world: VolumeWorld) => Promise<unknown>): Promise<void> {
    const world = await VolumeWorld.make(kube, s3);
    await using operator = await start(world);
    await kube.apply(botModule(MODULE, world.namespace, spec));
    const { metadata } = await world.modulePod();
    await world.hold('pod', metadata.name);
    await change(world);
    const message = `pod ${metadata.name} still uses the volume: it is being deleted on node ${SILENT_NODE} (finalizers: test.example/hold)`;
    await untilReady(kube, { kind: 'botmodule', name: MODULE, namespace: world.namespace }, 'Pending', message);
    await world.settled(operator, '1');
    expect(await world.mayWrite()).toBe(false);
    await world.letGo('pod', metadata.name);
    await world.untilReplicas(1);
    expect((await world.modulePod()).metadata.name).not.toBe(metadata.name);
    expect(operator.warnings).toEqual([]);
  }

  it('has no former writer if the pods of a deleted Deployment were kept: the next one adopts them', async () => {
    const world = await VolumeWorld.make(kube, s3);
    await using operator = await start(world);
    await kube.apply(botModule(MODULE, world.namespace, volume));
    const { metadata } = await world.modulePod();
    await kube.kubectl(['delete', 'deployment', DEPLOYMENT, '-n', world.namespace, '--cascade=orphan']);
    await eventually(async () => (await world.deployment())?.spec?.replicas === 1, { what: 'the next Deployment', timeoutMs: 180_000 });
    await operator.idle();
    expect((await world.modulePod()).metadata.name).toBe(metadata.name);
  });
});
