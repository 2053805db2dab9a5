import type { Clock } from '../clock.ts';

/** Connections for normal requests, and further ones that are opened only while all of those wait for slow responses. */
export const REQUEST_CONNECTIONS = 4;
export const EXTRA_CONNECTIONS = 28;

/** A request that has been in flight for longer no longer delays others: it waits for something else, such as a webhook. */
const SLOW_MS = 1_000;

/** The connections that a request uses. */
export type Lane = 'requests' | 'extra';

/** A request in flight. */
export interface Turn {
  readonly lane: Lane;
  readonly startedMs: number;
}

interface Waiting {
  readonly signal: AbortSignal;
  readonly begin: (turn: Turn) => void;
  readonly abort: () => void;
}

/**
 * Decides when a request is sent, and on which connections. At most {@link REQUEST_CONNECTIONS} requests are in flight, not counting slow
 * ones. A webhook that does not answer delays each request that needs it for up to 30 seconds: without this rule, four of them would stop
 * all other work of the operator for that time.
 */
export class RequestTurns {
  readonly #clock: Pick<Clock, 'elapsedMs' | 'schedule'>;
  /** Requests in flight that are not known to be slow, oldest first. */
  readonly #quick = new Set<Turn>();
  readonly #inFlight: Record<Lane, number> = { requests: 0, extra: 0 };
  readonly #waiting = new Set<Waiting>();
  #cancelCheck: (() => void) | undefined;

  constructor(clock: Pick<Clock, 'elapsedMs' | 'schedule'>) {
    this.#clock = clock;
  }

  /** A turn for a request that can be sent at once; otherwise a promise of one, which rejects when `signal` is aborted. */
  begin(signal: AbortSignal): Turn | Promise<Turn> {
    return (this.#waiting.size === 0 ? this.#next() : undefined) ?? this.#wait(signal);
  }

  /** Ends a turn: the response is complete, or the request has failed. */
  end(turn: Turn): void {
    this.#quick.delete(turn);
    this.#inFlight[turn.lane]--;
    if (this.#waiting.size > 0) this.#advance();
  }

  #next(): Turn | undefined {
    if (this.#quick.size >= REQUEST_CONNECTIONS) this.#dropSlow();
    if (this.#quick.size >= REQUEST_CONNECTIONS) return undefined;
    const lane = this.#inFlight.requests < REQUEST_CONNECTIONS ? 'requests' : 'extra';
    if (lane === 'extra' && this.#inFlight.extra >= EXTRA_CONNECTIONS) return undefined;
    const turn = { lane, startedMs: this.#clock.elapsedMs() } as const;
    this.#inFlight[lane]++;
    this.#quick.add(turn);
    return turn;
  }

  #dropSlow(): void {
    const nowMs = this.#clock.elapsedMs();
    for (const turn of this.#quick) {
      if (nowMs - turn.startedMs < SLOW_MS) return;
      this.#quick.delete(turn);
    }
  }

  #wait(signal: AbortSignal): Promise<Turn> {
    return new Promise((begin, reject) => {
      const waiting: Waiting = {
        signal,
        begin,
        abort: () => {
          this.#waiting.delete(waiting);
          reject(signal.reason);
        },
      };
      if (signal.aborted) return waiting.abort();
      signal.addEventListener('abort', waiting.abort, { once: true });
      this.#waiting.add(waiting);
      this.#checkLater();
    });
  }

  /** Lets requests that wait begin, as far as possible. */
  #advance(): void {
    for (const waiting of this.#waiting) {
      const turn = this.#next();
      if (turn === undefined) break;
      this.#waiting.delete(waiting);
      waiting.signal.removeEventListener('abort', waiting.abort);
      waiting.begin(turn);
    }
    this.#checkLater();
  }

  /** While requests wait, looks again when the oldest one in flight has become slow. */
  #checkLater(): void {
    const [oldest] = this.#quick;
    if (this.#cancelCheck !== undefined || this.#waiting.size === 0 || oldest === undefined) return;
    this.#cancelCheck = this.#clock.schedule(oldest.startedMs + SLOW_MS - this.#clock.elapsedMs(), () => {
      this.#cancelCheck = undefined;
      this.#advance();
    });
  }
}
