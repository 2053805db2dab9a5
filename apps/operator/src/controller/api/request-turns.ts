import type { Clock } from '../clock.ts';
import { GivenUpError } from '../errors.ts';
import { SLOW_MS, SlowItems } from '../slow-items.ts';
import { type KindedRequest, RequestKind } from './request-kind.ts';
import { SLOW_LIMITS, SlowPlaces } from './slow-places.ts';

/** Connections for normal requests, and further ones for slow requests and for those that would wait for them. */
export const REQUEST_CONNECTIONS = 4;
export const EXTRA_CONNECTIONS = SLOW_LIMITS.all.all;

/** A request that was slow and waits for longer, because too many like it are slow, is not sent: its reconcile makes room for others. */
const LONGEST_WAIT_MS = 5_000;

/** Time for the response to a request without a place among slow ones: most take a tenth of it. */
const PROBE_MS = 250;

/** For each slow request like it, a request lets others begin that came this much later: they may be of a kind that is not slow. */
const YIELD_MS = 250;

/** The connections that a request uses. */
export type Lane = 'requests' | 'extra';

/** A request in flight. */
export interface Turn {
  readonly lane: Lane;
  readonly kind: RequestKind;
  /** The same request was slow the last time, so this one has a place among slow ones from the start. */
  readonly isRepeated: boolean;
  /** Aborts a request that has no place among slow ones when it takes too long. */
  readonly probe: AbortController | undefined;
}

interface Waiting {
  readonly kind: RequestKind;
  readonly sinceMs: number;
  readonly begin: (turn: Turn) => void;
  readonly fail: (reason: unknown) => void;
}

interface Next {
  readonly waiting: Waiting;
  readonly lane: Lane;
}

/**
 * Decides when a request is sent, and on which connections. At most {@link REQUEST_CONNECTIONS} requests are in flight, not counting slow
 * ones. A webhook that does not answer delays each request that needs it for up to 30 seconds: without this rule, four of them would stop
 * all other work of the operator for that time. {@link SLOW_LIMITS} bound the slow ones, so that a webhook holds only requests like those
 * that it is asked about, and not all that the API server admits at a time. When all places are taken, a request that was not slow the last
 * time is sent nevertheless, since the webhook may not concern its object, and given up if there is no response at once.
 */
export class RequestTurns {
  readonly #clock: Pick<Clock, 'elapsedMs' | 'schedule'>;
  readonly #inFlight: SlowItems<Turn>;
  readonly #probes: SlowItems<Turn>;
  readonly #onLane: Record<Lane, number> = { requests: 0, extra: 0 };
  readonly #places: SlowPlaces;
  /** Those of the turns in flight that are not slow, and were not the last time. */
  readonly #quick = new Set<RequestKind>();
  readonly #waiting = new Set<Waiting>();
  readonly #waits: SlowItems<Waiting>;

  constructor(clock: Pick<Clock, 'elapsedMs' | 'schedule'>) {
    this.#clock = clock;
    this.#places = new SlowPlaces(clock);
    this.#inFlight = new SlowItems(clock, (turn) => this.#becameSlow(turn), SLOW_MS);
    this.#probes = new SlowItems(clock, (turn) => this.#giveUp(turn), PROBE_MS);
    this.#waits = new SlowItems(clock, (waiting) => this.#waitsLong(waiting), LONGEST_WAIT_MS);
  }

