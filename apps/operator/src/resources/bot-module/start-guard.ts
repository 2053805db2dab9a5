import { moduleDeploymentName, moduleVolumeClaimName } from '@eeveebot/contract';
import { isTerminating } from '../../backup-jobs/claim-marks.ts';
import { liveHolder } from '../../backup-jobs/live-volume.ts';
import type { VolumeLocks } from '../../backup-jobs/volume-lock.ts';
import type { ReconcileContext } from '../../controller/run/definition.ts';
import { DEPLOYMENT, PERSISTENT_VOLUME_CLAIM } from '../../resource-types/kubernetes.ts';
import { FormerPods } from './former-pods.ts';
import { observeModule, type ObservedModule } from './observe.ts';
import { stoppedByOf } from './plan.ts';
import { replicasOf } from './replicas.ts';
import { mayHaveSingleWriter } from './single-writer.ts';

/** An obstacle to scaling up a module, found by the last check. */
export interface HeldBack {
  readonly message: string;
}

/** A change of the Deployment of a module. */
export interface GuardedWrite {
  readonly observed: ObservedModule;
  /** Replicas after the change. */
  readonly replicas: number;
  /** Whether the change would send a request, according to the cache. */
  readonly isDue: () => Promise<boolean>;
}

/**
 * Writes Deployments of modules. Before pods of a module with a volume start, checks that former ones have ended. If it is the module's own,
 * asks the API server once more whether a restore may write to it, and whether it is still the one that needs no restore.
 */
export class StartGuard {
  readonly #locks: VolumeLocks;
  readonly #formerPods = new FormerPods();

  constructor(locks: VolumeLocks) {
    this.#locks = locks;
  }

  /** Calls `write`, unless there is an obstacle. */
  async writeUnlessHeld(given: GuardedWrite, context: ReconcileContext, write: () => Promise<void>): Promise<HeldBack | undefined> {
    const { observed, replicas } = given;
    const { namespace, name } = observed.module.metadata;
    if (!needsGuard(observed) || replicas === 0 || (await isRunning(given, context))) {
      await write();
      return undefined;
    }
    return this.#locks.with({ namespace, name }, async () => {
      const obstacle = await this.#obstacle(observed, context);
      if (obstacle === undefined) await write();
      return obstacle;
    });
  }

  async #obstacle(observed: ObservedModule, context: ReconcileContext): Promise<HeldBack | undefined> {
    const { namespace, name: module } = observed.module.metadata;
    const now = observeModule({ namespace, name: module }, context.cache) ?? observed;
    const holder = hasOwnVolume(observed) ? (stoppedByOf(now) ?? (await liveHolder({ namespace, module }, context))) : undefined;
    if (holder !== undefined) return { message: `${holder} restores the volume: the module starts after it` };
    const message = this.#formerPods.obstacle(now, context.clock) ?? (await changedClaim(observed, context));
    return message === undefined ? undefined : { message };
  }
}

const hasOwnVolume = ({ module }: ObservedModule): boolean => module.spec.persistentVolumeClaim !== undefined;

const needsGuard = (observed: ObservedModule): boolean => hasOwnVolume(observed) || mayHaveSingleWriter(observed);

/**
 * Whether pods of the module may use the volume already: no restore can have begun then. A cached Deployment that has replicas is read again
 * before it is changed, since another operator may have stopped the module just before this one took over.
 */
async function isRunning({ observed, isDue }: GuardedWrite, { writer, signal }: ReconcileContext): Promise<boolean> {
  const { namespace, name } = observed.module.metadata;
  if (replicasOf(observed.deployment) === 0) return false;
  if (!hasOwnVolume(observed) || !(await isDue())) return true;
  const current = await writer.read(DEPLOYMENT, { namespace, name: moduleDeploymentName(name) }, signal);
  const volumes = current?.spec?.template.spec?.volumes ?? [];
  const isMounted = volumes.some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === moduleVolumeClaimName(name));
  return isMounted && replicasOf(current) > 0;
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
