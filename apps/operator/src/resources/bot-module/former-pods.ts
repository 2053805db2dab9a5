import { usesClaim, usesVolumeText } from '../../backup-jobs/volume-holder.ts';
import type { Clock } from '../../controller/clock.ts';
import { setBounded } from '../../controller/set-bounded.ts';
import type { Pod } from '../../resource-types/kubernetes.ts';
import { hasPodEnded } from '../../resource-types/pod-phase.ts';
import type { ObservedModule } from './observe.ts';
import { singleWriterVolumes } from './single-writer.ts';

/**
 * Time in which Kubernetes begins to delete the pods of a stopped module or of a deleted Deployment. It usually needs less than a second, and
 * longer while another controller manager takes over. Pods that it leaves belong to the next Deployment, such as those that
 * `kubectl delete --cascade=orphan` keeps.
 */
const STOP_MS = 60_000;

/** Time after which a pod that was kept may belong to a Deployment that is being deleted now. */
const KEPT_MS = 10 * STOP_MS;

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
  obstacle(observed: ObservedModule, clock: Pick<Clock, 'elapsedMs'>): string | undefined {
    const { claims, hasDisk } = singleWriterVolumes(observed);
    // Disks without a claim are not cached.
    const mayWrite = (pod: Pod) => (hasDisk ? !hasPodEnded(pod) : claims.some((name) => usesClaim(pod, name)));
    const pod = observed.pods.find((candidate) => mayWrite(candidate) && !this.#isKept(candidate, clock.elapsedMs()));
    return pod && `${usesVolumeText(pod)}; the module starts after it has ended`;
  }

  #isKept({ metadata: { uid = '', deletionTimestamp } }: Pod, nowMs: number): boolean {
    if (deletionTimestamp !== undefined) return false;
    const knownMs = this.#seenMs.get(uid) ?? nowMs;
    const seenMs = nowMs - knownMs < KEPT_MS ? knownMs : nowMs;
    setBounded(this.#seenMs, [uid, seenMs], REMEMBERED);
    return nowMs - seenMs >= STOP_MS;
  }
}
