import { listBackups } from '@eeveebot/object-store';
import type { CommandContext } from '../command.ts';
import { expired } from '../retention.ts';

/** What was, or would be, removed. */
export interface PruneResult {
  readonly dryRun: boolean;
  readonly kept: readonly string[];
  readonly removed: readonly string[];
}

/** Removes the backups that no rule keeps, the oldest first. */
export async function pruneBackups(
  { config, store, log, signal, now }: CommandContext,
  { dryRun }: { readonly dryRun: boolean },
): Promise<PruneResult> {
  const backups = await listBackups(store, config.owner, signal);
  const going = expired(backups, config.retention, now());
  for (const { key, sidecarKey, hasSidecar, id } of going) {
    if (dryRun) {
      log.info({ key }, 'would be removed');
      continue;
    }
    signal.throwIfAborted();
    await store.delete(key, signal);
    if (hasSidecar) await store.delete(sidecarKey, signal);
    log.info({ key, id }, 'removed');
  }
  return { dryRun, kept: backups.filter((backup) => !going.includes(backup)).map(({ id }) => id), removed: going.map(({ id }) => id) };
}
