import {
  backupListing,
  formerLocationNotice,
  isTransient,
  relistedBackups,
  StoreError,
  type OrphanRecord,
  type StoredBackup,
} from '@eeveebot/object-store';
import { recordKey } from '@eeveebot/contract';
import type { CommandContext, Warnings } from '../command.ts';
import { expired } from '../backups/retention.ts';

/** What was, or would be, removed. */
export interface PruneResult {
  readonly dryRun: boolean;
  /** Ids. */
  readonly kept: readonly string[];
  readonly removed: readonly string[];
  /** Those that no rule keeps and the store refused to remove. */
  readonly notRemoved: readonly string[];
  readonly warnings: readonly string[];
}

/** What pruning did, and why it did not do all of it. */
export interface Pruning {
  readonly result: PruneResult;
  /** The first refusal to remove an object. */
  readonly refusal: StoreError | undefined;
}

/** A record may be written a moment before its archive is seen, and an upload may take long. */
const ORPHAN_MS = 24 * 3_600_000;

/** After this many failures in a row that another attempt might mend, the store counts as unreachable. */
const MOST_OUTAGES = 2;

/**
 * Removes the backups that no rule keeps, the oldest first, and records whose archive has been gone for a day. An object that the store
 * refuses to remove, because of rights or a lock, is a warning, and the others are removed all the same.
 *
 * Each backup is listed again right before it is removed: one that is held, or whose sidecar arrived, since the first listing is kept.
 * The archive goes first. What is interrupted then leaves records without an archive, which the next run collects; the other order would
 * leave an archive that nothing describes.
 *
 * @param options.justMade id of the backup that this run made: never removed.
 * @throws StoreError when the backups cannot be listed, their sidecars may not be read, or the store is unreachable.
 */
export async function pruneBackups(
  context: CommandContext,
  { dryRun, justMade, warnings }: { readonly dryRun: boolean; readonly justMade?: string; readonly warnings: Warnings },
): Promise<Pruning> {
  const { config, store, log, signal, now } = context;
  const { backups, orphans, denial } = await backupListing(store, config.owner, signal);
  // Without the sidecars the order of the backups is a guess.
  if (denial !== undefined) throw denial;
  if (backups[0]?.isFormer === true) {
    warnings.add(`nothing is removed: the backups were ${formerLocationNotice(backups[0], config.owner)}`);
  }
  for (const { id, hasSidecar, sidecar, sidecarProblem = '' } of backups) {
    if (hasSidecar && sidecar === undefined) warnings.add(`backup ${id} is kept: ${sidecarProblem}`);
  }
  const going = expired(backups, config.retention, { now: now(), justMade });
  const old = orphans.filter(({ lastModified }) => now().getTime() - lastModified.getTime() >= ORPHAN_MS);
  const removal = new Removal(context, warnings);
  if (dryRun) for (const { key } of [...going, ...old]) log.info({ key }, 'would be removed');
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

/** Removes backups one by one. */
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
      const isRemoved = await this.#attempted(key, () => this.#remove(backup));
      if (isRemoved === undefined) this.notRemoved.push(id);
      else if (isRemoved) {
        this.removed.push(id);
        log.info({ key, id }, 'removed backup');
      } else log.info({ key, id }, 'kept backup: it changed since it was listed');
    }
    for (const { key } of orphans) {
      if ((await this.#attempted(key, () => this.#delete(key))) === true) log.info({ key }, 'removed a record whose archive is gone');
    }
  }

  /** @returns whether it was removed; `false` when it is not what was listed any more. */
  async #remove(listed: StoredBackup): Promise<boolean> {
    const { store, signal } = this.#context;
    const archives = await relistedBackups(store, listed, signal);
    const current = archives.find(({ key }) => key === listed.key);
    if (current === undefined) return true;
    const isUnchanged =
      current.sizeBytes === listed.sizeBytes &&
      current.lastModified.getTime() === listed.lastModified.getTime() &&
      current.hasSidecar === listed.hasSidecar &&
      current.verified === listed.verified &&
      !current.held;
    if (!isUnchanged) return false;
    await this.#delete(listed.key);
    // The records are also those of another archive with this id.
    if (archives.length > 1) return true;
    // The sidecar last: while it is there, a listing shows what the other records belong to.
    for (const kind of current.records.toSorted((a, b) => Number(a === 'sidecar') - Number(b === 'sidecar'))) {
      const key = recordKey(listed.beginning, listed.id, kind);
      await this.#attempted(key, () => this.#delete(key));
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
  async #attempted(key: string, work: () => Promise<boolean>): Promise<boolean | undefined> {
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
