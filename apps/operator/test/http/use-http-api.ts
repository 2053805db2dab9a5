import type { WorldOptions } from '@eeveebot/testing/world';
import type { Deployment } from '../../src/resource-types/kubernetes.ts';
import { useOperator } from '../use-operator.ts';
import { makeVolumes, untilReady } from '../world.ts';
import { ApiClient } from './api-client.ts';

export const TOKEN = 'a-token-that-cannot-be-guessed';

/** An operator with nodes, volumes and a token, and what tests of its HTTP API do. */
export function useHttpApi(options: WorldOptions = {}) {
  const names = Array.from({ length: 8 }, (_, index) => `volume-${index}`);
  const world = useOperator({
    nodes: true,
    ...options,
    env: { EEVEE_OPERATOR_API_TOKEN: TOKEN, WATCH_OTHER_NAMESPACES: 'true' },
    prepare: ({ kube }) => makeVolumes(kube, names),
  });
  return {
    world,
    client: (token?: string) => new ApiClient(world.operator.url, token),
    ready: (name: string, reason = 'Ready', where = world.namespace) =>
      untilReady(world.kube, { kind: 'botmodule', name, namespace: where }, reason),
    deployment: (name: string, where = world.namespace) => world.kube.get<Deployment>('deployment', `eevee-${name}-module`, '-n', where),
    patch: (name: string, spec: object, where = world.namespace) =>
      world.kube.kubectl(['patch', 'botmodule', name, '-n', where, '--type=merge', '-p', JSON.stringify({ spec })]),
  };
}
