import { isTerminating } from '../../backup-jobs/claim-marks.ts';
import type { Deployment } from '../../resource-types/kubernetes.ts';
import type { ObservedModule } from './observe.ts';
import { stoppedByOf } from './plan.ts';

/** Current replicas of a Deployment; 0 without a Deployment. */
export const replicasOf = (deployment: Deployment | undefined): number => (deployment === undefined ? 0 : (deployment.spec?.replicas ?? 1));

/**
 * Replicas of a Deployment that is otherwise left as it is because the spec cannot be carried out now. A restore still stops the module and
 * starts it again, and a scale-down is always carried out.
 */
export function replicasMeanwhile(observed: ObservedModule): number {
  const { module, deployment, volumeClaim } = observed;
  if (stoppedByOf(observed) !== undefined) return 0;
  const now = replicasOf(deployment);
  const wanted = module.spec.enabled ? module.spec.size : 0;
  // No pod can start on a claim that is being deleted.
  const isStartable = module.spec.persistentVolumeClaim === undefined || (volumeClaim !== undefined && !isTerminating(volumeClaim));
  if (now === 0) return isStartable ? wanted : 0;
  return Math.min(now, wanted);
}
