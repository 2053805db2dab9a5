import { backupById, latestBackup, listBackups, probe, Store, StoreError, type StoreLocation } from '@eeveebot/object-store';
import type { ObjectStores } from './object-stores.ts';

/** Longest time that a store is waited for. */
const PATIENCE_MS = 10_000;

/** No second attempt: whoever asks is called again, and must not hold up others meanwhile. */
const ONE_ATTEMPT = { attempts: 1 } as const;

/** Real S3 servers. The S3 client is loaded when the first is asked for. */
export const s3ObjectStores: ObjectStores = {
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
    if (latest === undefined) return undefined;
    const { backup, passedOver } = latest;
    return { id: backup.id, key: backup.key, ...(passedOver.length === 0 ? {} : { passedOver }) };
  },
  backup: (location, { id, ...owner }, signal) => within(location, signal, (store, patience) => backupById(store, owner, id, patience)),
  backups: (location, owner, signal) => within(location, signal, (store, patience) => listBackups(store, owner, patience)),
};

/** Over as many connections as a store has by default: the sidecar of every backup is read in the time that there is. */
async function within<T>(location: StoreLocation, signal: AbortSignal, ask: (store: Store, signal: AbortSignal) => Promise<T>): Promise<T> {
  const timeout = AbortSignal.timeout(PATIENCE_MS);
  const store = await Store.open(location, { limits: { idleMs: PATIENCE_MS }, retry: ONE_ATTEMPT });
  try {
    return await ask(store, AbortSignal.any([signal, timeout]));
  } catch (error) {
    if (signal.aborted || !timeout.aborted) throw error;
    throw new StoreError('timeout', `${location.endpoint} (bucket ${location.bucket}) did not answer within ${PATIENCE_MS / 1000} s`, {
      cause: error,
    });
  } finally {
    store.close();
  }
}
