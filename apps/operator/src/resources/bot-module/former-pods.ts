import { usesClaim } from '../../backup-jobs/volume-holder.ts';
import type { Clock } from '../../controller/clock.ts';
import { setBounded } from '../../controller/set-bounded.ts';
import type { Pod } from '../../resource-types/kubernetes.ts';
import { hasPodEnded } from '../../resource-types/pod-phase.ts';
import { isDisk, type SingleWriterVolumes } from './single-writer.ts';

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

  /** The pod that keeps the module from being started on these volumes. @param pods those of the module, with all their volumes. */
  find(pods: readonly Pod[], { claims, hasDisk }: SingleWriterVolumes, clock: Pick<Clock, 'elapsedMs'>): Pod | undefined {
    // Which disks a pod uses does not matter: they have no name of their own.
    const mayWrite = (pod: Pod) => (hasDisk && usesDisk(pod)) || claims.some((name) => usesClaim(pod, name));
    return pods.find((candidate) => mayWrite(candidate) && !this.#isKept(candidate, clock.elapsedMs()));
  }

  /** Notes that the module was started beside its pods: they are its own from now on. */
  started(pods: readonly Pod[]): void {
    for (const { metadata } of pods) this.#seenMs.delete(metadata.uid ?? '');
  }

  #isKept({ metadata: { uid = '', deletionTimestamp } }: Pod, nowMs: number): boolean {
    if (deletionTimestamp !== undefined) return false;
    const knownMs = this.#seenMs.get(uid) ?? nowMs;
    const seenMs = nowMs - knownMs < KEPT_MS ? knownMs : nowMs;
    setBounded(this.#seenMs, [uid, seenMs], REMEMBERED);
    return nowMs - seenMs >= STOP_MS;
  }
}

const usesDisk = (pod: Pod): boolean => !hasPodEnded(pod) && pod.spec?.volumes?.some(isDisk) === true;
