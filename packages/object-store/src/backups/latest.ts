import type { BackupOwner } from '@eeveebot/contract';
import { listBackups } from './backup-listing.ts';
import { isComplete, type StoredBackup } from './stored-backup.ts';
import type { Store } from '../s3/store.ts';

/** The backup that `latest` stands for, and what was not chosen. */
export interface LatestBackup {
  readonly backup: StoredBackup;
  /** Why each newer backup was not chosen, one text each, the newest first; bounded. Empty when it is the newest of all. */
  readonly passedOver: readonly string[];
}

/** More than this many backups that were passed over are only counted. */
const MOST_REASONS = 10;

/**
 * The backup that `latest` stands for; undefined only when the store answered that there is none: see {@link chosenBackup}.
 *
 * @throws StoreError
 */
export async function latestBackup(store: Store, owner: BackupOwner, signal?: AbortSignal): Promise<LatestBackup | undefined> {
  return chosenBackup(await listBackups(store, owner, signal));
}

/**
 * The newest complete backup whose last verification did not fail. Without one, the newest complete one; without that, the newest
 * archive without a sidecar; and when every sidecar contradicts its archive, the newest of those.
 *
 * @param newestFirst as {@link listBackups} gives them.
 */
export function chosenBackup(newestFirst: readonly StoredBackup[]): LatestBackup | undefined {
  const backup = CHOICES.map((isChoice) => newestFirst.find(isChoice)).find((choice) => choice !== undefined);
  if (backup === undefined) return undefined;
  const newer = newestFirst.slice(0, newestFirst.indexOf(backup));
  const reasons = newer.slice(0, MOST_REASONS).map(passedOverReason);
  return { backup, passedOver: newer.length > MOST_REASONS ? [...reasons, `and ${newer.length - MOST_REASONS} more backups`] : reasons };
}

/** In order of preference. */
const CHOICES: readonly ((backup: StoredBackup) => boolean)[] = [
  (backup) => isComplete(backup) && !backup.failed,
  isComplete,
  ({ hasSidecar, failed }) => !hasSidecar && !failed,
  ({ hasSidecar }) => !hasSidecar,
  () => true,
];

function passedOverReason(backup: StoredBackup): string {
  return `backup ${backup.id} of ${backup.takenAt.toISOString()} was passed over: ${incompleteReason(backup) ?? 'its last verification failed'}`;
}

/**
 * Why a backup does not count as complete; undefined when it does.
 *
 * @example
 * incompleteReason(backup); // 'it has no sidecar, so its upload may not have finished'
 */
export function incompleteReason(backup: StoredBackup): string | undefined {
  const { sidecar, sidecarProblem, hasSidecar, sizeBytes } = backup;
  if (!hasSidecar) return 'it has no sidecar, so its upload may not have finished';
  if (sidecar === undefined) return sidecarProblem;
  return isComplete(backup) ? undefined : `its archive has ${sizeBytes} bytes, but ${sidecar.sizeBytes} were uploaded`;
}

/** What to tell users when a backup comes from the location of releases before 3.0. */
export const formerLocationNotice = ({ beginning }: Pick<StoredBackup, 'beginning'>, owner: BackupOwner): string =>
  `read from ${beginning}, where releases before 3.0 kept backups, because there is no backup at today's location: make sure that it belongs to module ${owner.moduleName} of namespace ${owner.namespace}`;
