import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ControlPlane, eventually, type Kwok, kwokPod, startControlPlane, startKwok } from '../src/index.ts';

interface Pod {
  readonly status: {
    readonly phase: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly {
      readonly state?: { readonly waiting?: { readonly reason: string; readonly message?: string } };
      readonly lastState?: { readonly terminated?: { readonly exitCode: number; readonly message?: string } };
    }[];
  };
}

describe('kwok', () => {
  let kube: ControlPlane;
  let kwok: Kwok;

  beforeAll(async () => {
    kube = await startControlPlane({ scheduler: true });
    kwok = await startKwok(kube);
  });

  afterAll(async () => {
    await kwok?.stop();
    await kube?.stop();
  });

  const spec = { containers: [{ name: 'main', image: 'example.test/main:1' }] };
  const pod = (name: string, metadata: object = {}) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, ...metadata }, spec });

  it('makes a pod Ready, also on a node that was added later', async () => {
    const node = await kwok.addNode('second');
    await kube.apply({ ...pod('runs'), spec: { ...spec, nodeName: node } });
    await kube.kubectl(['wait', '--for=condition=Ready', '--timeout=30s', 'pod/runs']);
  });

  it('completes the pods of a Job', async () => {
    const template = { spec: { ...spec, restartPolicy: 'Never' } };
    await kube.apply({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'once' }, spec: { template } });
    await kube.kubectl(['wait', '--for=condition=Complete', '--timeout=30s', 'job/once']);
  });

  it('keeps the pod of a Deployment in a crash loop, with the output of its container', async () => {
    const metadata = { ...kwokPod.crashLoop('NATS_HOST is "not" set') };
    const labels = { ...metadata.labels, app: 'crashes' };
    const template = { metadata: { ...metadata, labels }, spec };
    const selector = { matchLabels: { app: 'crashes' } };
    await kube.apply({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'crashes' }, spec: { selector, template } });
    const container = await eventually(
      async () => {
        const { items } = await kube.get<{ items: Pod[] }>('pods', '-l', 'app=crashes');
        const [status] = items[0]?.status.containerStatuses ?? [];
        return status?.state?.waiting?.reason === 'CrashLoopBackOff' && status;
      },
      { what: 'a crash loop' },
    );
    expect(container.lastState?.terminated).toMatchObject({ exitCode: 1, message: 'NATS_HOST is "not" set' });
    // The pod was Ready for a moment, and the Deployment follows its pods with a delay.
    await eventually(async () => expect(await kube.get('deployment', 'crashes')).toMatchObject({ status: { unavailableReplicas: 1 } }));
  });

  it('keeps a pod Pending whose image cannot be pulled', async () => {
    await kube.apply(pod('unpulled', kwokPod.imagePull('manifest unknown')));
    const waiting = await eventually(async () => (await kube.get<Pod>('pod', 'unpulled')).status.containerStatuses?.[0]?.state?.waiting, {
      what: 'the container to wait',
    });
    expect(waiting).toEqual({ reason: 'ImagePullBackOff', message: 'manifest unknown' });
    // A pod that started later is Ready by now, so the failing one had the time to become Ready.
    await kube.apply(pod('later'));
    await kube.kubectl(['wait', '--for=condition=Ready', '--timeout=30s', 'pod/later']);
    expect((await kube.get<Pod>('pod', 'unpulled')).status.phase).toBe('Pending');
  });
});
