import type { Clock } from '../clock.ts';
import { setBounded } from '../set-bounded.ts';
import type { RequestKind } from './request-kind.ts';

/**
 * Limits on slow requests. A webhook asks about one kind in all namespaces, or in some: so the requests of a collection and those of a kind
 * share places. In each, those that were slow the last time leave room for the others. When few places are left, they are kept for kinds
 * of which no request is slow, and the last ones for reading, about which webhooks do not ask.
 */
export const SLOW_LIMITS = {
  all: { all: 64, repeated: 40 },
  ofKind: { all: 40, repeated: 32 },
  ofCollection: { all: 32, repeated: 24 },
  beforeScarce: 48,
  writes: 60,
} as const;

/** How long, and how many, requests are remembered as slow. */
const REMEMBERED_MS = 600_000;
const REMEMBERED = 2_000;

interface Taken {
  readonly all: number;
  readonly repeated: number;
}

const NONE: Taken = { all: 0, repeated: 0 };

const hasRoom = (taken: Taken, limit: Taken, isRepeated: boolean): boolean =>
  taken.all < limit.all && (!isRepeated || taken.repeated < limit.repeated);

const plus = ({ all, repeated }: Taken = NONE, more: number): Taken => ({ all: all + more, repeated });

const waitingText = (count: number, what: string): string =>
  `${count} slow ${count === 1 ? 'request waits' : 'requests wait'} for a response of the API server (${what})`;

/** Counts slow requests in flight, and remembers which were slow the last time. */
export class SlowPlaces {
  readonly #clock: Pick<Clock, 'elapsedMs'>;
  /** When requests were slow, by their identity, oldest first. */
  readonly #slow = new Map<string, number>();
  readonly #ofKind = new Map<string, Taken>();
  readonly #ofCollection = new Map<string, Taken>();
  #all: Taken = NONE;

  constructor(clock: Pick<Clock, 'elapsedMs'>) {
    this.#clock = clock;
  }

  /** Number of slow requests in flight. */
  get taken(): number {
    return this.#all.all;
  }

  /** Whether some request was slow the last time. */
  get remembersAny(): boolean {
    return this.#slow.size > 0;
  }

  /** Slow requests in flight of the same collection. */
  takenLike({ collection }: RequestKind): number {
    return this.#ofCollection.get(collection)?.all ?? 0;
  }

  /** Whether a request could become slow without leaving too little room for others. @param quick other requests that could. */
  hasPlace(request: RequestKind, quick: Iterable<RequestKind>): boolean {
    return this.obstacle(request, quick) === undefined;
  }

  /** Why a request must not be sent now: which others wait for responses. */
  obstacle(request: RequestKind, quick: Iterable<RequestKind>): string | undefined {
    const { all } = this.#all;
    if (all === 0) return undefined;
    const like = { ofKind: 0, ofCollection: 0 };
    for (const { kind, collection } of quick) {
      if (kind === request.kind) like.ofKind++;
      if (collection === request.collection) like.ofCollection++;
    }
    const isRepeated = this.wasSlow(request);
    const ofCollection = plus(this.#ofCollection.get(request.collection), like.ofCollection);
    if (!hasRoom(ofCollection, SLOW_LIMITS.ofCollection, isRepeated)) return waitingText(ofCollection.all, request.collection);
    const ofKind = plus(this.#ofKind.get(request.kind), like.ofKind);
    const isLast = all >= SLOW_LIMITS.beforeScarce && ofKind.all > 0;
    if (isLast || !hasRoom(ofKind, SLOW_LIMITS.ofKind, isRepeated)) return waitingText(ofKind.all, `${request.kind} in all namespaces`);
    const areTaken = !request.isRead && all >= SLOW_LIMITS.writes;
    return areTaken || !hasRoom(this.#all, SLOW_LIMITS.all, isRepeated) ? waitingText(all, 'any kind') : undefined;
  }

  take(request: RequestKind, isRepeated: boolean): void {
    this.#change(request, { all: 1, repeated: isRepeated ? 1 : 0 });
  }

  leave(request: RequestKind, isRepeated: boolean): void {
    this.#change(request, { all: -1, repeated: isRepeated ? -1 : 0 });
  }

  /** Whether the same request was slow the last time. */
  wasSlow(request: RequestKind): boolean {
    // An identity is a long text, which is not made while no request is slow.
    return this.remembersAny && this.#slow.has(request.identity);
  }

  /** Notes whether a request was slow. */
  note(request: RequestKind, isSlow: boolean): void {
    if (isSlow) setBounded(this.#slow, [request.identity, this.#clock.elapsedMs()], REMEMBERED);
    else if (this.remembersAny) this.#slow.delete(request.identity);
    for (const [other, atMs] of this.#slow) {
      if (this.#clock.elapsedMs() - atMs < REMEMBERED_MS) return;
      this.#slow.delete(other);
    }
  }

  #change({ kind, collection }: RequestKind, by: Taken): void {
    this.#all = sum(this.#all, by);
    change(this.#ofKind, kind, by);
    change(this.#ofCollection, collection, by);
  }
}

const sum = (a: Taken, b: Taken): Taken => ({ all: a.all + b.all, repeated: a.repeated + b.repeated });

function change(counts: Map<string, Taken>, key: string, by: Taken): void {
  const changed = sum(counts.get(key) ?? NONE, by);
  if (changed.all === 0) counts.delete(key);
  else counts.set(key, changed);
}
