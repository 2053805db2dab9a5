import type { Condition } from '@eeveebot/crds';
import type { Deployment, Secret, StatefulSet } from '../src/resource-types/kubernetes.ts';
import { useOperator } from './use-operator.ts';
import { untilReady } from './world.ts';

/** An operator with nodes, and what tests of IpcConfigs do in its namespace. */
export function useIpcWorld() {
  const world = useOperator({ nodes: true });
  const kubectl = (...args: readonly string[]) => world.kube.kubectl([...args, '-n', world.namespace]);

  /** Values of a Secret, decoded. */
  const secretOf = async (name: string): Promise<Record<string, string>> => {
    const { data = {} } = await world.kube.get<Secret>('secret', name, '-n', world.namespace);
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));
  };

  return {
    world,
    secretOf,
    ready: (name: string, reason = 'Ready'): Promise<Condition> =>
      untilReady(world.kube, { kind: 'ipcconfig', name, namespace: world.namespace }, reason),
    patch: (name: string, nats: object) => kubectl('patch', 'ipcconfig', name, '--type=merge', '-p', JSON.stringify({ spec: { nats } })),
    exists: (kind: string, name: string) => kubectl('get', kind, name, '-o', 'name', '--ignore-not-found').then((text) => text !== ''),
    makeSecret: (name: string, values: Record<string, string>) =>
      world.kube.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: world.namespace }, stringData: values }),
    /** The configuration that the pods of a NATS mount. */
    confOf: async (name: string, kind: 'deployment' | 'statefulset' = 'deployment'): Promise<{ key: string; text: string }> => {
      const { spec } = await world.kube.get<Deployment | StatefulSet>(kind, `eevee-${name}-nats`, '-n', world.namespace);
      const [item] = spec?.template.spec?.volumes?.find((volume) => volume.name === 'config')?.secret?.items ?? [];
      const key = item?.key ?? '';
      return { key, text: (await secretOf(`eevee-${name}-nats-config`))[key] ?? '' };
    },
  };
}
