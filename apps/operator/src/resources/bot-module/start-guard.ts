import { liveHolder } from '../../backup-jobs/live-volume.ts';
import type { VolumeLocks } from '../../backup-jobs/volume-lock.ts';
import type { ReconcileContext } from '../../controller/run/definition.ts';
import { observeModule, type ObservedModule } from './observe.ts';
import { stoppedByOf } from './plan.ts';
import { replicasOf } from './replicas.ts';

/** An obstacle to scaling up a module, found by the last check. */
export interface HeldBack {
  readonly heldBy: string;
}

/**
 * Writes the Deployment of a module. Before the first pods of a module with a volume start, asks the API server once more whether a restore
 * may write to the volume; if so, nothing is written.
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
    const heldBy = known ?? (await liveHolder({ namespace, module: name }, context));
    if (heldBy !== undefined) return { heldBy };
    await write();
    return undefined;
  });
}
