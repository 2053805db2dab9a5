import { moduleVolumeClaimName } from '@eeveebot/contract';
import { usesClaim, usesVolumeText } from '../../backup-jobs/volume-holder.ts';
import type { Clock } from '../../controller/clock.ts';
import { setBounded } from '../../controller/set-bounded.ts';
import { isShareable, ownAccessModes } from '../../pod-building/access-modes.ts';
import type { Pod } from '../../resource-types/kubernetes.ts';
import type { ObservedModule } from './observe.ts';

/**
 * Time in which Kubernetes begins to delete the pods of a stopped module or of a deleted Deployment; it usually needs less than a second.
 * Pods that it leaves belong to the next Deployment, such as those that `kubectl delete --cascade=orphan` keeps.
 */
const STOP_MS = 15_000;

/** Bound on the pods that are remembered. */
const REMEMBERED = 10_000;

/**
 * Pods from the time before a module was stopped. On a volume for one writer, no pod may start beside them: they write until they have
 * ended, even while they are being deleted. Kubernetes does not wait for the pods of a former Deployment.
 */
export class FormerPods {
  /** When a pod that is not being deleted was first seen, by uid. */
  readonly #seenMs = new Map<string, number>();

  /** Message about the pod that keeps the module from being started. */
  obstacle({ module, volumeClaim, pods }: ObservedModule, clock: Pick<Clock, 'elapsedMs'>): string | undefined {
    if (isShareable(ownAccessModes(module, volumeClaim))) return undefined;
    const claimName = moduleVolumeClaimName(module.metadata.name);
    const pod = pods.find((candidate) => usesClaim(candidate, claimName) && !this.#isKept(candidate, clock.elapsedMs()));
    return pod && `${usesVolumeText(pod)}; the module starts after it has ended`;
  }

  #isKept({ metadata: { uid = '', deletionTimestamp } }: Pod, nowMs: number): boolean {
    if (deletionTimestamp !== undefined) return false;
    const seenMs = this.#seenMs.get(uid) ?? nowMs;
    setBounded(this.#seenMs, [uid, seenMs], REMEMBERED);
    return nowMs - seenMs >= STOP_MS;
  }
}
