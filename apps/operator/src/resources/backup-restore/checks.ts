import { ANNOTATION, moduleVolumeClaimName } from '@eeveebot/contract';
import type { BackupRestoreReason, BotModule, S3Store } from '@eeveebot/crds';
import { isTerminating } from '../../backup-jobs/claim-marks.ts';
import { isHolding } from '../../backup-jobs/restores.ts';
import { unfinishedBackup, usesClaim, usesVolumeText, volumeHolder, withHolderProblem } from '../../backup-jobs/volume-holder.ts';
import { delayedBy, objectText } from '../../controller/objects/deletion.ts';
import { controllerOf, isOwnedBy } from '../../controller/objects/owners.ts';
import type { Deployment, Job } from '../../resource-types/kubernetes.ts';
import { usableStore } from '../../stores/ready-store.ts';
import { isPaused } from '../paused.ts';
import type { ObservedRestore } from './observe.ts';

/** Reason why a restore cannot proceed at the moment. */
export interface Obstacle {
  readonly reason: BackupRestoreReason;
  readonly message: string;
}

/** Module and store of a restore. */
export interface RestoreTarget {
  readonly module: BotModule;
  readonly store: S3Store;
}

const pending = (message: string): Obstacle => ({ reason: 'Pending', message });

/** Module and store that the spec names, if both are usable. */
export function restoreTarget({ restore, module, store: named }: ObservedRestore): RestoreTarget | Obstacle {
  const { namespace } = restore.metadata;
  const { botModule, s3Store } = restore.spec;
  if (module === undefined) {
    return {
      reason: 'BotModuleNotFound',
      message: `spec.botModule.name is ${botModule.name}, but there is no such BotModule in namespace ${namespace}: create it or correct the name`,
    };
  }
  if (module.spec.persistentVolumeClaim === undefined)
    return { reason: 'NoVolume', message: `BotModule ${botModule.name} has no volume: add spec.persistentVolumeClaim to it` };
  const store = usableStore(named, { field: 'spec.s3Store.name', name: s3Store.name, namespace });
  return 'reason' in store ? store : { module, store };
}

/** Another exclusive user of the volume, current or imminent. */
export function otherHolder(observed: ObservedRestore, module: BotModule): Obstacle | undefined {
  const { restore, restores, jobs, pods, job, eventCauses } = observed;
  const other = restores.find((candidate) => candidate.metadata.uid !== restore.metadata.uid && isHolding(candidate));
  const holder =
    other === undefined
      ? volumeHolder({ jobs, pods }, { module: module.metadata.name, except: job?.metadata.uid })
      : `BackupRestore ${other.metadata.name}`;
  return holder === undefined
    ? undefined
    : pending(withHolderProblem(`${holder} is using the volume, and this restore runs after it`, { jobs, pods }, eventCauses));
}

/**
 * Conditions that would keep the module from stopping, or the volume from becoming free, once it was claimed. Checked while the module
 * still runs.
 */
export function obstacleToClaim({ deployment, volumeClaim, jobs }: ObservedRestore, module: BotModule): Obstacle | undefined {
  const { name } = module.metadata;
  if (module.metadata.deletionTimestamp !== undefined) return pending(`BotModule ${name} is being deleted`);
  if (isPaused(module)) return pending(pausedMessage(module));
  if (volumeClaim !== undefined && isTerminating(volumeClaim))
    return pending(`volume claim ${volumeClaim.metadata.name} is being deleted${delayedBy(volumeClaim)}`);
  if (deployment?.metadata.deletionTimestamp !== undefined)
    return pending(`Deployment ${deployment.metadata.name} is being deleted${delayedBy(deployment)}: the restore starts after that`);
  const owner = deployment && controllerOf(deployment);
  if (owner !== undefined && owner.uid !== module.metadata.uid)
    return pending(`Deployment ${deployment?.metadata.name} belongs to ${owner.kind} ${owner.name}, so it cannot be stopped`);
  const backup = unfinishedBackup(jobs);
  if (backup !== undefined) return pending(unfinishedText(backup));
  return undefined;
}

function unfinishedText(job: Job): string {
  const fix = job.metadata.deletionTimestamp === undefined ? '; delete the Job to start now' : '';
  return `${objectText(job)} has not finished: the restore starts after it${fix}`;
}

const pausedMessage = ({ metadata }: BotModule): string =>
  `BotModule ${metadata.name} is paused, so it cannot be stopped: remove its annotation ${ANNOTATION.paused}`;

/** A current user of the volume, or one that could start. */
export function obstacleToStart({ deployment, pods, volumeClaim, jobs, job }: ObservedRestore, module: BotModule): string | undefined {
  const { name } = module.metadata;
  if (volumeClaim === undefined) return `the volume claim of BotModule ${name} does not exist yet`;
  if (isTerminating(volumeClaim)) return `volume claim ${volumeClaim.metadata.name} is being deleted${delayedBy(volumeClaim)}`;
  const running = runningDeployment(deployment, name);
  if (running !== undefined) return isPaused(module) ? pausedMessage(module) : running;
  const claimName = moduleVolumeClaimName(name);
  const own = job?.metadata.uid;
  const pod = pods.find((candidate) => usesClaim(candidate, claimName) && !isOwnedBy(candidate, own));
  if (pod !== undefined) return usesVolumeText(pod);
  const backup = unfinishedBackup(jobs);
  return backup && `${objectText(backup)} is running`;
}

/**
 * Message if a Deployment has pods, or may still create some. `replicas: 0` in its spec is not enough: its controller may not have observed
 * that yet.
 */
export function runningDeployment(deployment: Deployment | undefined, module: string): string | undefined {
  if (deployment === undefined) return undefined;
  const { metadata, spec, status } = deployment;
  const isObserved = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  if (spec?.replicas === 0 && isObserved && (status?.replicas ?? 0) === 0) return undefined;
  return `BotModule ${module} is being scaled to 0`;
}
