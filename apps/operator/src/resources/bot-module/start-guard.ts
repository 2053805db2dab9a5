import { moduleVolumeClaimName } from '@eeveebot/contract';
import { isTerminating } from '../../backup-jobs/claim-marks.ts';
import { liveHolder } from '../../backup-jobs/live-volume.ts';
import type { VolumeLocks } from '../../backup-jobs/volume-lock.ts';
import type { ReconcileContext } from '../../controller/run/definition.ts';
import { PERSISTENT_VOLUME_CLAIM } from '../../resource-types/kubernetes.ts';
import { observeModule, type ObservedModule } from './observe.ts';
import { stoppedByOf } from './plan.ts';
import { replicasOf } from './replicas.ts';

/** An obstacle to scaling up a module, found by the last check. */
export interface HeldBack {
  readonly message: string;
}

/**
 * Writes the Deployment of a module. Before the first pods of a module with a volume start, asks the API server once more whether a restore
 * may write to the volume, and whether the volume is still the one that needs no restore. Otherwise, nothing is written.
 *
 * @param given.replicas replicas after the write.
 */
export async function writeUnlessHeld(
  { observed, replicas, locks }: { readonly observed: ObservedModule; readonly replicas: number; readonly locks: VolumeLocks },
  context: ReconcileContext,
  write: () => Promise<void>,
): Promise<HeldBack | undefined> {
  const { module, deployment } = observed;
  const { namespace, name } = module.metadata;
  const isStart = replicas > 0 && replicasOf(deployment) === 0;
  if (module.spec.persistentVolumeClaim === undefined || !isStart) {
    await write();
    return undefined;
  }
  return locks.with({ namespace, name }, async () => {
    const known = stoppedByOf(observeModule({ namespace, name }, context.cache) ?? observed);
    const holder = known ?? (await liveHolder({ namespace, module: name }, context));
    if (holder !== undefined) return { message: `${holder} restores the volume: the module starts after it` };
    const message = await changedClaim(observed, context);
    if (message !== undefined) return { message };
    await write();
    return undefined;
  });
}

/** Message if the claim is no longer the observed one: the cache can be seconds behind, and a new claim must be restored first. */
async function changedClaim({ module, volumeClaim }: ObservedModule, { writer, signal }: ReconcileContext): Promise<string | undefined> {
  if (module.spec.bootstrapFromBackup === undefined) return undefined;
  const { namespace } = module.metadata;
  const name = moduleVolumeClaimName(module.metadata.name);
  const claim = await writer.read(PERSISTENT_VOLUME_CLAIM, { namespace, name }, signal);
  const isKnown = claim !== undefined && claim.metadata.uid === volumeClaim?.metadata.uid && !isTerminating(claim);
  return isKnown
    ? undefined
    : `volume claim ${name} was deleted or created again a moment ago: the module starts once it is known to have data`;
}
