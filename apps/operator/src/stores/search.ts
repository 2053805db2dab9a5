import type { BotModule, S3Store } from '@eeveebot/crds';
import { StoreError } from '@eeveebot/object-store';
import { backoffMs } from '../controller/backoff.ts';
import { BackgroundAnswers, type Answer } from '../controller/run/background-answers.ts';
import type { ReconcileContext } from '../controller/run/definition.ts';
import type { SecretValues } from '../secrets/secret-values.ts';
import type { FoundBackup, ObjectStores } from './object-stores.ts';
import { storeFingerprint, storeLocation, storeProblem, storeReferences, type StoreProblem } from './store-access.ts';

/** First delay before a store is asked again: one that had no backup, and one whose request failed. Both delays double. */
const NOTHING_MS = 30_000;
const ERROR_MS = 2_000;
const LONGEST_MS = 300_000;

/** A found backup is looked up again after this time, because there may be a newer one. */
const FOUND_MS = 30_000;

type Outcome =
  | { readonly found: FoundBackup | undefined }
  /** The S3Store itself is misconfigured. */
  | { readonly problem: StoreProblem }
  /** The request to the store failed, so its contents are unknown. */
  | { readonly error: StoreError };

/** Result of the search for a backup. */
export type SearchResult =
  /** The request is in flight: the resource is reconciled again when the store has responded. */
  | { readonly asking: true }
  | { readonly found: FoundBackup }
  /** The store responded that it has no such backup; it is asked again after this time. */
  | { readonly found: undefined; readonly retryAfterMs: number }
  | { readonly problem: StoreProblem }
  | { readonly error: StoreError; readonly retryAfterMs: number };

/** Searches a store for a module's backups for restores. Runs in the background, so that a slow store does not block a worker. */
export class BackupSearch {
  readonly #stores: ObjectStores;
  readonly #secrets: SecretValues;
  readonly #answers = new BackgroundAnswers<Outcome>();

  constructor(stores: ObjectStores, secrets: SecretValues) {
    this.#stores = stores;
    this.#secrets = secrets;
  }

  /**
   * The backup with this id, or the newest one without an id. A store is not asked again until the retry delay has passed or the S3Store,
   * its Secrets or the id change.
   *
   * @param by uid of the resource that searches for it.
   */
  find(
    wanted: { readonly by: string; readonly store: S3Store; readonly module: BotModule; readonly backupId: string | undefined },
    context: ReconcileContext,
  ): SearchResult {
    const { by, store, module, backupId } = wanted;
    const references = storeReferences(store, context.cache);
    const problem = storeProblem(store, references);
    if (problem !== undefined) return { problem };
    const { answer, standsForMs } = this.#answers.of(
      by,
      {
        fingerprint: `${storeFingerprint(store, references)} ${module.spec.moduleName} ${backupId ?? ''}`,
        standsMs,
        isGood: (outcome) => 'found' in outcome && outcome.found !== undefined,
        ask: (signal) => this.#ask(wanted, { ...context, signal }),
      },
      context,
    );
    if (answer === undefined) return { asking: true };
    const outcome = answer.value;
    if ('problem' in outcome) return outcome;
    // While a new request is in flight, the last answer stays valid.
    const retryAfterMs = standsForMs ?? LONGEST_MS;
    if ('error' in outcome) return { ...outcome, retryAfterMs };
    if (outcome.found === undefined) return { found: undefined, retryAfterMs };
    // If it asked again after each use, a refused restore would change its status and so trigger its next attempt at once.
    return standsForMs === undefined ? { asking: true } : { found: outcome.found };
  }

  async #ask(
    { store, module, backupId }: { readonly store: S3Store; readonly module: BotModule; readonly backupId: string | undefined },
    { cache, writer, signal, log }: ReconcileContext,
  ): Promise<Outcome> {
    const owner = { namespace: module.metadata.namespace, moduleName: module.spec.moduleName };
    try {
      const location = await storeLocation(store, storeReferences(store, cache), { writer, signal, secrets: this.#secrets });
      if ('reason' in location) return { problem: location };
      return {
        found:
          backupId === undefined
            ? await this.#stores.latestBackup(location, owner, signal)
            : await this.#stores.backup(location, { ...owner, id: backupId }, signal),
      };
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      log.warn('could not search a store for backups', { store: store.metadata.name, cause: error.message });
      return { error };
    }
  }
}

function standsMs({ value, failures }: Answer<Outcome>): number {
  // The problem changes only with the Secret, which is part of the fingerprint.
  if ('problem' in value) return LONGEST_MS;
  if ('found' in value && value.found !== undefined) return FOUND_MS;
  return backoffMs({ firstMs: 'error' in value ? ERROR_MS : NOTHING_MS, longestMs: LONGEST_MS }, failures);
}
