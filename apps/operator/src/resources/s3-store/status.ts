import { defined } from '@eeveebot/contract';
import { S3_STORE_REASONS, type S3Store, type S3StoreReason, type S3StoreStatus } from '@eeveebot/crds';
import { readinessConditions, restatedConditions, type StatedReady } from '../../controller/objects/progress.ts';
import type { ProbeOutcome } from '../../stores/object-stores.ts';
import type { StoreProblem } from '../../stores/store-access.ts';

/** Interval at which a test with an unchanged outcome is recorded again: nothing else is written in a steady state. */
const REWRITE_AFTER_MS = 3_600_000;

/** A completed test. */
export interface MadeTest {
  readonly time: Date;
  readonly outcome: ProbeOutcome;
}

/** The whole status of an S3Store, from the last test or from the problem that prevented it. */
export function storeStatus(store: S3Store, found: MadeTest | StoreProblem, now: Date): S3StoreStatus {
  const generation = store.metadata.generation ?? 0;
  const ready = 'reason' in found ? found : probeReady(store, found);
  const test = 'reason' in found ? store.status?.lastConnectionTest : connectionTest(store, found);
  return {
    observedGeneration: generation,
    conditions: restatedConditions({
      known: store.status?.conditions,
      stated: readinessConditions(ready, S3_STORE_REASONS),
      generation,
      now,
    }),
    ...defined({ lastConnectionTest: test }),
  };
}

function probeReady({ spec }: S3Store, { outcome }: MadeTest): StatedReady<S3StoreReason> {
  return outcome.succeeded
    ? { reason: 'ConnectionSuccessful', message: `bucket ${spec.bucket} at ${spec.endpoint} can be listed` }
    : { reason: 'ConnectionFailed', message: outcome.message ?? 'the bucket cannot be listed' };
}

/** The recorded test, if its outcome is the same and it is recent. */
function connectionTest({ status }: S3Store, { time, outcome }: MadeTest): S3StoreStatus['lastConnectionTest'] {
  const before = status?.lastConnectionTest;
  const isTheSame = before?.succeeded === outcome.succeeded && before.message === outcome.message;
  // A time in the future comes from a clock that has since been set back.
  const ageMs = time.getTime() - Date.parse(before?.time ?? '');
  if (isTheSame && ageMs >= 0 && ageMs < REWRITE_AFTER_MS) return before;
  return {
    time: time.toISOString(),
    succeeded: outcome.succeeded,
    latencyMs: outcome.latencyMs,
    ...defined({ message: outcome.message }),
  };
}
