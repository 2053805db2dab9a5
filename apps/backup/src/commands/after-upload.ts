/** The steps of a backup after the upload of its archive: write the sidecar, compare with earlier backups, and prune. */
import { messageOf } from '@eeveebot/contract';
import { doubts, listBackups, sidecarSummary, StoreError, type DoubtedBackup } from '@eeveebot/object-store';
import type { Warnings } from '../output/warnings.ts';
import type { CommandContext } from './context.ts';
import { BackupError } from '../errors.ts';
import type { Sidecar } from '../backups/sidecar.ts';
import { pruneBackups } from './prune.ts';

/** Keys of an archive and its sidecar. */
interface StoredKeys {
  readonly key: string;
  readonly sidecarKey: string;
}

/**
 * Writes the sidecar, which marks the archive as a complete backup.
 *
 * @throws StoreError when it cannot be written, in which case the archive is removed too. BackupError when the archive no longer exists.
 */
export async function completeBackup(context: CommandContext, keys: StoredKeys, sidecar: Sidecar): Promise<void> {
  await writeSidecar(context, keys, sidecar);
  await assertArchiveKept(context, keys);
}

/**
 * Without a sidecar the archive would count as possibly incomplete, so both are removed on failure. Termination does not interrupt this:
 * the archive is complete, and an aborted request may still be carried out.
 */
async function writeSidecar(context: CommandContext, { key, sidecarKey }: StoredKeys, sidecar: Sidecar): Promise<void> {
  try {
    await context.store.put(sidecarKey, Buffer.from(JSON.stringify(sidecar)), { contentType: 'application/json' });
  } catch (error) {
    for (const uploaded of [sidecarKey, key]) await removeUploaded(context, uploaded);
    throw error;
  }
}

async function removeUploaded({ store, log }: CommandContext, key: string): Promise<void> {
  await store.delete(key).catch((cause: unknown) => log.warn({ cause: String(cause), key }, 'could not remove uploaded object'));
}

/** Checks that a concurrent run did not remove the archive before its sidecar was written. A failed request does not count as removal. */
async function assertArchiveKept(context: CommandContext, { key, sidecarKey }: StoredKeys): Promise<void> {
  const { store, log } = context;
  for (let attempt = 1; attempt <= store.retry.attempts; attempt++) {
    try {
      if ((await store.head(key)) !== undefined) return;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      log.info({ cause: error.message, key }, 'could not check that the archive still exists');
      return;
    }
    if (attempt < store.retry.attempts) await store.retry.wait(store.retry.firstDelayMs * attempt, undefined);
  }
  await removeUploaded(context, sidecarKey);
  throw new BackupError('failed', `${key} was removed before its sidecar was written, possibly by a concurrent prune`);
}

/** Why the backup just made does not count as good compared with earlier ones; undefined when it does. */
export async function doubtOf(
  { store, config, log, signal }: CommandContext,
  { id, sidecar, warnings }: { readonly id: string; readonly sidecar: Sidecar; readonly warnings: Warnings },
): Promise<string | undefined> {
  const summary = sidecarSummary(JSON.stringify(sidecar));
  const own: readonly DoubtedBackup[] =
    typeof summary === 'string' ? [] : [{ id, sizeBytes: summary.sizeBytes, sidecar: summary, failed: false, held: false }];
  let backups = own;
  try {
    backups = await listBackups(store, config.owner, signal);
  } catch (error) {
    if (!(error instanceof StoreError) && !signal.aborted) throw error;
    log.info({ cause: String(error) }, 'could not compare the backup with the previous one');
  }
  const doubt = doubts(backups.some((backup) => backup.id === id) ? backups : own).get(id);
  if (doubt !== undefined) warnings.add(`this backup does not count as good and does not replace others: ${doubt}`);
  return doubt;
}

/** Prunes older backups. A failure to prune is only a warning, because the backup was made. */
export async function pruneAfterBackup(context: CommandContext, justMade: string, warnings: Warnings): Promise<void> {
  try {
    await pruneBackups(context, { dryRun: false, justMade, warnings });
  } catch (error) {
    if (!(error instanceof StoreError) && !context.signal.aborted) throw error;
    warnings.add(`old backups could not be removed: ${messageOf(error)}`);
  }
}
