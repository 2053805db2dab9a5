import type { BotModule, S3Store } from '@eeveebot/crds';
import { StoreError } from '@eeveebot/object-store';
import type { ReconcileContext } from '../controller/types.ts';
import type { SecretValues } from '../secret-values.ts';
import { Looks } from './looks.ts';
import type { FoundBackup, ObjectStores } from './object-stores.ts';
import { storeFingerprint, storeLocation, storeReferences, type StoreProblem } from './store-access.ts';

/** What looking for a backup gave. */
export type SearchResult =
  | { readonly found: FoundBackup }
  /** The store answered that there is none; it is asked again after this time. */
  | { readonly found: undefined; readonly retryAfterMs: number }
  /** The store's own settings are at fault. */
  | { readonly problem: StoreProblem }
  /** The store could not be asked, which says nothing of what it holds. */
  | { readonly error: StoreError };

/** Looks for a module's backups in a store, for those who restore them. */
export class BackupSearch {
  readonly #stores: ObjectStores;
  readonly #secrets: SecretValues;
  readonly #looks = new Looks();

  constructor(stores: ObjectStores, secrets: SecretValues) {
    this.#stores = stores;
    this.#secrets = secrets;
  }

  /**
   * The backup with this id, or without an id the newest. A store that had none is not asked again before its time,
   * or until the S3Store, its Secrets or the id change.
   *
   * @param by uid of the resource that looks for it.
   */
  async find(
    wanted: { readonly by: string; readonly store: S3Store; readonly module: BotModule; readonly backupId: string | undefined },
    { cache, writer, signal, now }: ReconcileContext,
  ): Promise<SearchResult> {
    const { by, store, module, backupId } = wanted;
    const references = storeReferences(store, cache);
    const fingerprint = `${storeFingerprint(store, references)} ${module.spec.moduleName} ${backupId ?? ''}`;
    const dueInMs = this.#looks.dueInMs(by, fingerprint, now);
    if (dueInMs > 0) return { found: undefined, retryAfterMs: dueInMs };

    const location = await storeLocation(store, references, { writer, signal, secrets: this.#secrets });
    if ('reason' in location) return { problem: location };
    const owner = { namespace: module.metadata.namespace, moduleName: module.spec.moduleName };
    try {
      const found =
        backupId === undefined
          ? await this.#stores.latestBackup(location, owner, signal)
          : await this.#stores.backup(location, { ...owner, id: backupId }, signal);
      if (found === undefined) return { found, retryAfterMs: this.#looks.foundNothing(by, fingerprint, now) };
      this.#looks.forget(by);
      return { found };
    } catch (error) {
      if (error instanceof StoreError) return { error };
      throw error;
    }
  }
}
