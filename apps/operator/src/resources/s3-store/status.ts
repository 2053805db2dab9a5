import { S3_STORE_REASONS, type S3Store, type S3StoreReason, type S3StoreStatus } from '@eeveebot/crds';
import type { ProbeOutcome } from '../../backup/object-stores.ts';
import type { StoreProblem } from '../../backup/store-access.ts';
import { readinessConditions, restatedConditions, type StatedReady } from '../../controller/progress.ts';

/** A test with the same outcome is written down again after this time: nothing else is written at a steady state. */
const REWRITE_AFTER_MS = 3_600_000;

/** A test that was made. */
export interface MadeTest {
  readonly time: Date;
  readonly outcome: ProbeOutcome;
}

/** The whole status of an S3Store, from the last test or from what kept it from being made. */
export function storeStatus(store: S3Store, found: MadeTest | StoreProblem, now: Date): S3StoreStatus {
  const generation = store.metadata.generation ?? 0;
  const ready = 'reason' in found ? found : probed(store, found);
  const test = 'reason' in found ? store.status?.lastConnectionTest : connectionTest(store, found);
  return {
    observedGeneration: generation,
    conditions: restatedConditions({
      known: store.status?.conditions,
      stated: readinessConditions(ready, S3_STORE_REASONS),
      generation,
      now,
    }),
    ...(test === undefined ? {} : { lastConnectionTest: test }),
  };
}

function probed({ spec }: S3Store, { outcome }: MadeTest): StatedReady<S3StoreReason> {
  return outcome.succeeded
    ? { reason: 'ConnectionSuccessful', message: `bucket ${spec.bucket} at ${spec.endpoint} can be listed` }
    : { reason: 'ConnectionFailed', message: outcome.message ?? 'the bucket cannot be listed' };
}

/** What was written before, where it says the same and is not old. */
function connectionTest({ status }: S3Store, { time, outcome }: MadeTest): S3StoreStatus['lastConnectionTest'] {
  const before = status?.lastConnectionTest;
  const isTheSame = before?.succeeded === outcome.succeeded && before.message === outcome.message;
  // A time to come is that of a clock that was set back since.
  const ageMs = time.getTime() - Date.parse(before?.time ?? '');
  if (isTheSame && ageMs >= 0 && ageMs < REWRITE_AFTER_MS) return before;
  return {
    time: time.toISOString(),
    succeeded: outcome.succeeded,
    latencyMs: outcome.latencyMs,
    ...(outcome.message === undefined ? {} : { message: outcome.message }),
  };
}
