import { backoffMs } from '../../controller/backoff.ts';
import type { ProbeOutcome } from '../../stores/object-stores.ts';
import type { StoreProblem } from '../../stores/store-access.ts';

/** Result of a connection test, or the reason why there was no test. */
export type TestResult = ProbeOutcome | StoreProblem;

/** Delay before a failed test is repeated, doubling up to the interval: most causes are temporary. */
const FIRST_RETRY_MS = 5_000;

/** Validity of a test, in milliseconds: the interval, or a shorter time after a failure. */
export const probeStandsMs = ({ failures }: { readonly failures: number }, intervalMs: number): number =>
  failures === 0 ? intervalMs : backoffMs({ firstMs: FIRST_RETRY_MS, longestMs: intervalMs }, failures);
