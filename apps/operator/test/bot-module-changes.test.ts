import { type ControlPlane, eventually } from '@eeveebot/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ConfigMap, Deployment, Pod } from '../src/resource-types/kubernetes.ts';
import { useModuleWorld } from './use-module-world.ts';
import { botModule, ipcConfig } from './world.ts';

interface List<T> {
  readonly items: readonly T[];
}

describe('BotModule that is edited', () => {
  const { world, ready, deployment, patch } = useModuleWorld();
  let kube: ControlPlane;
  let namespace: string;

  beforeAll(() => {
    ({ kube, namespace } = world);
  });

  it('writes an edit of its configuration to the ConfigMap without a restart', async () => {
    await kube.apply(botModule('configured', namespace, { moduleConfig: 'greeting: hi' }));
    await ready('configured');
    const { metadata } = await deployment('configured');
    await patch('configured', { moduleConfig: 'greeting: hello' });
    await eventually(
      async () =>
        (await kube.get<ConfigMap>('configmap', 'eevee-configured-module-config', '-n', namespace)).data?.['config.yaml'] ===
        'greeting: hello',
    );
    await ready('configured');
    expect((await deployment('configured')).metadata.generation).toBe(metadata.generation);
  });

  it('rolls on a configuration change if restartOnConfigChange is set', async () => {
    await kube.apply(botModule('restarted', namespace, { moduleConfig: 'greeting: hi', restartOnConfigChange: true }));
    await ready('restarted');
    await patch('restarted', { moduleConfig: 'greeting: hello' });
    await eventually(async () => (await deployment('restarted')).metadata.generation === 2);
  });

  it('rolls once for one edit', async () => {
    await kube.apply(botModule('once', namespace));
    await ready('once');
    await patch('once', { image: 'eevee/echo:2' });
    await ready('once');
    const sets = await kube.get<List<Deployment>>('replicaset', '-n', namespace, '-l', 'eevee.bot/module=once');
    expect(sets.items).toHaveLength(2);
    expect((await deployment('once')).metadata.generation).toBe(2);
  });

  it('gets a volume later, although the server had defaulted to a rolling update', async () => {
    await kube.apply(botModule('grown', namespace));
    await ready('grown');
    await patch('grown', { persistentVolumeClaim: {} });
    await eventually(async () => (await deployment('grown')).spec?.strategy?.type === 'Recreate');
  });

  it('has later additions in its pods: configuration, volume and IpcConfig', async () => {
    await kube.apply(botModule('added', namespace));
    await ready('added');
    await kube.apply(ipcConfig('added-net', namespace));
    await patch('added', { moduleConfig: 'a: 1', persistentVolumeClaim: {}, ipcConfig: 'added-net' });
    const pod = await eventually(
      async () => {
        const { items } = await kube.get<List<Pod>>('pods', '-n', namespace, '-l', 'eevee.bot/module=added');
        return items.find(({ spec }) => spec?.containers[0]?.env?.some(({ name }) => name === 'NATS_TOKEN'));
      },
      { what: 'a pod with a token of NATS' },
    );
    const [container] = pod.spec?.containers ?? [];
    expect(container?.env?.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['NATS_HOST', 'NATS_TOKEN', 'MODULE_CONFIG_PATH', 'MODULE_DATA']),
    );
    expect(container?.volumeMounts).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ mountPath: '/etc/module-config' }),
        expect.objectContaining({ mountPath: '/data' }),
      ]),
    );
    expect(pod.spec?.volumes).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ configMap: expect.objectContaining({ name: 'eevee-added-module-config' }) }),
        expect.objectContaining({ persistentVolumeClaim: { claimName: 'eevee-added-module-pvc' } }),
      ]),
    );
  });

  it('removes from its pods what is turned off', async () => {
    await kube.apply(ipcConfig('net', namespace));
    await kube.apply(
      botModule('turned', namespace, { ipcConfig: 'net', metrics: true, mountOperatorApiToken: true, moduleConfig: 'a: 1' }),
    );
    const names = async () => (await deployment('turned')).spec?.template.spec?.containers[0]?.env?.map(({ name }) => name) ?? [];
    expect(await eventually(names)).toEqual(
      expect.arrayContaining(['NATS_HOST', 'NATS_TOKEN', 'METRICS_ENABLED', 'EEVEE_OPERATOR_API_TOKEN', 'MODULE_CONFIG_PATH']),
    );
    await patch('turned', { ipcConfig: null, metrics: null, mountOperatorApiToken: null, moduleConfig: null });
    await eventually(async () => (await names()).length === 4);
    expect(await names()).toEqual(['NAMESPACE', 'RESOURCE_NAME', 'HTTP_API_PORT', 'TERMINATION_GRACE_PERIOD_SECONDS']);
    const { spec } = await deployment('turned');
    expect(spec?.template.spec?.containers[0]).not.toHaveProperty('livenessProbe');
    await eventually(async () =>
      kube.get('configmap', 'eevee-turned-module-config', '-n', namespace).then(
        () => false,
        () => true,
      ),
    );
  });

  it('rolls only when its token for the HTTP API changes', async () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'eevee-operator-api-token', namespace } };
    const setToken = (token: string) => kube.apply({ ...secret, stringData: { token } });
    const checksum = async () =>
      (await deployment('trusted')).spec?.template.metadata?.annotations?.['eevee.bot/api-token-checksum'] ?? 'none';
    const generation = async (name: string) => (await deployment(name)).metadata.generation ?? 0;
    await setToken('first');
    await kube.apply(botModule('trusted', namespace, { mountOperatorApiToken: true }), botModule('stranger', namespace));
    await Promise.all([ready('trusted'), ready('stranger')]);
    const first = await checksum();
    expect(first).toMatch(/^[0-9a-f]{16}$/);

    await setToken('second');
    await eventually(async () => (await checksum()) !== first, { what: 'another checksum' });
    const [second, before] = [await checksum(), await generation('trusted')];
    expect(await generation('stranger')).toBe(1);

    // Deleted for a while, it has the same checksum when it is back, and one more edit is one more generation.
    await kube.kubectl(['delete', 'secret', 'eevee-operator-api-token', '-n', namespace]);
    await patch('trusted', { size: 2 });
    await eventually(async () => (await generation('trusted')) === before + 1, { what: 'the edit' });
    await setToken('second');
    await patch('trusted', { size: 3 });
    await eventually(async () => (await generation('trusted')) === before + 2, { what: 'the next edit' });
    expect(await checksum()).toBe(second);
    expect((await deployment('trusted')).spec?.replicas).toBe(3);
    await kube.kubectl(['delete', 'secret', 'eevee-operator-api-token', '-n', namespace]);
  });
});
