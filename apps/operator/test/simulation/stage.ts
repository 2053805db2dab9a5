import type { KubernetesObject } from '@kubernetes/client-node';
import type { SimulatedCluster } from './simulated-cluster.ts';
import type { SimulatedOperator } from './simulated-operator.ts';

/** Target of the actions. */
export interface Stage {
  readonly cluster: SimulatedCluster;
  readonly namespace: string;
  readonly operator: SimulatedOperator;
  /** Called for each object that a user created under a name that the operator uses. */
  personalObjectMade(object: KubernetesObject): void;
}
