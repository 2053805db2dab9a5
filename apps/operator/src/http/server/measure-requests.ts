import type { RequestHandler } from 'express';
import type { Clock } from '../../controller/clock.ts';
import { OPENAPI_DOCUMENT } from '../openapi.ts';

/** An answered request, for metrics. */
export interface AnsweredRequest {
  readonly method: string;
  /** A path of the API; `unmatched` for all others, so that clients cannot create labels. */
  readonly route: string;
  readonly statusCode: number;
  readonly seconds: number;
}

const ROUTES: ReadonlySet<string> = new Set(Object.keys(OPENAPI_DOCUMENT.paths));
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Every answer that the OpenAPI document describes, for metrics that exist before the first request. */
export const DESCRIBED_ANSWERS: readonly Omit<AnsweredRequest, 'seconds'>[] = Object.entries(OPENAPI_DOCUMENT.paths).flatMap(
  ([route, operations]) =>
    Object.entries(operations).flatMap(([method, { responses }]) =>
      Object.keys(responses).map((code) => ({ method: method.toUpperCase(), route, statusCode: Number(code) })),
    ),
);

/** Reports each request after its response. */
export function measureRequests(clock: Pick<Clock, 'elapsedMs'>, answered: (request: AnsweredRequest) => void): RequestHandler {
  return (request, response, next) => {
    const startedMs = clock.elapsedMs();
    const path = request.path.toLowerCase().replace(/(?<=.)\/$/, '');
    const route = ROUTES.has(path) ? path : 'unmatched';
    const method = METHODS.has(request.method) ? request.method : 'OTHER';
    response.once('finish', () => {
      answered({ method, route, statusCode: response.statusCode, seconds: (clock.elapsedMs() - startedMs) / 1000 });
    });
    next();
  };
}
