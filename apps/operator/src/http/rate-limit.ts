import type { Request, RequestHandler } from 'express';
import type { Clock } from '../controller/types.ts';

/** Clients that are remembered: more of them make the ones that came first forgotten. */
const REMEMBERED_CLIENTS = 10_000;

/** How many requests a client may send in a span of time. */
export interface RateLimit {
  readonly requests: number;
  readonly spanMs: number;
}

/** The HTTP API's limit. */
export const API_RATE_LIMIT: RateLimit = { requests: 100, spanMs: 60_000 };

/**
 * Counts the requests of each client since its first; after `spanMs` it starts anew.
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

  /** Counts a request of `client`. @returns 0 when it may pass, else the milliseconds until the next one may. */
  refusedForMs(client: string): number {
    const nowMs = this.#clock.elapsedMs();
    const { requests, spanMs } = this.#limit;
    const known = this.#clients.get(client);
    const current = known !== undefined && nowMs - known.sinceMs < spanMs ? known : this.#startOf(client, nowMs);
    current.count += 1;
    return current.count <= requests ? 0 : current.sinceMs + spanMs - nowMs;
  }

  #startOf(client: string, nowMs: number): { readonly sinceMs: number; count: number } {
    // Taken out first: a map goes through its keys in the order in which they came.
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

/** A network address: in a cluster, a pod's. Headers that name another address are ignored, because any client can send them. */
export const addressOf = ({ socket }: Request): string => socket.remoteAddress ?? '';

/**
 * Answers 429 with `Retry-After` to clients that send too much.
 *
 * @param clientOf tells clients apart.
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
