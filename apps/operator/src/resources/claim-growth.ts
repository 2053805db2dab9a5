import type { Quantity } from '@eeveebot/crds';
import { ApiError } from '../controller/errors.ts';
import type { ReconcileContext } from '../controller/run/definition.ts';
import { setBounded } from '../controller/set-bounded.ts';
import { quantityValue } from '../pod-building/quantity.ts';
import { PERSISTENT_VOLUME_CLAIM, type PersistentVolumeClaim } from '../resource-types/kubernetes.ts';

/** Delay until a refused size is requested again: the storage class may allow it by then. */
export const GROWTH_RETRY_MS = 600_000;

/** Result of requesting a larger volume. */
export type Growth =
  /** The claim is large enough, or is being deleted. */
  | { readonly outcome: 'unneeded' }
  | { readonly outcome: 'requested' }
  /** `isNew`: refused now, not before. */
  | { readonly outcome: 'refused'; readonly message: string; readonly isNew: boolean };

interface Refusal {
  readonly size: number;
  readonly message: string;
  /** By the monotonic clock. */
  readonly atMs: number;
}

/** Requests larger volumes for claims, and remembers refusals so that they are not requested at each reconcile. Never shrinks a claim. */
export class ClaimGrowth {
  readonly #refusals = new Map<string, Refusal>();
  readonly #mostRemembered: number;

  /** @param mostRemembered bound on the claims whose refusal is remembered. */
  constructor(mostRemembered: number) {
    this.#mostRemembered = mostRemembered;
  }

  /**
   * Requests a volume of at least `storage`.
   *
   * @param wanted.label name of the claim in messages.
   * @param wanted.metadata of the patch: preconditions.
   * @throws the error if it is not a refusal of the API server.
   */
  async request(
    claim: PersistentVolumeClaim,
    wanted: { readonly storage: Quantity; readonly label: string; readonly metadata?: object },
    { writer, clock, signal }: ReconcileContext,
  ): Promise<Growth> {
    const { storage, label } = wanted;
    const { namespace = '', name, uid = '' } = claim.metadata;
    const size = quantityValue(storage);
    if (claim.metadata.deletionTimestamp !== undefined || size <= requestedSize(claim)) return { outcome: 'unneeded' };
    const known = this.#refusals.get(uid);
    if (known?.size === size && clock.elapsedMs() - known.atMs < GROWTH_RETRY_MS)
      return { outcome: 'refused', message: known.message, isNew: false };
    try {
      const patch = { ...(wanted.metadata && { metadata: wanted.metadata }), spec: { resources: { requests: { storage } } } };
      await writer.patch(PERSISTENT_VOLUME_CLAIM, { namespace, name }, patch, signal);
      this.#refusals.delete(uid);
      return { outcome: 'requested' };
    } catch (error) {
      if (signal.aborted || !(error instanceof ApiError)) throw error;
      const message = `${label} cannot be grown to ${storage}: ${error.message}`;
      setBounded(this.#refusals, [uid, { size, message, atMs: clock.elapsedMs() }], this.#mostRemembered);
      return { outcome: 'refused', message, isNew: true };
    }
  }
}

const requestedSize = ({ spec }: PersistentVolumeClaim): number => quantityValue(spec?.resources?.requests?.['storage'] ?? 0);
