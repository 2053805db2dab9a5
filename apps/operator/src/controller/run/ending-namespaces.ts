import type { Clock } from '../clock.ts';
import type { KubeObject } from '../objects/kube-object.ts';
import { setBounded } from '../set-bounded.ts';

/** Maximum number of resources that are remembered. */
const REMEMBERED = 10_000;

/**
 * Resources in namespaces that are being deleted. Nothing can be created there, while the deletion of each of their objects would cause
 * another attempt, so they are left for a while. They are known by uid: a namespace of the same name may be created again at any time.
 */
export class EndingNamespaces {
  readonly #clock: Pick<Clock, 'elapsedMs'>;
  /** End of the pause by uid. */
  readonly #untilMs = new Map<string, number>();

  constructor(clock: Pick<Clock, 'elapsedMs'>) {
    this.#clock = clock;
  }

  /** Records that nothing could be created for a resource: it is left for `delayMs`. */
  pause(resource: KubeObject | undefined, delayMs: number): void {
    const uid = resource?.metadata.uid;
    if (uid !== undefined) setBounded(this.#untilMs, [uid, this.#clock.elapsedMs() + delayMs], REMEMBERED);
  }

  /** Time for which a resource is still left. One that is itself being deleted never is: others may wait for what it holds. */
  pausedForMs(resource: KubeObject | undefined): number {
    const { uid = '', deletionTimestamp } = resource?.metadata ?? {};
    return deletionTimestamp === undefined ? Math.max(0, (this.#untilMs.get(uid) ?? 0) - this.#clock.elapsedMs()) : 0;
  }
}
