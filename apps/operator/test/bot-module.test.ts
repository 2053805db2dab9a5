import { labelValue } from '@eeveebot/contract';
import type { BotModule } from '@eeveebot/crds';
import { type ControlPlane, eventually, kwokPod } from '@eeveebot/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Deployment, PersistentVolumeClaim, Pod } from '../src/resource-types/kubernetes.ts';
import { startOperator } from './running-operator.ts';
import { useModuleWorld } from './use-module-world.ts';
import { botModule, ipcConfig, limitObjects, newNamespace, untilReady } from './world.ts';

interface List<T> {
  readonly items: readonly T[];
}

describe('BotModule', () => {
  const { world, ready, deployment, patch } = useModuleWorld();
  let kube: ControlPlane;
  let namespace: string;

  beforeAll(() => {
    ({ kube, namespace } = world);
  });

  const events = (name: string) => kube.kubectl(['get', 'events', '-n', namespace, '--field-selector', `involvedObject.name=${name}`]);

  it('reports a temporary refusal of the API server, and continues when it ends', async () => {
    const other = await newNamespace(kube);
    await using second = await startOperator({ kubeconfig: kube.kubeconfig, namespace: other });
    await limitObjects(kube, { name: 'none', namespace: other, hard: { persistentvolumeclaims: '0' } });
    await kube.apply(botModule('greedy', other, { persistentVolumeClaim: { accessModes: ['ReadWriteOnce'] } }));
    const pending = await untilReady(kube, { kind: 'botmodule', name: 'greedy', namespace: other }, 'Pending');
    expect(pending.message).toContain('exceeded quota: none');
    await eventually(async () => (await kube.kubectl(['get', 'events', '-n', other])).includes('exceeded quota'), { what: 'an event' });
    await kube.kubectl(['delete', 'resourcequota', 'none', '-n', other]);
    await eventually(() => kube.kubectl(['get', 'deployment', 'eevee-greedy-module', '-n', other, '-o', 'name']));
    expect(second.warnings.join()).toContain('exceeded quota');
  });

  it('can be stopped although its configuration is invalid', async () => {
    await kube.apply(botModule('wild', namespace));
    await ready('wild');
    await patch('wild', { enabled: false, moduleConfig: '[' });
    await ready('wild', 'Disabled');
    await eventually(
      async () => (await kube.kubectl(['get', 'deployment', 'eevee-wild-module', '-n', namespace, '--ignore-not-found'])) === '',
    );
  });

  it('becomes a Deployment, and becomes Ready with it', async () => {
    await kube.apply(botModule('plain', namespace));
    expect(await ready('plain')).toMatchObject({ status: 'True', message: '1/1 available' });
    const { status } = await kube.get<BotModule>('botmodule', 'plain', '-n', namespace);
    expect(status).toMatchObject({
      replicas: 1,
      readyReplicas: 1,
      image: 'eevee/echo:1',
      selector: 'app=eevee.bot,eevee.bot/module=plain',
    });
  });

  it('gets a deleted Deployment back, and keeps its claim', async () => {
    await kube.apply(botModule('deleted', namespace, { persistentVolumeClaim: {} }));
    const before = await eventually(() => deployment('deleted'));
    const claim = () => kube.get<PersistentVolumeClaim>('pvc', 'eevee-deleted-module-pvc', '-n', namespace);
    const claimBefore = await claim();
    await kube.kubectl(['delete', 'deployment', 'eevee-deleted-module', '-n', namespace, '--wait=false']);
    const after = await eventually(async () => {
      const now = await deployment('deleted');
      return now.metadata.uid !== before.metadata.uid && now;
    });
    expect(after.spec).toEqual(before.spec);
    expect((await claim()).metadata).toEqual(claimBefore.metadata);
  });

  it('has manual edits reverted, and additions of other clients kept', async () => {
    await kube.apply(botModule('edited', namespace));
    await eventually(() => deployment('edited'));
    await kube.kubectl(['annotate', 'deployment', 'eevee-edited-module', '-n', namespace, 'another/client=was here']);
    await kube.kubectl(['set', 'image', 'deployment/eevee-edited-module', '-n', namespace, 'module=other:2']);
    const repaired = await eventually(async () => {
      const now = await deployment('edited');
      return now.spec?.template.spec?.containers[0]?.image === 'eevee/echo:1' && now;
    });
    expect(repaired.metadata.annotations).toMatchObject({ 'another/client': 'was here' });
    await eventually(async () => (await events('edited')).includes('Reverted a manual change of Deployment eevee-edited-module'), {
      what: 'an event',
    });
  });

  it('regains a Deployment whose owner a user removed, so that it is deleted with the module', async () => {
    await kube.apply(botModule('orphaned', namespace));
    const before = await eventually(() => deployment('orphaned'));
    const { uid, ownerReferences = [] } = before.metadata;
    const take = (references: readonly object[] | null) =>
      kube.kubectl([
        ...['patch', 'deployment', 'eevee-orphaned-module', '-n', namespace, '--type=merge'],
        ...['-p', JSON.stringify({ metadata: { ownerReferences: references } })],
      ]);
    for (const references of [ownerReferences.map((owner) => ({ ...owner, controller: false })), null]) {
      await take(references);
      await eventually(async () => expect((await deployment('orphaned')).metadata).toMatchObject({ uid, ownerReferences }));
    }
  });

  it('is refused if its labels would select the pods of an older one, until that is gone', async () => {
    const long = `a${'b'.repeat(90)}`;
    // This name comes first, so it counts as older even if both are made within a second.
    const short = labelValue(long);
    await kube.apply(botModule(short, namespace, { moduleName: 'short' }));
    await eventually(() => deployment(short));
    await kube.apply(botModule(long, namespace, { moduleName: 'long' }));
    expect((await ready(long, 'InvalidSpec')).message).toContain(`selects the pods of BotModule ${short}`);
    await kube.kubectl(['delete', 'botmodule', short, '-n', namespace]);
    await eventually(() => deployment(long));
  });

  it('reports how its program ended when it is in a crash loop', async () => {
    const { labels, annotations } = kwokPod.crashLoop('starting\nenvironment variable NATS_HOST is not set');
    await kube.apply(botModule('crashing', namespace, { podLabels: labels, podAnnotations: annotations }));
    const { status, message } = await ready('crashing', 'Unavailable', 'CrashLoopBackOff');
    expect(status).toBe('False');
    expect(message).toMatch(
      /^0\/1 available: pod eevee-crashing-module-\S+: container module is in CrashLoopBackOff: exit 1: "environment variable NATS_HOST is not set"$/,
    );
  });

  it('is not ready while an older version serves and the image of the new one cannot be pulled', async () => {
    await kube.apply(botModule('rolling', namespace));
    await ready('rolling');
    const { labels, annotations } = kwokPod.imagePull('failed to resolve reference "eevee/echo:typo": not found');
    await patch('rolling', { image: 'eevee/echo:typo', podLabels: labels, podAnnotations: annotations });
    const { message } = await ready('rolling', 'Unavailable', 'ImagePullBackOff');
    expect(message).toContain('ImagePullBackOff: failed to resolve reference "eevee/echo:typo": not found');
    expect(message).toContain('1 of the previous version still running');
  });

  it('names a pod that fits on no node', async () => {
    await kube.apply(botModule('homeless', namespace, { nodeSelector: { 'no/such': 'node' } }));
    const { message } = await ready('homeless', 'Unavailable', 'cannot be scheduled');
    expect(message).toMatch(/cannot be scheduled: 0\/1 nodes are available/);
  });

  it('names the quota that keeps its pods from being created', async () => {
    const small = await newNamespace(kube);
    await kube.kubectl(['create', 'quota', 'none', '--hard=pods=0', '-n', small]);
    await using own = await startOperator({ kubeconfig: kube.kubeconfig, namespace: small });
    expect(own.warnings).toEqual([]);
    await kube.apply(botModule('poor', small));
    const { message } = await untilReady(kube, { kind: 'botmodule', name: 'poor', namespace: small }, 'Unavailable', 'quota');
    expect(message).toContain('exceeded quota: none');
  });

  it('names the reason why its volume cannot be provisioned', async () => {
    const claim = { storageClassName: 'no-such-class' };
    await kube.apply(botModule('volumeless', namespace, { persistentVolumeClaim: claim }));
    const { message } = await ready('volumeless', 'Unavailable', 'no-such-class');
    expect(message).toMatch(
      /^0\/1 available: pod \S+: cannot be scheduled: volume claim eevee-volumeless-module-pvc has no volume: storageclass.storage.k8s.io "no-such-class" not found$/,
    );
  });

  it('is scaled through its scale subresource, and is ready at 0', async () => {
    await kube.apply(botModule('scaled', namespace));
    await ready('scaled');
    await kube.kubectl(['scale', 'botmodule', 'scaled', '-n', namespace, '--replicas=0']);
    expect(await ready('scaled')).toMatchObject({ status: 'True', message: 'scaled to 0' });
    await kube.kubectl(['scale', 'botmodule', 'scaled', '-n', namespace, '--replicas=3']);
    expect(await ready('scaled')).toMatchObject({ message: '3/3 available' });
  });

  it('loses its Deployment and keeps its claim when it is disabled', async () => {
    await kube.apply(botModule('disabled', namespace, { persistentVolumeClaim: {} }));
    await eventually(() => deployment('disabled'));
    await patch('disabled', { enabled: false });
    expect(await ready('disabled', 'Disabled')).toMatchObject({ status: 'True' });
    await expect(deployment('disabled')).rejects.toThrow('not found');
    await kube.get('pvc', 'eevee-disabled-module-pvc', '-n', namespace);
    await patch('disabled', { enabled: true });
    await eventually(() => deployment('disabled'));
  });

  it('waits for a missing IpcConfig, reports it, and starts when it appears', async () => {
    await kube.apply(botModule('early', namespace, { ipcConfig: 'later' }));
    expect(await ready('early', 'Pending')).toMatchObject({
      status: 'Unknown',
      message: `spec.ipcConfig names IpcConfig later, which does not exist in namespace ${namespace}: create it or correct the name`,
    });
    await eventually(async () => (await events('early')).includes('spec.ipcConfig names IpcConfig later'), { what: 'an event' });
    await kube.apply(ipcConfig('later', namespace));
    await ready('early');
  });

  it('rejects invalid YAML with its position, and keeps running', async () => {
    await kube.apply(botModule('yaml', namespace, { moduleConfig: 'a: 1' }));
    await ready('yaml');
    await patch('yaml', { moduleConfig: 'a: [1\nb: 2', image: 'eevee/echo:2' });
    expect(await ready('yaml', 'InvalidSpec')).toMatchObject({
      status: 'False',
      message: expect.stringMatching(/^spec\.moduleConfig is not valid YAML: line 2, column 1/),
    });
    expect((await deployment('yaml')).spec?.template.spec?.containers[0]?.image).toBe('eevee/echo:1');
  });

  it('quotes the API server when it refuses the Deployment', async () => {
    await kube.apply(botModule('refused', namespace, { nodeSelector: { 'not a key': 'x' } }));
    expect(await ready('refused', 'InvalidSpec')).toMatchObject({
      message: expect.stringMatching(/^the API server refuses Deployment eevee-refused-module: .*spec\.nodeSelector/),
    });
    await patch('refused', { nodeSelector: null });
    await ready('refused');
  });

  it('is not reconciled while it is paused, and reports that', async () => {
    await kube.apply(botModule('paused', namespace));
    await ready('paused');
    await kube.kubectl(['annotate', 'botmodule', 'paused', '-n', namespace, 'eevee.bot/paused=yes']);
    const pausedCondition = async () =>
      (await kube.get<BotModule>('botmodule', 'paused', '-n', namespace)).status?.conditions?.find(({ type }) => type === 'Paused');
    expect(await eventually(pausedCondition)).toMatchObject({ status: 'True' });
    expect(await ready('paused')).toMatchObject({ status: 'True', message: 'Paused; previous state:  1/1 available' });
    await eventually(async () => (await events('paused')).includes('changes are not applied'), { what: 'an event' });
    await patch('paused', { image: 'eevee/echo:2' });
    await kube.kubectl(['annotate', 'botmodule', 'paused', '-n', namespace, 'eevee.bot/paused-']);
    await ready('paused');
    expect(await pausedCondition()).toBeUndefined();
    expect((await deployment('paused')).spec?.template.spec?.containers[0]?.image).toBe('eevee/echo:2');
  });

  it('is deleted with its objects, but keeps its claim', async () => {
    await kube.apply(botModule('gone', namespace, { persistentVolumeClaim: {}, moduleConfig: 'a: 1' }));
    await eventually(() => deployment('gone'));
    await kube.kubectl(['delete', 'botmodule', 'gone', '-n', namespace]);
    await eventually(async () => {
      const pods = await kube.get<List<Pod>>('deployment,configmap', '-n', namespace, '-l', 'eevee.bot/module=gone');
      return pods.items.length === 0;
    });
    await kube.get('pvc', 'eevee-gone-module-pvc', '-n', namespace);
  });

  it('does not take over a Deployment of that name with another owner', async () => {
    const labels = { other: 'app' };
    await kube.apply({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name: 'owner', namespace },
      spec: {
        replicas: 0,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'x', image: 'x' }] } },
      },
    });
    const owner = await kube.get<Deployment>('replicaset', 'owner', '-n', namespace);
    await kube.apply({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {
        name: 'eevee-taken-module',
        namespace,
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'owner', uid: owner.metadata.uid, controller: true }],
      },
      spec: {
        replicas: 0,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'x', image: 'x' }] } },
      },
    });
    await kube.apply(botModule('taken', namespace));
    expect(await ready('taken', 'InvalidSpec')).toMatchObject({
      message: expect.stringContaining('Deployment eevee-taken-module belongs to ReplicaSet owner'),
    });
    expect((await deployment('taken')).spec?.template.spec?.containers[0]?.image).toBe('x');
  });

  it('records events about changes of its objects', async () => {
    await kube.apply(botModule('told', namespace));
    await ready('told');
    const described = await eventually(async () => {
      const text = await kube.kubectl(['describe', 'botmodule', 'told', '-n', namespace]);
      return text.includes('Created Deployment eevee-told-module') && text;
    });
    expect(described).toContain('eevee-operator');
  });
});
