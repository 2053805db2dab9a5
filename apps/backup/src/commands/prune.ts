import {
  backupListing,
  formerLocationNotice,
  isTransient,
  relistBackups,
  StoreError,
  type OrphanRecord,
  type StoredBackup,
} from '@eeveebot/object-store';
import { recordKey } from '@eeveebot/contract';
import type { Warnings } from '../output/warnings.ts';
import type { CommandContext } from './context.ts';
import { expiredBackups } from '../backups/retention.ts';

/** Result of `prune`. */
export interface PruneResult {
  readonly dryRun: boolean;
  /** Ids of kept backups. */
  readonly kept: readonly string[];
  readonly removed: readonly string[];
  /** Ids of backups that no rule keeps and the store refused to remove. */
  readonly notRemoved: readonly string[];
  readonly warnings: readonly string[];
}

/** Result of pruning, and why some backups were not removed. */
export interface Pruning {
  readonly result: PruneResult;
  /** The first refusal to remove an object. */
  readonly refusal: StoreError | undefined;
}

/** Age at which an orphaned record is removed: a record may be visible before its archive, and uploads may take long. */
const ORPHAN_MS = 24 * 3_600_000;

/** Consecutive transient failures after which the store counts as unreachable. */
const MOST_OUTAGES = 2;

/**
 * Removes the backups that no rule keeps, oldest first, and records that have been without an archive for a day. When the store refuses to
 * remove an object because of permissions or a lock, that is a warning and the others are still removed.
 *
 * Each backup is listed again right before its removal: one that was held or got its sidecar since the first listing is kept. The archive
 * is removed first: an interruption then leaves orphaned records, which the next run removes; the other order would leave an archive
 * without a sidecar.
 *
 * @param options.justMade id of the backup made by this run, which is never removed.
 * @throws StoreError when the backups cannot be listed, their sidecars are denied, or the store is unreachable.
 */
export async function pruneBackups(
  context: CommandContext,
  { dryRun, justMade, warnings }: { readonly dryRun: boolean; readonly justMade?: string; readonly warnings: Warnings },
): Promise<Pruning> {
  const { config, store, log, signal, now } = context;
  const { backups, orphans, denial } = await backupListing(store, config.owner, signal);
  // Without sidecars the order of the backups is unknown.
  if (denial !== undefined) throw denial;
  if (backups[0]?.isFormer === true) {
    warnings.add(`no backups are removed: they were ${formerLocationNotice(backups[0], config.owner)}`);
  }
  for (const { id, hasSidecar, sidecar, sidecarProblem = '' } of backups) {
    if (hasSidecar && sidecar === undefined) warnings.add(`backup ${id} is kept: ${sidecarProblem}`);
  }
  const storeNow = store.clock.timeAt(now());
  const going = expiredBackups(backups, config.retention, { now: storeNow, justMade });
  const old = orphans.filter(({ lastModified }) => storeNow.getTime() - lastModified.getTime() >= ORPHAN_MS);
  const removal = new Removal(context, warnings);
  if (dryRun) for (const { key } of [...going, ...old]) log.info({ key }, 'would remove object');
  else await removal.of(going, old);
  const removed = dryRun ? going.map(({ id }) => id) : removal.removed;
  const gone = new Set(removed);
  return {
    result: {
      dryRun,
      kept: backups.map(({ id }) => id).filter((id) => !gone.has(id)),
      removed,
      notRemoved: removal.notRemoved,
      warnings: warnings.list,
    },
    refusal: removal.refusal,
  };
}

/** Removes backups one by one and collects the results. */
class Removal {
  readonly removed: string[] = [];
  readonly notRemoved: string[] = [];
  refusal: StoreError | undefined;
  readonly #context: CommandContext;
  readonly #warnings: Warnings;
  #outages = 0;

  constructor(context: CommandContext, warnings: Warnings) {
    this.#context = context;
    this.#warnings = warnings;
  }

  async of(backups: readonly StoredBackup[], orphans: readonly OrphanRecord[]): Promise<void> {
    const { log } = this.#context;
    for (const backup of backups) {
      const { key, id } = backup;
      const isRemoved = await this.#tryRemoval(key, () => this.#remove(backup));
      if (isRemoved === undefined) this.notRemoved.push(id);
      else if (isRemoved) {
        this.removed.push(id);
        log.info({ key, id }, 'removed backup');
      } else log.info({ key, id }, 'kept backup that changed since it was listed');
    }
    for (const { key } of orphans) {
      if ((await this.#tryRemoval(key, () => this.#delete(key))) === true) log.info({ key }, 'removed orphaned record');
    }
  }

  /** @returns whether it was removed; `false` when it changed since it was listed. */
  async #remove(listed: StoredBackup): Promise<boolean> {
    const { store, signal } = this.#context;
    const archives = await relistBackups(store, listed, signal);
    const current = archives.find(({ key }) => key === listed.key);
    if (current === undefined) return true;
    const isUnchanged =
      current.sizeBytes === listed.sizeBytes &&
      current.lastModified.getTime() === listed.lastModified.getTime() &&
      current.hasSidecar === listed.hasSidecar &&
      current.verified === listed.verified &&
      !current.held &&
      !current.restoring;
    if (!isUnchanged) return false;
    await this.#delete(listed.key);
    // Another archive with this id shares the records.
    if (archives.length > 1) return true;
    // The sidecar last: it identifies the backup that the other records belong to.
    for (const kind of current.records.toSorted((a, b) => Number(a === 'sidecar') - Number(b === 'sidecar'))) {
      const key = recordKey(listed.beginning, listed.id, kind);
      await this.#tryRemoval(key, () => this.#delete(key));
    }
    return true;
  }

  async #delete(key: string): Promise<boolean> {
    const { store, signal } = this.#context;
    signal.throwIfAborted();
    await store.delete(key, signal);
    return true;
  }

  /** @returns undefined when the store refused. */
  async #tryRemoval(key: string, work: () => Promise<boolean>): Promise<boolean | undefined> {
    try {
      const done = await work();
      this.#outages = 0;
      return done;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#outages = isTransient(error) ? this.#outages + 1 : 0;
      if (this.#outages >= MOST_OUTAGES) throw error;
      this.refusal ??= error;
      this.#warnings.add(`${key} could not be removed: ${error.message}`);
      return undefined;
    }
  }
}
