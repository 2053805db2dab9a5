import { isTerminating } from '../../backup-jobs/claim-marks.ts';
import type { Deployment } from '../../resource-types/kubernetes.ts';
import { hasLiveData } from './bootstrap.ts';
import type { ObservedModule } from './observe.ts';
import { stoppedByOf } from './plan.ts';

/** Current replicas of a Deployment; 0 without a Deployment. */
export const replicasOf = (deployment: Deployment | undefined): number => (deployment === undefined ? 0 : (deployment.spec?.replicas ?? 1));

/**
 * Replicas of a Deployment that is otherwise left as it is because the spec cannot be carried out now. A restore still stops the module and
 * starts it again, and a scale-down is always carried out.
 */
export function replicasMeanwhile(observed: ObservedModule): number {
  const { module, deployment } = observed;
  if (stoppedByOf(observed) !== undefined) return 0;
  const now = replicasOf(deployment);
  const wanted = module.spec.enabled ? module.spec.size : 0;
  if (now === 0) return isStartable(observed) ? wanted : 0;
  return Math.min(now, wanted);
}

/** Whether pods may start: not on a claim that is being deleted, nor on one into which the backup has not been restored. */
function isStartable(observed: ObservedModule): boolean {
  const { module, volumeClaim } = observed;
  if (module.spec.persistentVolumeClaim === undefined) return true;
  if (volumeClaim === undefined || isTerminating(volumeClaim)) return false;
  return module.spec.bootstrapFromBackup === undefined || hasLiveData(observed);
}
