import { claimMarks } from '../../backup-jobs/claim-marks.ts';
import { ApiError } from '../../controller/errors.ts';
import type { ReconcileContext } from '../../controller/run/definition.ts';
import { setBounded } from '../../controller/set-bounded.ts';
import { quantityValue } from '../../pod-building/quantity.ts';
import { PERSISTENT_VOLUME_CLAIM } from '../../resource-types/kubernetes.ts';
import { recordApplied } from '../applied-events.ts';
import { claimRequest, desiredVolumeClaim, fixedFieldProblems } from './desired/volume-claim.ts';
import type { ObservedModule } from './observe.ts';

/** Delay until a refused size is requested again: the storage class may allow it by then. */
const RETRY_MS = 600_000;

/** Bound on the claims whose refusal is remembered. */
const REMEMBERED = 10_000;

/** Differences between the existing claim of a module and its spec. */
export interface VolumeReport {
  readonly problems: readonly string[];
  readonly reason: 'InSync' | 'ResizeRefused' | 'ClaimDiffers';
  readonly retryAfterMs?: number;
}

/** Applies the claims of modules. A change that an existing claim does not allow stops nothing else. */
export class ModuleVolumes {
  readonly #refusals = new Map<string, { readonly size: number; readonly message: string; readonly atMs: number }>();

  /**
   * Applies the claim of a module, then requests a larger volume if the spec does.
   *
   * @param given.live whether the module is about to run on it.
   * @throws ApiError when the claim itself is refused.
   */
  async apply(
    observed: ObservedModule,
    { live }: { readonly live: boolean },
    context: ReconcileContext,
  ): Promise<VolumeReport | undefined> {
    const { module, volumeClaim } = observed;
    const { writer, events, signal } = context;
    const marks = claimMarks(volumeClaim, { live, withUid: module.spec.bootstrapFromBackup !== undefined });
    const claim = desiredVolumeClaim(module, { marks, existing: volumeClaim });
    if (claim === undefined) return undefined;
    recordApplied(module, [await writer.apply(PERSISTENT_VOLUME_CLAIM, claim, signal)], events);
    if (volumeClaim === undefined) return { problems: [], reason: 'InSync' };

    const refused = await this.#grow(observed, context);
    const differing = fixedFieldProblems(module, volumeClaim);
    if (refused !== undefined) return { problems: [refused, ...differing], reason: 'ResizeRefused', retryAfterMs: RETRY_MS };
    return { problems: differing, reason: differing.length > 0 ? 'ClaimDiffers' : 'InSync' };
  }

  /** @returns the reason why the claim cannot grow. */
  async #grow({ module, volumeClaim }: ObservedModule, { writer, events, now, signal }: ReconcileContext): Promise<string | undefined> {
    const storage = claimRequest(module);
    const { namespace = '', name, uid = '', deletionTimestamp } = volumeClaim?.metadata ?? { name: '' };
    const size = quantityValue(storage);
    if (deletionTimestamp !== undefined || size <= quantityValue(volumeClaim?.spec?.resources?.requests?.['storage'] ?? 0))
      return undefined;
    const known = this.#refusals.get(uid);
    if (known?.size === size && now.getTime() - known.atMs < RETRY_MS) return known.message;
    try {
      const patch = { metadata: { uid }, spec: { resources: { requests: { storage } } } };
      await writer.patch(PERSISTENT_VOLUME_CLAIM, { namespace, name }, patch, signal);
      this.#refusals.delete(uid);
      events.record(module, { type: 'Normal', reason: 'VolumeGrown', message: `Asked for ${storage} for volume claim ${name}` });
      return undefined;
    } catch (error) {
      if (signal.aborted || !(error instanceof ApiError)) throw error;
      const message = `volume claim ${name} cannot be grown to ${storage}: ${error.message}`;
      events.record(module, { type: 'Warning', reason: 'ResizeRefused', message });
      setBounded(this.#refusals, [uid, { size, message, atMs: now.getTime() }], REMEMBERED);
      return message;
    }
  }
}
