import type { BackupRestore } from '@eeveebot/crds';
import type { Clock } from '../../controller/clock.ts';
import { setBounded } from '../../controller/set-bounded.ts';

/** Maximum number of restores whose waiting time is measured. */
const REMEMBERED = 1_000;

/** A waiting time at a moment of the monotonic clock. */
interface Measurement {
  /** `status.stopRequestedTime` that it counts from. */
  readonly since: string;
  readonly waitedMs: number;
  readonly atMs: number;
}

/**
 * Measures how long restores have waited for their modules to stop. The status has the time of day at which the wait began; from the first
 * time that this process sees it, the monotonic clock counts: a clock that is set forward must not end the wait.
 */
export class StopTimes {
  readonly #measurements = new Map<string, Measurement>();

  /** Milliseconds until the module of a restore must have stopped. */
  dueInMs({ metadata, spec, status }: BackupRestore, clock: Pick<Clock, 'now' | 'elapsedMs'>): number {
    const limitMs = spec.stopTimeoutSeconds * 1_000;
    const { stopRequestedTime: since } = status ?? {};
    if (since === undefined) return limitMs;
    const { uid = '' } = metadata;
    const known = this.#measurements.get(uid);
    const measurement = known?.since === since ? known : measure(since, clock);
    if (measurement === undefined) return limitMs;
    if (measurement !== known) setBounded(this.#measurements, [uid, measurement], REMEMBERED);
    return limitMs - measurement.waitedMs - (clock.elapsedMs() - measurement.atMs);
  }
}

/** `undefined` for a time that is in the future, because the clock has since been set back. */
function measure(since: string, clock: Pick<Clock, 'now' | 'elapsedMs'>): Measurement | undefined {
  const waitedMs = clock.now().getTime() - Date.parse(since);
  return waitedMs >= 0 ? { since, waitedMs, atMs: clock.elapsedMs() } : undefined;
}
