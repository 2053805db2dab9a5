import type { ObjectStores } from '../../backup/object-stores.ts';
import { storeFingerprint, storeLocation, type StoreProblem } from '../../backup/store-access.ts';
import type { Reconcile, ReconcileContext } from '../../controller/types.ts';
import { SecretValues } from '../../secret-values.ts';
import { isPaused, writePaused } from '../paused.ts';
import { S3_STORE } from '../types.ts';
import { recordReadiness } from './events.ts';
import { observeStore, type ObservedStore } from './observe.ts';
import { Probes, probeStandsMs, type MadeProbe } from './probes.ts';
import { storeStatus } from './status.ts';

/** What an S3Store's reconciler must be given. */
export interface StoreSettings {
  readonly objectStores: ObjectStores;
}

/** Tests an S3Store's connection when something it depends on changes, and at its interval. */
export function s3StoreReconciler({ objectStores }: StoreSettings): Reconcile {
  const means: Means = { objectStores, secrets: new SecretValues(), probes: new Probes() };
  return async (key, context) => {
    const observed = observeStore(key, context.cache);
    if (observed === undefined || observed.store.metadata.deletionTimestamp !== undefined) return forgetGone(means.probes, context);
    const { store } = observed;
    if (isPaused(store)) return writePaused(S3_STORE, store, context);

    const found = await testedConnection(observed, means, context);
    const status = storeStatus(store, found, context.now);
    recordReadiness(store, status, context.events);
    await context.writer.writeStatus(S3_STORE, store, status, context.signal);
    return 'reason' in found ? {} : { requeueAfterMs: nextTestMs(observed, found, context) };
  };
}

interface Means {
  readonly objectStores: ObjectStores;
  readonly secrets: SecretValues;
  readonly probes: Probes;
}

/** The last test where that still stands, else a new one. */
async function testedConnection(observed: ObservedStore, means: Means, context: ReconcileContext): Promise<MadeProbe | StoreProblem> {
  const { store, references } = observed;
  const uid = store.metadata.uid ?? '';
  const last = means.probes.get(uid);
  if (last !== undefined && nextTestMs(observed, last, context) > 0) return last;

  const location = await storeLocation(store, references, { writer: context.writer, signal: context.signal, secrets: means.secrets });
  if ('reason' in location) return location;
  const outcome = await means.objectStores.probe(location, context.signal);
  const failures = outcome.succeeded ? 0 : (last?.failures ?? 0) + 1;
  const made = { fingerprint: storeFingerprint(store, references), time: context.now, outcome, failures };
  means.probes.set(uid, made);
  return made;
}

const nextTestMs = ({ store, references }: ObservedStore, last: MadeProbe, { now }: ReconcileContext): number =>
  probeStandsMs(last, {
    fingerprint: storeFingerprint(store, references),
    intervalMs: store.spec.connectionTestIntervalSeconds * 1000,
    now,
  });

function forgetGone(probes: Probes, { cache }: ReconcileContext): void {
  probes.keepOnly(
    new Set(
      cache
        .store(S3_STORE)
        .list()
        .map(({ metadata }) => metadata.uid ?? ''),
    ),
  );
}
