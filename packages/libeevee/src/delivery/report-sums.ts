import { type OutboxClock, systemClock } from './outbox-options.ts';

/** Minimum time between two reports of one kind, in milliseconds. */
const PAUSE_MS = 1_000;

/**
 * Reports what happens many times a second, such as the loss of messages during an outage: the first time at once, and the number of further
 * times once a second for each kind.
 *
 * @example
 * const losses = new ReportSums<LossReason>((messages, reason) => log.warn('messages were lost', { messages, reason }));
 * losses.add(1, 'too_many');
 */
export class ReportSums<Kind extends string> {
  readonly #report: (times: number, kind: Kind) => void;
  readonly #clock: OutboxClock;
  /** Kinds that were reported during the last second, with how often they happened since. */
  readonly #recent = new Map<Kind, { since: number; readonly cancel: () => void }>();

  constructor(report: (times: number, kind: Kind) => void, clock: OutboxClock = systemClock) {
    this.#report = report;
    this.#clock = clock;
  }

  add(times: number, kind: Kind): void {
    const recent = this.#recent.get(kind);
    if (recent === undefined) this.#reportNow(times, kind);
    else recent.since += times;
  }

  /** Reports what has not been reported yet. */
  flush(): void {
    const recent = [...this.#recent];
    this.#recent.clear();
    for (const [kind, { since, cancel }] of recent) {
      cancel();
      if (since > 0) this.#report(since, kind);
    }
  }

  #reportNow(times: number, kind: Kind): void {
    const cancel = this.#clock.after(PAUSE_MS, () => {
      const { since = 0 } = this.#recent.get(kind) ?? {};
      this.#recent.delete(kind);
      if (since > 0) this.#reportNow(since, kind);
    });
    this.#recent.set(kind, { since: 0, cancel });
    this.#report(times, kind);
  }
}
