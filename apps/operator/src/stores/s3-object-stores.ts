import type { BackupOwner } from '@eeveebot/contract';
import {
  backupById,
  formerLocationNotice,
  latestBackup,
  listBackups,
  probe,
  SidecarCache,
  Store,
  StoreError,
  type ProxyVariables,
  type StoredBackup,
  type StoreLocation,
  type StoreOptions,
} from '@eeveebot/object-store';
import type { FoundBackup, ObjectStores, StoreAccess } from './object-stores.ts';
import { StoreTurns } from './store-turns.ts';

/** Timeout of a request to a store. */
const PATIENCE_MS = 10_000;

/** Sidecars are read in parallel. */
const CONNECTIONS = 8;

/** Bounds a listing: a page is parsed synchronously and must not block the event loop, and a server could send pages without end. */
const LISTING = { pageSize: 200, mostCharacters: 16_000_000 } as const;

/** No second attempt: the caller is called again, and must not block others during that time. */
const ONE_ATTEMPT = { attempts: 1 } as const;

/**
 * Real S3 servers. The S3 client is loaded on the first request. Sidecars are cached, so that a repeated search for the newest of
 * many backups reads only the new ones.
 *
 * @param proxies the environment variables that name proxies.
 */
export function s3ObjectStores(proxies: ProxyVariables): ObjectStores {
  const shared = { proxies, sidecars: new SidecarCache() };
  const turns = new StoreTurns(() => performance.now());
  const within: Within = (location, signal, ask) => turns.run(location, signal, () => withinPatience(location, { signal, shared }, ask));
  return {
    async probe(location, signal) {
      const startedMs = performance.now();
      const latencyMs = () => Math.round(performance.now() - startedMs);
      try {
        await within(location, signal, (store, patience) => probe(store, patience));
        return { succeeded: true, latencyMs: latencyMs() };
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        return { succeeded: false, latencyMs: latencyMs(), message: error.message };
      }
    },
    async latestBackup(location, owner, signal) {
      const latest = await within(location, signal, (store, patience) => latestBackup(store, owner, patience));
      return latest && noticed(latest.backup, { owner, passedOver: latest.passedOver });
    },
    async backup(location, { id, ...owner }, signal) {
      const backup = await within(location, signal, (store, patience) => backupById(store, owner, id, patience));
      return backup && noticed(backup, { owner, passedOver: [] });
    },
    backups: (location, owner, signal) => within(location, signal, (store, patience) => listBackups(store, owner, patience)),
  };
}

function noticed(
  backup: StoredBackup,
  { owner, passedOver }: { readonly owner: BackupOwner; readonly passedOver: readonly string[] },
): FoundBackup {
  const former = backup.isFormer ? [`backup ${backup.id} was ${formerLocationNotice(backup, owner)}`] : [];
  const notices = [...passedOver, ...former];
  return { id: backup.id, key: backup.key, ...(notices.length === 0 ? {} : { passedOver: notices }) };
}

type Ask<T> = (store: Store, signal: AbortSignal) => Promise<T>;
type Within = <T>(location: StoreAccess, signal: AbortSignal, ask: Ask<T>) => Promise<T>;

async function withinPatience<T>(
  location: StoreLocation,
  { signal, shared }: { readonly signal: AbortSignal; readonly shared: Pick<StoreOptions, 'proxies' | 'sidecars'> },
  ask: Ask<T>,
): Promise<T> {
  const timeout = AbortSignal.timeout(PATIENCE_MS);
  const limits = { idleMs: PATIENCE_MS, connections: CONNECTIONS };
  const store = await Store.open(location, { ...shared, limits, retry: ONE_ATTEMPT, listing: LISTING });
  try {
    return await ask(store, AbortSignal.any([signal, timeout]));
  } catch (error) {
    if (signal.aborted || !timeout.aborted) throw error;
    throw new StoreError('timeout', `${location.endpoint} (bucket ${location.bucket}) did not respond within ${PATIENCE_MS / 1000} s`, {
      cause: error,
    });
  } finally {
    store.close();
  }
}
