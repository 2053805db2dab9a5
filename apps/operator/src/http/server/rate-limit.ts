import type { Request, RequestHandler } from 'express';
import type { Clock } from '../../controller/clock.ts';

/** Maximum number of remembered clients. The oldest are evicted. */
const REMEMBERED_CLIENTS = 10_000;

/** Number of requests that a client may send in a period. */
export interface RateLimit {
  readonly requests: number;
  readonly spanMs: number;
}

/** Rate limit of the HTTP API. */
export const API_RATE_LIMIT: RateLimit = { requests: 100, spanMs: 60_000 };

/**
 * Counts the requests of each client since its first; after `spanMs` the count restarts.
 *
 * @example
 * const counts = new RequestCounts(API_RATE_LIMIT, systemClock);
 * counts.refusedForMs('10.0.0.7'); // 0: it may; after a hundred requests: milliseconds until it may again
 */
export class RequestCounts {
  readonly #limit: RateLimit;
  readonly #clock: Pick<Clock, 'elapsedMs'>;
  readonly #clients = new Map<string, { readonly sinceMs: number; count: number }>();

  constructor(limit: RateLimit, clock: Pick<Clock, 'elapsedMs'>) {
    this.#limit = limit;
    this.#clock = clock;
  }

  /** Counts a request of `client`. @returns 0 if it is allowed, otherwise the milliseconds until the next one is. */
  refusedForMs(client: string): number {
    const nowMs = this.#clock.elapsedMs();
    const { requests, spanMs } = this.#limit;
    const known = this.#clients.get(client);
    const current = known !== undefined && nowMs - known.sinceMs < spanMs ? known : this.#startOf(client, nowMs);
    current.count += 1;
    return current.count <= requests ? 0 : current.sinceMs + spanMs - nowMs;
  }

  #startOf(client: string, nowMs: number): { readonly sinceMs: number; count: number } {
    // Deleted first, because a map keeps its keys in insertion order.
    this.#clients.delete(client);
    for (const [other, { sinceMs }] of this.#clients) {
      if (nowMs - sinceMs < this.#limit.spanMs && this.#clients.size < REMEMBERED_CLIENTS) break;
      this.#clients.delete(other);
    }
    const started = { sinceMs: nowMs, count: 0 };
    this.#clients.set(client, started);
    return started;
  }
}

/** A network address: in a cluster, that of a pod. Headers that name another address are ignored, because any client can send them. */
export const addressOf = ({ socket }: Request): string => socket.remoteAddress ?? '';

/**
 * Responds with 429 and `Retry-After` to clients that exceed the limit.
 *
 * @param clientOf identifies the client of a request.
 */
export function rateLimit(counts: RequestCounts, clientOf: (request: Request) => string): RequestHandler {
  return (request, response, next) => {
    const waitMs = counts.refusedForMs(clientOf(request));
    if (waitMs === 0) return next();
    const seconds = Math.ceil(waitMs / 1000);
    response.setHeader('Retry-After', String(seconds));
    response.status(429).json({ error: 'Too Many Requests', details: `try again in ${seconds} s` });
  };
}
