import type { Clock } from '../clock.ts';
import { ConnectionError } from '../errors.ts';
import { SlowItems } from '../slow-items.ts';
import { SLOW_LIMITS, SlowPlaces, type PlacedRequest } from './slow-places.ts';

/** Connections for normal requests, and further ones that are opened only while all of those wait for slow responses. */
export const REQUEST_CONNECTIONS = 4;
export const EXTRA_CONNECTIONS = SLOW_LIMITS.all;

/** A request that had to wait longer, because too many like it are slow, is not sent: its reconcile makes room for others. */
const LONGEST_WAIT_MS = 20_000;

/** The connections that a request uses. */
export type Lane = 'requests' | 'extra';

/** A request that waits for its turn. */
interface TurnRequest extends PlacedRequest {
  readonly signal: AbortSignal;
}

/** A request in flight. */
export interface Turn {
  readonly lane: Lane;
  readonly request: PlacedRequest;
  /** The same request was slow the last time, so this one has a place among slow ones from the start. */
  readonly isRepeated: boolean;
}

interface Waiting {
  readonly request: TurnRequest;
  readonly sinceMs: number;
  readonly settle: (turn: Turn | Error) => void;
}

/**
 * Decides when a request is sent, and on which connections. At most {@link REQUEST_CONNECTIONS} requests are in flight, not counting slow
 * ones. A webhook that does not answer delays each request that needs it for up to 30 seconds: without this rule, four of them would stop
 * all other work of the operator for that time. {@link SLOW_LIMITS} bound the slow ones, so that a webhook holds only requests like those
 * that it is asked about, and not all that the API server admits at a time.
 */
export class RequestTurns {
  readonly #clock: Pick<Clock, 'elapsedMs' | 'schedule'>;
  readonly #inFlight: SlowItems<Turn>;
  readonly #onLane: Record<Lane, number> = { requests: 0, extra: 0 };
  readonly #places = new SlowPlaces();
  readonly #waiting = new Set<Waiting>();
  /** Requests of the turns in flight that are not slow, and were not the last time. */
  readonly #quick = new Set<PlacedRequest>();

  constructor(clock: Pick<Clock, 'elapsedMs' | 'schedule'>) {
    this.#clock = clock;
    this.#inFlight = new SlowItems(clock, (turn) => this.#becameSlow(turn));
  }

  /**
   * A turn for a request that can be sent at once; otherwise a promise of one.
   *
   * @throws the reason of `request.signal` when it is aborted; ConnectionError after a long wait for slow requests of the same kind.
   */
  begin(request: TurnRequest): Turn | Promise<Turn> {
    // Those that wait cannot begin now, or they would have.
    const lane = this.#laneFor(request);
    return lane === undefined ? this.#wait(request) : this.#start(request, lane);
  }

  /** Ends a turn: the response is complete, or the request has failed. */
  end(turn: Turn): void {
    const { lane, request, isRepeated } = turn;
    const wasQuick = this.#inFlight.end(turn);
    this.#onLane[lane]--;
    if (wasQuick) this.#places.note(request, false);
    if (wasQuick && !isRepeated) this.#quick.delete(request);
    else this.#places.leave(request, isRepeated);
    if (this.#waiting.size > 0) this.#advance();
  }

  #becameSlow({ request, isRepeated }: Turn): void {
    this.#places.note(request, true);
    if (isRepeated) return;
    this.#quick.delete(request);
    this.#places.take(request, false);
    this.#advance();
  }

  /** The connections on which a request can be sent now; undefined when it must wait. */
  #laneFor(request: PlacedRequest): Lane | undefined {
    const isRepeated = this.#places.wasSlow(request);
    if (!isRepeated && this.#quick.size >= REQUEST_CONNECTIONS) return undefined;
    if (!this.#places.hasPlace(request, this.#quick)) return undefined;
    if (!isRepeated && this.#onLane.requests < REQUEST_CONNECTIONS) return 'requests';
    return this.#onLane.extra < EXTRA_CONNECTIONS ? 'extra' : undefined;
  }

  #start(request: PlacedRequest, lane: Lane): Turn {
    const turn = { lane, request, isRepeated: this.#places.wasSlow(request) };
    this.#onLane[lane]++;
    if (turn.isRepeated) this.#places.take(request, true);
    else this.#quick.add(request);
    this.#inFlight.begin(turn);
    return turn;
  }

  #wait(request: TurnRequest): Promise<Turn> {
    const { signal } = request;
    return new Promise((resolve, reject) => {
      const settle = (turn: Turn | Error) => {
        this.#waiting.delete(waiting);
        signal.removeEventListener('abort', abort);
        if (turn instanceof Error) reject(turn);
        else resolve(turn);
      };
      const abort = () => settle(signal.reason as Error);
      const waiting: Waiting = { request, settle, sinceMs: this.#clock.elapsedMs() };
      if (signal.aborted) return abort();
      signal.addEventListener('abort', abort, { once: true });
      this.#waiting.add(waiting);
    });
  }

  /** Lets requests that wait begin, as far as possible. */
  #advance(): void {
    if (this.#places.taken > 0) this.#giveUpLongest();
    for (let next = this.#nextWaiting(); next !== undefined; next = this.#nextWaiting()) {
      next.waiting.settle(this.#start(next.waiting.request, next.lane));
    }
  }

  /** The request to begin next: the one that waits for the longest time, of those with the fewest slow ones like them. */
  #nextWaiting(): { readonly waiting: Waiting; readonly lane: Lane } | undefined {
    if (this.#quick.size >= REQUEST_CONNECTIONS && !this.#places.remembersAny) return undefined;
    let next: { readonly waiting: Waiting; readonly lane: Lane } | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (const waiting of this.#waiting) {
      const lane = this.#laneFor(waiting.request);
      if (lane === undefined) continue;
      const others = this.#places.taken === 0 ? 0 : this.#places.takenLike(waiting.request, this.#quick);
      if (others < fewest) [next, fewest] = [{ waiting, lane }, others];
      if (fewest === 0) break;
    }
    return next;
  }

  #giveUpLongest(): void {
    const beforeMs = this.#clock.elapsedMs() - LONGEST_WAIT_MS;
    for (const { request, sinceMs, settle } of this.#waiting) {
      if (sinceMs > beforeMs) return;
      const others = this.#places.takenLike(request, this.#quick);
      const likeIt = others === 0 ? `${this.#places.taken} requests` : `${others} requests of its kind`;
      settle(
        new ConnectionError(
          `${request.method} ${request.path.split('?', 1)[0]}: not sent, because ${likeIt} wait for responses of the API server, probably because of an admission webhook that does not answer`,
        ),
      );
    }
  }
}
