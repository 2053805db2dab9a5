/** What a backup does once its archive is in the store: describe it, judge it, and prune older ones. */
import { doubts, listBackups, sidecarSummary, StoreError, type DoubtedBackup } from '@eeveebot/object-store';
import type { CommandContext, Warnings } from '../command.ts';
import { BackupError } from '../errors.ts';
import type { Sidecar } from '../backups/sidecar.ts';
import { pruneBackups } from './prune.ts';

/** Keys of an archive and its sidecar. */
interface StoredKeys {
  readonly key: string;
  readonly sidecarKey: string;
}

/**
 * Writes the sidecar, which makes the archive a complete backup.
 *
 * @throws StoreError when it cannot be written; then the archive is removed too. BackupError when the archive is gone.
 */
export async function describeArchive(context: CommandContext, keys: StoredKeys, sidecar: Sidecar): Promise<void> {
  await writeSidecar(context, keys, sidecar);
  await assertArchiveKept(context, keys);
}

/**
 * Without its sidecar the archive would count as one that may be incomplete, so neither is kept. A termination does not interrupt this:
 * the archive is whole, and a request that is given up may be carried out all the same.
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
  await store.delete(key).catch((cause: unknown) => log.warn({ cause: String(cause), key }, 'could not remove what was uploaded'));
}

/**
 * Another run may have removed the archive before it had its sidecar: then there is no backup, whatever was uploaded. A store that
 * cannot be asked is no evidence of that.
 */
async function assertArchiveKept(context: CommandContext, { key, sidecarKey }: StoredKeys): Promise<void> {
  const { store, log } = context;
  for (let attempt = 1; attempt <= store.retry.attempts; attempt++) {
    try {
      if ((await store.head(key)) !== undefined) return;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      log.info({ cause: error.message, key }, 'the archive was not looked at again');
      return;
    }
    if (attempt < store.retry.attempts) await store.retry.wait(store.retry.firstDelayMs * attempt, undefined);
  }
  await removeUploaded(context, sidecarKey);
  throw new BackupError('failed', `${key} was removed before its sidecar was written, possibly by a prune that ran at the same time`);
}

/** Why the backup just made does not count as a good one, compared with those before it; undefined when it does. */
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
    log.info({ cause: String(error) }, 'the backup was not compared with the one before it');
  }
  const doubt = doubts(backups.some((backup) => backup.id === id) ? backups : own).get(id);
  if (doubt !== undefined) warnings.add(`this backup does not count as a good one and replaces none: ${doubt}`);
  return doubt;
}

/** The backup is made: failing to remove older ones does not make it a failed one. */
export async function pruneAfterBackup(context: CommandContext, justMade: string, warnings: Warnings): Promise<void> {
  try {
    await pruneBackups(context, { dryRun: false, justMade, warnings });
  } catch (error) {
    if (!(error instanceof StoreError) && !context.signal.aborted) throw error;
    warnings.add(`old backups could not be removed: ${error instanceof Error ? error.message : String(error)}`);
  }
}
