import { BackgroundAnswers, type Known } from '../../controller/run/background-answers.ts';
import type { Reconcile, ReconcileContext } from '../../controller/run/definition.ts';
import { S3_STORE } from '../../resource-types/kinds.ts';
import type { SecretValues } from '../../secrets/secret-values.ts';
import type { ObjectStores } from '../../stores/object-stores.ts';
import { storeFingerprint, storeLocation, storeProblem, type StoreProblem } from '../../stores/store-access.ts';
import { isPaused, writePaused } from '../paused.ts';
import { recordReadiness } from './events.ts';
import { observeStore, type ObservedStore } from './observe.ts';
import { probeStandsMs, type TestResult } from './probe-interval.ts';
import { storeStatus, type MadeTest } from './status.ts';

/** Dependencies of the S3Store reconciler. */
export interface StoreSettings {
  readonly objectStores: ObjectStores;
  readonly secrets: SecretValues;
}

/** Tests an S3Store's connection when something it depends on changes, and at its interval. */
export function s3StoreReconciler(settings: StoreSettings): Reconcile {
  const deps: Deps = { ...settings, tests: new BackgroundAnswers() };
  return async (key, context) => {
    const observed = observeStore(key, context.cache);
    if (observed === undefined || observed.store.metadata.deletionTimestamp !== undefined) return;
    const { store, references } = observed;
    if (isPaused(store)) return writePaused(S3_STORE, store, context);

    const problem = storeProblem(store, references);
    const known = problem === undefined ? connectionTest(observed, deps, context) : { answer: undefined, standsForMs: undefined };
    const found = problem ?? testedAs(known);
    // The first test is running: it finishes within seconds, and then the status is written.
    if (found === undefined) return;
    const status = storeStatus(store, found, context.now);
    recordReadiness(store, status, context.events);
    await context.writer.writeStatus(S3_STORE, store, status, context.signal);
    return known.standsForMs === undefined ? {} : { requeueAfterMs: known.standsForMs };
  };
}

interface Deps extends StoreSettings {
  readonly tests: BackgroundAnswers<TestResult>;
}

/** The last test, and whether another one is running. */
function connectionTest({ store, references }: ObservedStore, deps: Deps, context: ReconcileContext): Known<TestResult> {
  const { objectStores, secrets, tests } = deps;
  return tests.of(
    store.metadata.uid ?? '',
    {
      fingerprint: storeFingerprint(store, references),
      standsMs: (answer) => probeStandsMs(answer, store.spec.connectionTestIntervalSeconds * 1000),
      isGood: (result) => 'succeeded' in result && result.succeeded,
      ask: async (signal) => {
        const location = await storeLocation(store, references, { writer: context.writer, signal, secrets });
        return 'reason' in location ? location : objectStores.probe(location, signal);
      },
    },
    context,
  );
}

function testedAs({ answer }: Known<TestResult>): MadeTest | StoreProblem | undefined {
  if (answer === undefined) return undefined;
  return 'reason' in answer.value ? answer.value : { outcome: answer.value, time: answer.time };
}
