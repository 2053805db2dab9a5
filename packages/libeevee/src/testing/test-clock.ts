import type { Clock } from '../clock.ts';

interface Alarm {
  readonly timeMs: number;
  readonly run: () => void;
}

/**
 * A clock that only moves when it is set.
 *
 * @example
 * const clock = new TestClock(0);
 * clock.at(1_000, () => ring());
 * clock.set(1_000);
 */
export class TestClock implements Clock {
  #nowMs: number;
  readonly #alarms = new Set<Alarm>();
  readonly #whenSetBack = new Set<() => void>();

  /** @param nowMs in milliseconds since 1970. */
  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  at(timeMs: number, run: () => void): () => void {
    const alarm = { timeMs, run };
    this.#alarms.add(alarm);
    return () => void this.#alarms.delete(alarm);
  }

  after(delayMs: number, run: () => void): () => void {
    return this.at(this.#nowMs + delayMs, run);
  }

  onSetBack(run: () => void): () => void {
    this.#whenSetBack.add(run);
    return () => void this.#whenSetBack.delete(run);
  }

  /** Time of the next alarm; infinite without an alarm. */
  get nextAlarmMs(): number {
    return Math.min(...Array.from(this.#alarms, ({ timeMs }) => timeMs));
  }

  /** Sets the time, and runs the alarms that are due then, in order. Alarms that these set are not run. */
  set(nowMs: number): void {
    const isSetBack = nowMs < this.#nowMs;
    this.#nowMs = nowMs;
    if (isSetBack) for (const run of [...this.#whenSetBack]) run();
    const due = [...this.#alarms].filter(({ timeMs }) => timeMs <= nowMs).toSorted((one, other) => one.timeMs - other.timeMs);
    for (const alarm of due) if (this.#alarms.delete(alarm)) alarm.run();
  }
}
