import type { ProbeOutcome } from '../../backup/object-stores.ts';
import type { StoreProblem } from '../../backup/store-access.ts';

/** Result of a connection test, or the reason why it was not made. */
export type TestResult = ProbeOutcome | StoreProblem;

/** A test that failed is made again after this time, doubling up to the interval: most causes pass soon. */
const FIRST_RETRY_MS = 5_000;

/** For how long a test stands, in milliseconds: the interval; after a failure, a shorter time. */
export const probeStandsMs = ({ failures }: { readonly failures: number }, intervalMs: number): number =>
  failures === 0 ? intervalMs : Math.min(intervalMs, FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 20));
