import type { Deployment } from '../../resource-types/kubernetes.ts';
import { replicasOf } from './replicas.ts';

/** Which pods of a Deployment Kubernetes still replaces by those of its template; not known before it has processed the last change. */
export type ReplacedPods = 'all' | 'those being deleted' | 'not known yet';

/** `undefined` if all pods that a Deployment should have are those of its template. */
export function replacedPods(deployment: Deployment | undefined): ReplacedPods | undefined {
  const wanted = replicasOf(deployment);
  const { replicas = 0, updatedReplicas = 0, observedGeneration = 0 } = deployment?.status ?? {};
  if (wanted > 0 && observedGeneration < (deployment?.metadata.generation ?? 0)) return 'not known yet';
  if (updatedReplicas >= wanted) return undefined;
  // Pods that are being deleted are not counted.
  return updatedReplicas < replicas ? 'all' : 'those being deleted';
}
