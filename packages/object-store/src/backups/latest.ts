import type { BackupOwner } from '@eeveebot/contract';
import { listBackups } from './backup-listing.ts';
import { doubts, UNFINISHED_RESTORE } from './doubt.ts';
import { isComplete, type StoredBackup } from './stored-backup.ts';
import type { Store } from '../s3/store.ts';

/** The backup that `latest` resolves to, and why newer ones were passed over. */
export interface LatestBackup {
  readonly backup: StoredBackup;
  /** Why each newer backup was not chosen, newest first, limited in number. Empty when the backup is the newest. */
  readonly passedOver: readonly string[];
  /** Why the backup does not count as good; undefined when it does. */
  readonly doubt: string | undefined;
}

/** Maximum number of reasons; further backups are only counted. */
const MOST_REASONS = 10;

/**
 * The backup that `latest` resolves to; undefined only when the store confirms that none exists. See {@link chosenBackup}.
 *
 * @throws StoreError
 */
export async function latestBackup(store: Store, owner: BackupOwner, signal?: AbortSignal): Promise<LatestBackup | undefined> {
  return chosenBackup(await listBackups(store, owner, signal));
}

/**
 * The newest complete backup whose last verification did not fail and that was not made after an unfinished restore; otherwise the newest
 * complete backup whose verification did not fail, then the newest complete one, then the newest archive without a sidecar, and last the
 * newest archive whose sidecar contradicts it.
 *
 * @param newestFirst as returned by {@link listBackups}.
 */
export function chosenBackup(newestFirst: readonly StoredBackup[]): LatestBackup | undefined {
  const backup = CHOICES.map((isChoice) => newestFirst.find(isChoice)).find((choice) => choice !== undefined);
  if (backup === undefined) return undefined;
  const doubt = doubts(newestFirst).get(backup.id);
  const newer = newestFirst.slice(0, newestFirst.indexOf(backup));
  const reasons = newer.slice(0, MOST_REASONS).map(passedOverReason);
  const passedOver = newer.length > MOST_REASONS ? [...reasons, `and ${newer.length - MOST_REASONS} more backups`] : reasons;
  return { backup, passedOver, doubt };
}

/** In order of preference. */
const CHOICES: readonly ((backup: StoredBackup) => boolean)[] = [
  (backup) => isComplete(backup) && !backup.failed && backup.sidecar?.unfinishedRestore !== true,
  (backup) => isComplete(backup) && !backup.failed,
  isComplete,
  ({ hasSidecar, failed }) => !hasSidecar && !failed,
  ({ hasSidecar }) => !hasSidecar,
  () => true,
];

function passedOverReason(backup: StoredBackup): string {
  const reason = incompleteReason(backup) ?? (backup.failed ? 'its last verification failed' : UNFINISHED_RESTORE);
  return `backup ${backup.id} of ${backup.takenAt.toISOString()} was passed over: ${reason}`;
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
  return isComplete(backup) ? undefined : `its archive has ${sizeBytes} bytes, but ${sidecar.sizeBytes} bytes were uploaded`;
}

/** Message for a backup at the location of releases before 3.0. */
export const formerLocationNotice = ({ beginning }: Pick<StoredBackup, 'beginning'>, owner: BackupOwner): string =>
  `read from ${beginning}, the location of releases before 3.0, because the current location contains no backup: make sure that it belongs to module ${owner.moduleName} in namespace ${owner.namespace}`;
