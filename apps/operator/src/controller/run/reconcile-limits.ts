import type { Clock } from '../clock.ts';
import { NotLeaderError, ReconcileTimeoutError } from '../errors.ts';

/** An aborted reconcile that is still running after this time is abandoned. */
const ABANDON_MS = 3_000;

/** How often a running reconcile checks whether another operator may work in its namespace: less than the time until a Lease expires. */
const RIVAL_CHECK_MS = 1_000;

/**
 * Aborts a reconcile after its timeout, when its controller halts, and when this process must not work in its namespace any more, since
 * another operator may begin there.
 */
export class ReconcileLimits {
  readonly #abort = new AbortController();
  readonly #clock: Clock;
  readonly #rival: () => string | undefined;
  readonly #halt: AbortSignal;
  readonly #haltNow = (): void => this.#abort.abort(this.#halt.reason);
  readonly #cancelTimeout: () => void;
  #cancelAbandon = (): void => {};
  #cancelCheck = (): void => {};

  /**
   * @param given.rival why this process must not work in the namespace.
   * @param given.abandon called when the reconcile was aborted and does not end.
   */
  constructor(given: {
    readonly clock: Clock;
    readonly halt: AbortSignal;
    readonly timeoutMs: number;
    readonly rival: () => string | undefined;
    readonly abandon: () => void;
  }) {
    const { clock, halt, timeoutMs, rival, abandon } = given;
    this.#clock = clock;
    this.#rival = rival;
    this.#halt = halt;
    this.signal.addEventListener('abort', () => (this.#cancelAbandon = clock.schedule(ABANDON_MS, abandon)));
    if (halt.aborted) this.#haltNow();
    halt.addEventListener('abort', this.#haltNow);
    this.#cancelTimeout = clock.schedule(timeoutMs, () => this.#abort.abort(new ReconcileTimeoutError(`took longer than ${timeoutMs} ms`)));
    this.#checkLater();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** @throws the reason when the reconcile was aborted, NotLeaderError when this process must not work in the namespace. */
  assertMayWrite(): void {
    this.signal.throwIfAborted();
    const rival = this.#rival();
    if (rival !== undefined) throw new NotLeaderError(rival);
  }

  /** Ends the limits together with the reconcile. */
  end(): void {
    this.#cancelTimeout();
    this.#cancelAbandon();
    this.#cancelCheck();
    this.#halt.removeEventListener('abort', this.#haltNow);
  }

  #checkLater(): void {
    this.#cancelCheck = this.#clock.schedule(RIVAL_CHECK_MS, () => {
      if (this.signal.aborted) return;
      const rival = this.#rival();
      if (rival === undefined) this.#checkLater();
      else this.#abort.abort(new NotLeaderError(rival));
    });
  }
}
