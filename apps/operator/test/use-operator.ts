import { type World, type WorldOptions, useWorld } from '@eeveebot/testing/world';
import { afterAll, beforeAll } from 'vitest';
import { type RunningOperator, startOperator } from './running-operator.ts';
import { newNamespace } from './world.ts';

/** Servers, and an operator that watches one namespace. */
export interface OperatorWorld extends Pick<World, 'kube' | 's3'> {
  readonly namespace: string;
  readonly operator: RunningOperator;
}

/** Options of {@link useOperator}. */
export interface OperatorWorldOptions extends WorldOptions {
  /** Variables of the operator. */
  readonly env?: Readonly<Record<string, string>>;
  /** Creates objects that the operator finds when it starts. */
  readonly prepare?: (servers: World) => Promise<unknown>;
}

/**
 * Starts servers, and an operator in a namespace of its own, before the tests of the surrounding `describe`, and stops them afterwards.
 *
 * @example
 * const world = useOperator({ nodes: true });
 * it('becomes ready', () => world.kube.apply(botModule('echo', world.namespace)));
 */
export function useOperator({ prepare, env = {}, ...options }: OperatorWorldOptions): OperatorWorld {
  const servers = useWorld(options);
  let namespace: string;
  let operator: RunningOperator;
  beforeAll(async () => {
    namespace = await newNamespace(servers.kube);
    await prepare?.(servers);
    operator = await startOperator({ kubeconfig: servers.kube.kubeconfig, namespace, env });
  });
  afterAll(async () => {
    await operator?.stop();
  });
  return {
    get kube() {
      return servers.kube;
    },
    get s3() {
      return servers.s3;
    },
    get namespace() {
      return namespace;
    },
    get operator() {
      return operator;
    },
  };
}
