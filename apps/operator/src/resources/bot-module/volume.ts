import type { BotModule, VolumeInSyncReason } from '@eeveebot/crds';
import { claimMarks } from '../../backup-jobs/claim-marks.ts';
import type { ReconcileContext } from '../../controller/run/definition.ts';
import { PERSISTENT_VOLUME_CLAIM, type PersistentVolumeClaim } from '../../resource-types/kubernetes.ts';
import { recordApplied } from '../applied-events.ts';
import { ClaimGrowth, GROWTH_RETRY_MS } from '../claim-growth.ts';
import { claimRequest, desiredVolumeClaim, fixedFieldProblems } from './desired/volume-claim.ts';
import type { ObservedModule } from './observe.ts';

/** Bound on the claims whose refusal is remembered. */
const REMEMBERED = 10_000;

/** Differences between the existing claim of a module and its spec. */
export interface VolumeReport {
  readonly problems: readonly string[];
  readonly reason: VolumeInSyncReason;
  readonly retryAfterMs?: number;
}

/** Applies the claims of modules. A change that an existing claim does not allow stops nothing else. */
export class ModuleVolumes {
  readonly #growth = new ClaimGrowth(REMEMBERED);

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

    const refused = await this.#grow(module, volumeClaim, context);
    const differing = fixedFieldProblems(module, volumeClaim);
    if (refused !== undefined) return { problems: [refused, ...differing], reason: 'ResizeRefused', retryAfterMs: GROWTH_RETRY_MS };
    return { problems: differing, reason: differing.length > 0 ? 'ClaimDiffers' : 'InSync' };
  }

  /** @returns the reason why the claim cannot grow. */
  async #grow(module: BotModule, claim: PersistentVolumeClaim, context: ReconcileContext): Promise<string | undefined> {
    const { events } = context;
    const { name, uid = '' } = claim.metadata;
    const storage = claimRequest(module);
    const label = `volume claim ${name}`;
    const growth = await this.#growth.request(claim, { storage, label, metadata: { uid } }, context);
    if (growth.outcome === 'requested')
      events.record(module, { type: 'Normal', reason: 'VolumeGrown', message: `Requested ${storage} for ${label}` });
    if (growth.outcome !== 'refused') return undefined;
    if (growth.isNew) events.record(module, { type: 'Warning', reason: 'ResizeRefused', message: growth.message });
    return growth.message;
  }
}
