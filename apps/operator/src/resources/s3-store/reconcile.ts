/**
 * A store: observed S3Store with its Secrets and ConfigMap (`observe.ts`) → test of the bucket in the background, when the last one is too
 * old or its inputs have changed (`probe-interval.ts`) → status (`status.ts`) and events of a failure or recovery (`events.ts`).
 */
import { S3_STORE_REASONS, type S3Store } from '@eeveebot/crds';
import { BackgroundAnswers, type Known } from '../../controller/run/background-answers.ts';
import type { Reconcile, ReconcileContext } from '../../controller/run/definition.ts';
import { S3_STORE } from '../../resource-types/kinds.ts';
import type { SecretValues } from '../../secrets/secret-values.ts';
import type { ObjectStores } from '../../stores/object-stores.ts';
import { failedTest, storeFingerprint, storeLocation, storeProblem, type StoreProblem } from '../../stores/store-access.ts';
import { reconcileResource } from '../reconcile-resource.ts';
import { recordRecovery } from './events.ts';
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
  return reconcileResource<S3Store, ObservedStore, Done>({
    type: S3_STORE,
    reasons: S3_STORE_REASONS,
    observe: observeStore,
    resourceOf: ({ store }) => store,
    withResource: (observed, store) => ({ ...observed, store }),
    carryOut: (observed, context) => Promise.resolve(lastTest(observed, deps, context)),
    hasChanged: () => false,
    report: ({ store }, { found }, now) => {
      const status = storeStatus(store, found, now);
      return { status, record: (events) => recordRecovery(store, status, events) };
    },
    conclude: (_, { standsForMs }) => (standsForMs === undefined ? {} : { requeueAfterMs: standsForMs }),
  });
}

interface Done {
  readonly found: MadeTest | StoreProblem;
  /** How long the test is valid. `undefined` while another one is running. */
  readonly standsForMs: number | undefined;
}

/** The last test, or the problem that prevents one; `undefined` while the first is running: it triggers a reconcile within seconds. */
function lastTest(observed: ObservedStore, deps: Deps, context: ReconcileContext): Done | undefined {
  const problem = storeProblem(observed.store, observed.references);
  if (problem !== undefined) return { found: problem, standsForMs: undefined };
  const known = connectionTest(observed, deps, context);
  const found = testedAs(known);
  return found && { found, standsForMs: known.standsForMs };
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
        try {
          const location = await storeLocation(store, references, { writer: context.writer, signal, secrets });
          return 'reason' in location ? location : await objectStores.probe(location, signal);
        } catch (error) {
          return failedTest(error);
        }
      },
    },
    context,
  );
}

function testedAs({ answer }: Known<TestResult>): MadeTest | StoreProblem | undefined {
  if (answer === undefined) return undefined;
  return 'reason' in answer.value ? answer.value : { outcome: answer.value, time: answer.time };
}
