import type { ProbeOutcome } from '../../backup/object-stores.ts';

/** A test that was made. */
export interface MadeProbe {
  /** Stands for all that the connection depended on then. */
  readonly fingerprint: string;
  readonly time: Date;
  readonly outcome: ProbeOutcome;
  /** Tests in a row that failed, up to this one. */
  readonly failures: number;
}

/** A test that failed is made again after this time, doubling up to the interval: most causes pass soon. */
const FIRST_RETRY_MS = 5_000;

/** The last test of each store that this process made, by the store's uid. */
export class Probes {
  readonly #last = new Map<string, MadeProbe>();

  get(uid: string): MadeProbe | undefined {
    return this.#last.get(uid);
  }

  set(uid: string, probe: MadeProbe): void {
    this.#last.set(uid, probe);
  }

  /** Forgets the stores that are gone. */
  keepOnly(uids: ReadonlySet<string>): void {
    for (const uid of this.#last.keys()) if (!uids.has(uid)) this.#last.delete(uid);
  }
}

/**
 * For how long the last test still stands, in milliseconds; 0 when it is time for another: there was none, what
 * the connection depends on has changed, or the interval is over; after a failure, a shorter one.
 */
export function probeStandsMs(last: MadeProbe | undefined, given: { fingerprint: string; intervalMs: number; now: Date }): number {
  if (last === undefined || last.fingerprint !== given.fingerprint) return 0;
  const intervalMs = last.failures === 0 ? given.intervalMs : Math.min(given.intervalMs, FIRST_RETRY_MS * 2 ** (last.failures - 1));
  return Math.max(0, last.time.getTime() + intervalMs - given.now.getTime());
}
