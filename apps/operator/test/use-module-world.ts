import type { Deployment } from '../src/resource-types/kubernetes.ts';
import { type OperatorWorld, type OperatorWorldOptions, useOperator } from './use-operator.ts';
import { untilReady } from './world.ts';

/** An operator with simulated nodes, and what tests of its modules do most often. */
export interface ModuleWorld {
  readonly world: OperatorWorld;
  /** Waits until condition Ready of the module has this reason. */
  readonly ready: (name: string, reason?: string, part?: string) => ReturnType<typeof untilReady>;
  readonly deployment: (name: string) => Promise<Deployment>;
  /** Merges fields into the spec of the module. */
  readonly patch: (name: string, spec: object) => Promise<string>;
}

/**
 * Starts an operator as {@link useOperator} does, with nodes that run pods.
 *
 * @example
 * const { world, ready, patch } = useModuleWorld();
 */
export function useModuleWorld(options: OperatorWorldOptions = {}): ModuleWorld {
  const world = useOperator({ nodes: true, ...options });
  return {
    world,
    ready: (name, reason = 'Ready', part) => untilReady(world.kube, { kind: 'botmodule', name, namespace: world.namespace }, reason, part),
    deployment: (name) => world.kube.get<Deployment>('deployment', `eevee-${name}-module`, '-n', world.namespace),
    patch: (name, spec) =>
      world.kube.kubectl(['patch', 'botmodule', name, '-n', world.namespace, '--type=merge', '-p', JSON.stringify({ spec })]),
  };
}