  /** Whether requests wait only because others are in flight, and not because others like them are slow. */
  get isBusy(): boolean {
    if (this.#quick.size < REQUEST_CONNECTIONS) return false;
    for (const { kind } of this.#waiting) if (!this.#places.wasSlow(kind)) return true;
    return false;
  }

  /**
   * A turn for a request that can be sent at once; otherwise a promise of one.
   *
   * @throws the reason of `signal` when it is aborted; GivenUpError after a long wait for slow requests of the same kind.
   */
  begin(request: KindedRequest & { readonly signal: AbortSignal }): Turn | Promise<Turn> {
    const kind = new RequestKind(request);
    // Those that wait cannot begin now, or they would have.
    const lane = this.#laneFor(kind);
    return lane === undefined ? this.#wait(kind, request.signal) : this.#start(kind, lane);
  }

  /** Ends a turn. @param isAnswered the API server has responded; otherwise nothing is known about the next attempt. */
  end(turn: Turn, isAnswered: boolean): void {
    const { lane, kind, isRepeated, probe } = turn;
    const wasQuick = this.#timesOf(turn).end(turn);
    this.#onLane[lane]--;
    if (wasQuick && isAnswered) this.#places.note(kind, false);
    if (probe !== undefined || (wasQuick && !isRepeated)) this.#quick.delete(kind);
    else this.#places.leave(kind, isRepeated);
    this.#advance();
  }

  /** Rejects all requests that wait. */
  close(reason: Error): void {
    for (const { fail } of [...this.#waiting]) fail(reason);
  }

  #becameSlow({ kind, isRepeated }: Turn): void {
    this.#places.note(kind, true);
    if (!isRepeated) {
      this.#quick.delete(kind);
      this.#places.take(kind, false);
    }
    this.#advance();
  }

  #giveUp({ kind, probe }: Turn): void {
    this.#places.note(kind, true);
    const obstacle = this.#places.obstacle(kind, []) ?? 'other slow requests waited for a response of the API server';
    probe?.abort(new GivenUpError(givenUpText(kind, `was given up after ${PROBE_MS} ms without a response`, obstacle)));
  }

  #timesOf({ probe }: Turn): SlowItems<Turn> {
    return probe === undefined ? this.#inFlight : this.#probes;
  }

  /** The connections on which a request can be sent now; undefined when it must wait. */
  #laneFor(kind: RequestKind): Lane | undefined {
    const isRepeated = this.#places.wasSlow(kind);
    const canBegin = isRepeated ? this.#places.hasPlace(kind, this.#quick) : this.#quick.size < REQUEST_CONNECTIONS;
    if (!canBegin) return undefined;
    if (!isRepeated && this.#onLane.requests < REQUEST_CONNECTIONS) return 'requests';
    return this.#onLane.extra < EXTRA_CONNECTIONS ? 'extra' : undefined;
  }

  #start(kind: RequestKind, lane: Lane): Turn {
    const isRepeated = this.#places.wasSlow(kind);
    const hasPlace = isRepeated || this.#places.hasPlace(kind, this.#quick);
    const turn = { lane, kind, isRepeated, probe: hasPlace ? undefined : new AbortController() };
    this.#onLane[lane]++;
    if (isRepeated) this.#places.take(kind, true);
    else this.#quick.add(kind);
    this.#timesOf(turn).begin(turn);
    return turn;
  }

  #wait(kind: RequestKind, signal: AbortSignal): Promise<Turn> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(waiting);
        this.#waits.end(waiting);
        signal.removeEventListener('abort', abort);
      };
      const waiting: Waiting = {
        kind,
        sinceMs: this.#clock.elapsedMs(),
        begin(turn) {
          leave();
          resolve(turn);
        },
        fail(reason) {
          leave();
          reject(reason);
        },
      };
      const abort = () => waiting.fail(signal.reason);
      if (signal.aborted) return reject(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      this.#waiting.add(waiting);
      this.#waits.begin(waiting);
    });
  }

  /** Lets requests that wait begin, as far as possible. */
  #advance(): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) next.waiting.begin(this.#start(next.waiting.kind, next.lane));
  }

  /** The request to begin next: the one that waits for the longest time, with a handicap for each slow one like it. */
  #next(): Next | undefined {
    if (this.#waiting.size === 0) return undefined;
    if (this.#quick.size >= REQUEST_CONNECTIONS && !this.#places.remembersAny) return undefined;
    let next: Next | undefined;
    let earliestMs = Number.POSITIVE_INFINITY;
    for (const waiting of this.#waiting) {
      if (waiting.sinceMs >= earliestMs) break;
      const lane = this.#laneFor(waiting.kind);
      if (lane === undefined) continue;
      const rankMs = waiting.sinceMs + (this.#places.taken === 0 ? 0 : this.#places.takenLike(waiting.kind) * YIELD_MS);
      if (rankMs < earliestMs) [next, earliestMs] = [{ waiting, lane }, rankMs];
    }
    return next;
  }

  #waitsLong(waiting: Waiting): void {
    const { kind } = waiting;
    const obstacle = this.#places.wasSlow(kind) ? this.#places.obstacle(kind, []) : undefined;
    // Without one, it waits only for its turn.
    if (obstacle === undefined) this.#waits.begin(waiting);
    else waiting.fail(new GivenUpError(givenUpText(kind, 'was not sent', obstacle)));
  }
}

const givenUpText = ({ text }: RequestKind, what: string, obstacle: string): string =>
  `${text} ${what}, because ${obstacle}: an admission webhook does not answer, or the API server is slow`;
