/**
 * The HTTP API: request → metrics (`measure-requests.ts`) → token (`../auth.ts`) and rate limit → route (`../routes/`) → operation,
 * which `../operations.ts` declares and `../operations/` implements → JSON of `../schemas.ts`, or an error (`failures.ts`).
 * `../openapi.ts` describes it.
 */
import { createServer, type RequestListener, type Server } from 'node:http';
import express, { Router, type Express, type RequestHandler } from 'express';
import type { TokenScope } from '../../api-token/api-tokens.ts';
import type { Clock } from '../../controller/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import { clientOf, requireToken } from '../auth.ts';
import { failures, unknownPath } from './failures.ts';
import { measureRequests, type AnsweredRequest } from './measure-requests.ts';
import type { Operations } from '../operations.ts';
import { addressOf, API_RATE_LIMIT, rateLimit, RequestCounts } from './rate-limit.ts';
import { actionRoutes } from '../routes/actions.ts';
import { backupRoutes } from '../routes/backups.ts';
import { healthRoutes, type HealthChecks } from '../routes/health.ts';
import { metricsRoutes, type MetricsSource } from '../routes/metrics.ts';
import { moduleRoutes } from '../routes/modules.ts';
import { openapiRoutes } from '../routes/openapi.ts';

/** Dependencies of the HTTP server. */
export interface HttpServerInput extends HealthChecks, MetricsSource {
  readonly log: Log;
  readonly clock: Clock;
  /** Scope of a Bearer token; `undefined` if it is invalid. */
  readonly scopeOf: (token: string) => TokenScope | undefined;
  readonly operations: Operations;
  /** Called after each response. */
  readonly answered: (request: AnsweredRequest) => void;
}

/** The operator's HTTP application. */
export function httpApplication(input: HttpServerInput): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(measureRequests(input.clock, input.answered));
  // Before the rate limit: if a client sends too much, probes must still succeed, or the operator is restarted; so must scrapes.
  app.use(healthRoutes(input));
  app.use(metricsRoutes(input));
  const byAddress = rateLimit(new RequestCounts(API_RATE_LIMIT, input.clock), addressOf);
  app.use('/api/openapi.json', byAddress);
  app.use(openapiRoutes());
  app.use('/api', apiRoutes(input, byAddress));
  app.use(byAddress);
  app.get('/', (_request, response) => {
    response.json({ message: 'eevee operator', timestamp: input.now().toISOString() });
  });
  app.use(unknownPath);
  app.use(failures(input.log));
  return app;
}

/** Routes that need a token. Requests with a token are limited by token, others by address. */
function apiRoutes({ scopeOf, operations, now, clock }: HttpServerInput, byAddress: RequestHandler): Router {
  const router = Router();
  router.use(requireToken(scopeOf, byAddress));
  router.use(rateLimit(new RequestCounts(API_RATE_LIMIT, clock), clientOf));
  router.use((_request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    next();
  });
  router.get('/health', (_request, response) => {
    response.json({ status: 'ok', timestamp: now().toISOString() });
  });
  router.use(moduleRoutes(operations));
  router.use('/action', actionRoutes(operations));
  router.use(backupRoutes(operations));
  return router;
}

/** Time limits of connections, in milliseconds. */
interface ConnectionTimes {
  /** From the start of a connection or of a request to the end of its headers. */
  readonly headersMs: number;
  /** The same to the end of the request. */
  readonly requestMs: number;
  /** Interval between checks for connections that are over one of these limits. */
  readonly checkMs: number;
}

/** A client that sends its headers byte by byte holds a connection for 15 seconds at most; by default it would be 90. */
const CONNECTION_TIMES: ConnectionTimes = { headersMs: 10_000, requestMs: 30_000, checkMs: 5_000 };

/**
 * Listens on `port` on all interfaces.
 *
 * @returns the listening server.
 * @throws Error that names the port and the fix if the port cannot be opened.
 */
export async function listenHttp(
  app: RequestListener,
  port: number,
  { headersMs, requestMs, checkMs }: ConnectionTimes = CONNECTION_TIMES,
): Promise<Server> {
  const times = { headersTimeout: headersMs, requestTimeout: requestMs, connectionsCheckingInterval: checkMs };
  // A probe or scraper that keeps its connection open must not delay shutdown.
  const server = createServer({ ...times, keepAliveTimeout: 5_000 }, app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why =
        cause.code === 'EADDRINUSE'
          ? `port ${port} is in use by another process: stop that process, or set HTTP_API_PORT to a free port`
          : cause.code === 'EACCES'
            ? `port ${port} needs privileges that this process does not have: set HTTP_API_PORT to a port above 1023`
            : `cannot listen on port ${port}`;
      reject(new Error(why, { cause }));
    });
    server.listen(port, resolve);
  });
  return server;
}

/** Stops listening and closes all connections, after a grace period for requests in flight. */
export async function closeHttp(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const impatience = setTimeout(() => server.closeAllConnections(), 1_000);
  await closed;
  clearTimeout(impatience);
}
