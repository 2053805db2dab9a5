import { moduleDeploymentName, moduleVolumeClaimName } from '@eeveebot/contract';
import { isTerminating } from '../../backup-jobs/claim-marks.ts';
import { liveJobs, livePods, type VolumeOwner } from '../../backup-jobs/live-volume.ts';
import { usesVolumeText, volumeHolder } from '../../backup-jobs/volume-holder.ts';
import type { VolumeLocks } from '../../backup-jobs/volume-lock.ts';
import type { ReconcileContext } from '../../controller/run/definition.ts';
import { isBackupPod, isModulePod } from '../../resource-types/kinds.ts';
import { DEPLOYMENT, PERSISTENT_VOLUME_CLAIM, type Pod } from '../../resource-types/kubernetes.ts';
import { FormerPods } from './former-pods.ts';
import { deployedVolumes, guardedVolumes, type GuardedVolumes, isNone, NO_VOLUMES, without } from './guarded-volumes.ts';
import { observeModule, type ObservedModule } from './observe.ts';
import { exclusiveUserOf } from './plan.ts';
import { replacedPods, type ReplacedPods } from './replaced-pods.ts';
import { replicasOf } from './replicas.ts';

/** An obstacle to scaling up a module, found by the last check. */
export interface HeldBack {
  readonly message: string;
}

/** A change of the Deployment of a module. */
export interface GuardedWrite {
  readonly observed: ObservedModule;
  /** Replicas after the change. */
  readonly replicas: number;
  /** Whether the pods stay those of the Deployment, whose volumes may be others than those of the spec. */
  readonly keepsPods?: boolean;
  /** Whether the change would send a request, according to the cache. */
  readonly isDue: () => Promise<boolean>;
  /** Makes the change with 0 replicas. Only for pods that must not run beside those of another template. */
  readonly stop?: (() => Promise<void>) | undefined;
}

/** The pods that a change starts. */
interface Starting {
  /** Volumes that they use, and that no running pod of the Deployment may use. */
  readonly volumes: GuardedVolumes;
  readonly replaced?: ReplacedPods | undefined;
}

/**
 * Writes Deployments of modules. Before pods use a volume that no pod of the Deployment uses yet, checks that former ones have ended. If it
 * is the module's own, asks the API server once more whether a restore may write to it, and whether it is still the one that needs no restore.
 *
 * Before it changes a Deployment whose pods are still being replaced, it checks that as well: if a change is undone, the new pods have the
 * template of the former ones, and Kubernetes waits only for pods of other templates.
 */
export class StartGuard {
  readonly #locks: VolumeLocks;
  readonly #formerPods = new FormerPods();

  constructor(locks: VolumeLocks) {
    this.#locks = locks;
  }

  /** Calls `write`, unless there is an obstacle. */
  async writeUnlessHeld(given: GuardedWrite, context: ReconcileContext, write: () => Promise<void>): Promise<HeldBack | undefined> {
    const { observed, replicas, keepsPods = false } = given;
    const isUnguarded = replicas === 0 || (!keepsPods && isNone(guardedVolumes(observed)));
    const starting = isUnguarded ? NOTHING : await startingPods(given, context);
    if (isNone(starting.volumes)) {
      await write();
      return undefined;
    }
    const { namespace, name } = observed.module.metadata;
    if (starting.replaced === 'not known yet') {
      const message = `Kubernetes has not processed the last change of Deployment ${moduleDeploymentName(name)} yet; the next one is applied after that`;
      return { message };
    }
    return this.#locks.with({ namespace, name }, async () => {
      const { pods, holder } = await liveUse({ namespace, module: name }, { observed, volumes: starting.volumes }, context);
      const then = replicasOf(observed.deployment) === 0 ? 'the module starts' : 'the change is applied';
      if (holder !== undefined) return { message: `${holder} restores the volume: ${then} after it` };
      const former = this.#formerPods.find(formerOf(pods, starting), starting.volumes, context.clock);
      if (former !== undefined) {
        // With the new template and no replicas, Kubernetes does not start pods of the withdrawn one either.
        if (starting.replaced !== undefined) await given.stop?.();
        return { message: `${usesVolumeText(former)}; ${starting.replaced === undefined ? then : 'the module starts'} after it has ended` };
      }
      const changed = starting.volumes.hasOwn ? await changedClaim(observed, context) : undefined;
      if (changed !== undefined) return { message: changed };
      await write();
      this.#formerPods.started(pods);
      return undefined;
    });
  }
}

/** The pods of a module, and the restore that uses its own volume, if that is one of `volumes`. */
async function liveUse(
  owner: VolumeOwner,
  { observed, volumes }: { readonly observed: ObservedModule; readonly volumes: GuardedVolumes },
  context: ReconcileContext,
): Promise<{ readonly pods: readonly Pod[]; readonly holder: string | undefined }> {
  const { namespace, module: name } = owner;
  const known = volumes.hasOwn ? exclusiveUserOf(observeModule({ namespace, name }, context.cache) ?? observed) : undefined;
  if (known !== undefined) return { pods: [], holder: known };
  const [pods, jobs] = await Promise.all([livePods(owner, context), volumes.hasOwn ? liveJobs(owner, context) : []]);
  const holder = volumes.hasOwn ? volumeHolder({ jobs, pods: pods.filter(isBackupPod) }, owner) : undefined;
  return { pods: pods.filter(isModulePod), holder };
}

const NOTHING: Starting = { volumes: NO_VOLUMES };

/**
 * The pods that a change starts. No restore can have begun on volumes that a running pod uses. A cached Deployment that has replicas is read
 * again before it is changed, since another client may have stopped or deleted it a moment ago.
 */
async function startingPods({ observed, keepsPods = false, isDue, stop }: GuardedWrite, context: ReconcileContext): Promise<Starting> {
  const { writer, signal } = context;
  const { namespace, name } = observed.module.metadata;
  const wanted = guardedVolumes(observed);
  if (!keepsPods && replicasOf(observed.deployment) === 0) return { volumes: wanted };
  if (!(await isDue())) return NOTHING;
  const current = await writer.read(DEPLOYMENT, { namespace, name: moduleDeploymentName(name) }, signal);
  const deployed = current === undefined ? NO_VOLUMES : deployedVolumes(current, observed);
  const volumes = without(keepsPods ? deployed : wanted, replicasOf(current) > 0 ? deployed : NO_VOLUMES);
  const replaced = stop && replacedPods(current);
  return replaced === undefined ? { volumes } : { volumes: { ...wanted, hasOwn: volumes.hasOwn }, replaced };
}

/** The pods of a module that may have to end before those of a change start. */
const formerOf = (pods: readonly Pod[], { replaced }: Starting): readonly Pod[] =>
  replaced === 'those being deleted' ? pods.filter(({ metadata }) => metadata.deletionTimestamp !== undefined) : pods;

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
