import type { Condition } from '@eeveebot/crds';
import { type ControlPlane, eventually } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '../src/controller/objects/kube-object.ts';
import type { ConfigMap, Deployment, PersistentVolumeClaim, Pod, Secret, Service } from '../src/resource-types/kubernetes.ts';
import { formerObjects } from './former-objects.ts';
import { startOperator, type RunningOperator } from './running-operator.ts';
import { botModule, ipcConfig, makeVolumes, newNamespace, untilReady } from './world.ts';

interface List<T> {
  readonly items: readonly T[];
}

interface Entry {
  readonly manager: string;
  readonly operation: string;
  readonly subresource?: string;
}

describe('adoption of objects of operator 2.x', () => {
  const servers = useWorld({ nodes: true });
  let kube: ControlPlane;

  beforeAll(async () => {
    ({ kube } = servers);
    await makeVolumes(kube, ['former', 'spare']);
  });

  const inNamespace = (namespace: string) => ({
    get: <T extends KubeObject>(kind: string, name: string) => kube.get<T>(kind, name, '-n', namespace),
    ready: (kind: 'botmodule' | 'ipcconfig', name: string): Promise<Condition> => untilReady(kube, { kind, name, namespace }, 'Ready'),
    pods: async () => (await kube.get<List<Pod>>('pods', '-n', namespace)).items.map(({ metadata }) => metadata.uid).toSorted(),
    events: () => kube.kubectl(['get', 'events', '-n', namespace]),
    managers: async (kind: string, name: string): Promise<readonly string[]> => {
      const text = await kube.kubectl(['get', kind, name, '-n', namespace, '-o', 'json', '--show-managed-fields']);
      const { metadata } = JSON.parse(text) as { metadata: { managedFields: readonly Entry[] } };
      return metadata.managedFields
        .filter(({ subresource = '' }) => subresource === '')
        .map(({ manager, operation }) => `${manager} ${operation}`)
        .toSorted();
    },
  });
  const make = (manager: string, ...objects: readonly object[]) =>
    kube.kubectl(['create', `--field-manager=${manager}`, '-f', '-'], {
      input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
    });

  describe.each(['node-fetch', 'unknown'])('written by field manager %s', (manager) => {
    let world: ReturnType<typeof inNamespace>;
    let operator: RunningOperator;
    let before: readonly KubeObject[];
    const kept = [
      ['deployment', 'eevee-echo-module'],
      ['deployment', 'eevee-bot-nats'],
      ['service', 'eevee-bot-nats'],
      ['pvc', 'eevee-echo-module-pvc'],
      ['secret', 'eevee-bot-nats-auth'],
    ] as const;
    const deployment = () => world.get<Deployment>('deployment', 'eevee-echo-module');
    const container = async () => (await deployment()).spec?.template.spec?.containers[0];

    beforeAll(async () => {
      const namespace = await newNamespace(kube);
      world = inNamespace(namespace);
      await make(manager, ...formerObjects(namespace));
      // Set by a user with kubectl.
      await kube.kubectl(['set', 'env', 'deployment/eevee-echo-module', '-n', namespace, 'THEIRS=stays']);
      await kube.kubectl(['annotate', 'deployment', 'eevee-echo-module', '-n', namespace, 'another/client=was here']);
      before = await Promise.all(kept.map(([kind, name]) => world.get(kind, name)));
      operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
      await kube.apply(
        ipcConfig('bot', namespace),
        botModule('echo', namespace, {
          ipcConfig: 'bot',
          moduleConfig: 'greeting: hi',
          persistentVolumeClaim: {},
          mountOperatorApiToken: true,
        }),
      );
      await world.ready('ipcconfig', 'bot');
      await world.ready('botmodule', 'echo');
    });
    afterAll(() => operator?.stop());

    it('keeps the objects and their data', async () => {
      const after = await Promise.all(kept.map(([kind, name]) => world.get(kind, name)));
      expect(after.map(({ metadata }) => metadata.uid)).toEqual(before.map(({ metadata }) => metadata.uid));
      const { data = {} } = await world.get<Secret>('secret', 'eevee-bot-nats-auth');
      expect(Buffer.from(data['token'] ?? '', 'base64').toString()).toBe('literal-token');
      const claim = await world.get<PersistentVolumeClaim>('pvc', 'eevee-echo-module-pvc');
      expect(claim.metadata).not.toHaveProperty('ownerReferences');
      expect(claim.metadata.annotations).toMatchObject({ 'eevee.bot/bootstrapped': 'true' });
    });

    it('removes what is obsolete: plain-text tokens, probes without a server, files and containers', async () => {
      const module = await container();
      expect(module).not.toHaveProperty('livenessProbe');
      expect(module).not.toHaveProperty('readinessProbe');
      expect(module).not.toHaveProperty('envFrom');
      expect(module?.volumeMounts?.map(({ mountPath, subPath }) => [mountPath, subPath])).toEqual([
        ['/etc/module-config', undefined],
        ['/data', undefined],
      ]);
      const names = module?.env?.map(({ name }) => name) ?? [];
      expect(names).toEqual(expect.arrayContaining(['NATS_TOKEN', 'EEVEE_OPERATOR_API_TOKEN', 'MODULE_DATA']));
      expect(names).not.toContain('GONE_SINCE');
      expect(module?.env?.find(({ name }) => name === 'NATS_TOKEN')).toEqual({
        name: 'NATS_TOKEN',
        valueFrom: { secretKeyRef: { name: 'eevee-bot-nats-auth', key: 'token' } },
      });
      for (const name of ['eevee-echo-module', 'eevee-bot-nats']) {
        const adopted = await world.get<Deployment>('deployment', name);
        expect(JSON.stringify(adopted)).not.toContain('literal');
        expect(adopted.spec?.template.spec?.containers).toHaveLength(1);
        expect(adopted.spec?.strategy).toEqual({ type: 'Recreate' });
      }
      expect((await world.get<ConfigMap>('configmap', 'eevee-echo-module-config')).data).toEqual({ 'config.yaml': 'greeting: hi' });
      const { spec } = await world.get<Service>('service', 'eevee-bot-nats');
      expect(spec?.ports?.map(({ name, port }) => [name, port])).toEqual([
        ['client', 4222],
        ['management', 8222],
      ]);
    });

    it('keeps what a user had set', async () => {
      const { metadata, spec } = await deployment();
      expect(metadata.annotations).toMatchObject({ 'another/client': 'was here' });
      expect(spec?.template.metadata?.annotations).toMatchObject({ 'kubectl.kubernetes.io/restartedAt': '2025-05-05T00:00:00Z' });
      expect((await container())?.env).toContainEqual({ name: 'THEIRS', value: 'stays' });
    });

    it('makes the operator the owner, and records an event', async () => {
      expect(await world.managers('deployment', 'eevee-echo-module')).not.toContain(`${manager} Update`);
      await eventually(async () => /Took over .*Deployment eevee-echo-module/.test(await world.events()), { what: 'an event' });
      expect(operator.warnings).toEqual([]);
    });
  });

  it('does not restart pods when only the owner changes', async () => {
    const namespace = await newNamespace(kube);
    const { get, ready, pods, managers } = inNamespace(namespace);
    const env = { OPERATOR_API_URL: 'http://operator:9000' };
    {
      await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace, env });
      await kube.apply(ipcConfig('bot', namespace), botModule('echo', namespace, { ipcConfig: 'bot', moduleConfig: 'a: 1' }));
      await ready('ipcconfig', 'bot');
      await ready('botmodule', 'echo');
      expect(operator.warnings).toEqual([]);
    }
    const workloads = ['eevee-echo-module', 'eevee-bot-nats'];
    for (const name of workloads) await disown(kube, 'deployment', { namespace, name });
    const [podsBefore, before] = [await pods(), await Promise.all(workloads.map((name) => get<Deployment>('deployment', name)))];
    expect(await managers('deployment', 'eevee-echo-module')).toEqual(expect.arrayContaining(['node-fetch Update']));

    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace, env });
    for (const name of workloads) {
      await eventually(async () => (await get('deployment', name)).metadata.ownerReferences?.length === 1, {
        what: `${name} to be adopted`,
      });
    }
    await ready('botmodule', 'echo');
    const after = await Promise.all(workloads.map((name) => get<Deployment>('deployment', name)));
    expect(after.map(({ spec }) => spec)).toEqual(before.map(({ spec }) => spec));
    expect(await pods()).toEqual(podsBefore);
    expect(await managers('deployment', 'eevee-echo-module')).not.toContain('node-fetch Update');
    expect(operator.warnings).toEqual([]);
  });
});

/** Makes an object of the operator look like one of operator 2.x: plain updates, no mark, no owner. */
async function disown(kube: ControlPlane, kind: string, { namespace, name }: { namespace: string; name: string }): Promise<void> {
  const text = await kube.kubectl(['get', kind, name, '-n', namespace, '-o', 'json', '--show-managed-fields']);
  const { metadata } = JSON.parse(text) as { metadata: { managedFields: readonly Entry[] } };
  const managedFields = metadata.managedFields.map((entry) =>
    entry.manager === 'eevee-operator' && entry.subresource === undefined
      ? { ...entry, manager: 'node-fetch', operation: 'Update' }
      : entry,
  );
  const patch = { metadata: { managedFields, annotations: { 'eevee.bot/applied': null }, ownerReferences: null } };
  await kube.kubectl(['patch', kind, name, '-n', namespace, '--type=merge', '--field-manager=node-fetch', '-p', JSON.stringify(patch)]);
}
