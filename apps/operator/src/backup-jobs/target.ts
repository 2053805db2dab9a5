import { ANNOTATION } from '@eeveebot/contract';
import type { BackupRestore, BackupScheduledReason, BotModule } from '@eeveebot/crds';
import { deletionText } from '../controller/objects/deletion.ts';
import { ownAccessModes } from '../pod-building/access-modes.ts';
import type { CronJob, PersistentVolumeClaim } from '../resource-types/kubernetes.ts';
import { isLive } from './claim-marks.ts';
import { hasEnded, isHolding } from './restores.ts';
import { volumeHolder, type ToolWork } from './volume-holder.ts';

/** Maximum number of modules that a message names. */
const LISTED = 5;

/** Index of BotModules by `spec.moduleName`. */
export const MODULES_BY_MODULE_NAME = 'moduleName';

/** Indexes a module by its `spec.moduleName`: `namespace/moduleName`. */
export const byModuleName = ({ metadata, spec }: BotModule): readonly string[] => [`${metadata.namespace}/${spec.moduleName}`];

/** Reasons why a module that names a BackupSchedule cannot be backed up. */
type Refusal = Extract<BackupScheduledReason, 'NoVolume' | 'ModuleNameNotUnique' | 'VolumeNotShareable'>;

/** Whether a module that names a BackupSchedule can be backed up. */
export type TargetVerdict =
  /** `heldBy` states why its backups are currently paused. */
  | { readonly eligible: true; readonly heldBy: string | undefined }
  | { readonly eligible: false; readonly reason: Refusal; readonly message: string };

/** The first of these names, and the number of the others. */
function nameList(names: readonly string[]): string {
  const sorted = names.toSorted();
  const more = sorted.length - LISTED;
  return more > 0 ? `${sorted.slice(0, LISTED).join(', ')} and ${more} more` : sorted.join(', ');
}

/** Why a module is not backed up, and what happens to its CronJob. */
export const refusalText = ({ message }: { readonly message: string }, cronJob: CronJob | undefined): string =>
  cronJob === undefined ? message : `${message}; CronJob ${cronJob.metadata.name} is suspended until then`;

/** Inputs for the decision whether a module can be backed up. */
export interface BackupCandidate {
  readonly module: BotModule;
  /** All modules of the namespace with the same `moduleName`, including itself. */
  readonly sameNameModules: readonly BotModule[];
  readonly restores: readonly BackupRestore[];
  readonly volumeClaim: PersistentVolumeClaim | undefined;
  /** The CronJob that backs the module up. */
  readonly cronJob: CronJob | undefined;
  /** Jobs and pods of the backup tool that belong to the module. */
  readonly toolWork: ToolWork;
}

/** Decides whether a module can be backed up, and whether it may be now. */
export function targetVerdict(candidate: BackupCandidate): TargetVerdict {
  const { module, sameNameModules } = candidate;
  const { spec, metadata } = module;
  if (spec.persistentVolumeClaim === undefined) {
    return {
      eligible: false,
      reason: 'NoVolume',
      message: 'the module has no volume: add spec.persistentVolumeClaim, or remove spec.backupSchedule',
    };
  }
  const others = sameNameModules.filter((other) => other.metadata.name !== metadata.name).map((other) => other.metadata.name);
  if (others.length > 0) {
    return {
      eligible: false,
      reason: 'ModuleNameNotUnique',
      message: `BotModule ${nameList(others)} has the same spec.moduleName ${spec.moduleName}: their backups would share one name; change spec.moduleName of one`,
    };
  }
  if (ownAccessModes(module, candidate.volumeClaim)?.includes('ReadWriteOncePod') === true)
    return { eligible: false, reason: 'VolumeNotShareable', message: onePodText(spec) };
  return { eligible: true, heldBy: hold(candidate) };
}

/** The access modes of a claim cannot be changed: a spec that was changed afterwards has no effect on it. */
const onePodText = ({ persistentVolumeClaim }: BotModule['spec']): string =>
  persistentVolumeClaim?.accessModes.includes('ReadWriteOncePod') === true
    ? 'spec.persistentVolumeClaim.accessModes is ReadWriteOncePod: a backup pod cannot mount it while the module uses it; use ReadWriteOnce'
    : 'the access mode of the existing volume claim is ReadWriteOncePod: a backup pod cannot mount it while the module uses it; copy the data that you need, and delete the claim to get one with spec.persistentVolumeClaim.accessModes';

function hold(candidate: BackupCandidate): string | undefined {
  const { module, restores, volumeClaim, toolWork } = candidate;
  const restore = restores.find(isHolding);
  if (restore !== undefined) return `BackupRestore ${restore.metadata.name} is using the volume`;
  const next = claiming(candidate);
  if (next !== undefined) return `BackupRestore ${next.metadata.name} is about to use the volume`;
  // Its resource may be gone or may no longer request a restore: while the Job runs, it writes to the volume.
  const holder = volumeHolder(toolWork, { module: module.metadata.name });
  if (holder !== undefined) return `${holder} restores the volume`;
  const deleted = deletionText([candidate.cronJob]);
  if (deleted !== undefined) return deleted;
  // An empty volume that waits for its bootstrap must not become the newest backup itself.
  const awaits = module.spec.bootstrapFromBackup !== undefined && !isLive(volumeClaim);
  if (awaits) return 'the volume has not been restored yet (spec.bootstrapFromBackup)';
  // Nothing creates the claim while the module is disabled or its spec cannot be carried out: the pod of a backup would wait for it.
  return volumeClaim === undefined ? 'the volume does not exist yet: it is created when the module first runs' : undefined;
}

/** The restore that has suspended the CronJob and is about to claim the volume: resuming the CronJob would let a backup start in between. */
function claiming({ restores, cronJob }: BackupCandidate): BackupRestore | undefined {
  const suspendedFor = cronJob?.metadata.annotations?.[ANNOTATION.suspendedFor];
  return restores.find(
    (restore) =>
      suspendedFor !== undefined &&
      restore.metadata.uid === suspendedFor &&
      restore.metadata.deletionTimestamp === undefined &&
      !hasEnded(restore),
  );
}
