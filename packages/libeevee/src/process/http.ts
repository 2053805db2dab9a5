import type { Server } from 'node:http';
import { DEFAULT_HTTP_PORT, MODULE_ENV } from '@eeveebot/contract';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { ERROR_CODES, EeveeError, reasonOf } from '../errors.ts';
import { log } from '../log/log.ts';
import { errorCounter, httpRequestCounter, httpRequestDuration, register } from '../metrics/registry.ts';
import { processState } from '../process-state.ts';

export { express };

const PRODUCER = 'http';

/** The part of a client that `/health` reads. */
export interface HealthClient {
  isClosed(): boolean;
  /** Subjects that NATS no longer permits. */
  readonly revokedSubjects?: readonly string[];
}

/** For {@link setupHttpServer}. */
export interface HttpServerOptions {
  /** Default: `HTTP_API_PORT`, otherwise 9000. 0 takes any free port. */
  port?: number | string;
  /** Name in responses, and `module` label of metrics. */
  serviceName: string;
  /** Read at each request, so an array may be filled later; while it is empty, the module is unhealthy. */
  natsClients?: HealthClient | readonly HealthClient[];
  /** Reason why the module is not ready yet, `undefined` once it is: `/health` and `/readyz` answer 503 until then. */
  notReady?: () => string | undefined;
}

/** The server of {@link setupHttpServer}. */
export type ModuleHttpServer = Server & {
  /**
   * The routes of the module, on the same port.
   *
   * @example
   * server.app.post('/hooks/github', express.json(), (request, response) => response.sendStatus(204));
   */
  readonly app: Express;
};

/** Reason why a module is not healthy; `undefined` when it is. */
function unhealthyReason({ natsClients, notReady }: Pick<HttpServerOptions, 'natsClients' | 'notReady'>): string | undefined {
  const clients = clientsOf(natsClients);
  if (clients !== undefined && (clients.length === 0 || clients.some((client) => client.isClosed()))) return 'NATS disconnected';
  const [revoked] = clients?.flatMap(({ revokedSubjects = [] }) => revokedSubjects) ?? [];
  return revoked === undefined ? notReady?.() : `NATS no longer permits to subscribe to ${revoked}`;
}

function portOf(option: number | string | undefined): number {
  const value = option ?? process.env[MODULE_ENV.httpApiPort] ?? '';
  const port = value === '' ? DEFAULT_HTTP_PORT : Number(value);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new EeveeError(ERROR_CODES.httpListen, `"${value}" is not a port: ${MODULE_ENV.httpApiPort} must be a number from 0 to 65535`);
}

function clientsOf(clients: HttpServerOptions['natsClients']): readonly HealthClient[] | undefined {
  return clients === undefined || !('isClosed' in clients) ? clients : [clients];
}

/** An error with the reason why a port cannot be listened on, and the fix. */
function listenFailure(error: NodeJS.ErrnoException, port: number): EeveeError {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} is already in use by another process`,
    EACCES: `this user is not permitted to listen on port ${port}`,
  };
  const reason = reasons[error.code ?? ''] ?? `cannot listen on port ${port}: ${reasonOf(error)}`;
  return new EeveeError(ERROR_CODES.httpListen, `HTTP server: ${reason}; choose another port with ${MODULE_ENV.httpApiPort}`, {
    cause: error,
  });
}

/** An Express app for the routes of a module. */
export function moduleRoutes(): Express {
  const routes = express();
  routes.disable('x-powered-by');
  routes.disable('etag');
  return routes;
}

/** Counts requests and measures their duration. */
function measured(serviceName: string) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const endTimer = httpRequestDuration.startTimer();
    response.once('finish', () => {
      // A label for each requested path would grow without bound.
      const matched: unknown = Reflect.get(Object(request.route), 'path');
      const route = typeof matched === 'string' ? matched : 'unmatched';
      endTimer({ module: serviceName, method: request.method, route });
      httpRequestCounter.inc({ module: serviceName, method: request.method, route, status_code: response.statusCode });
    });
    next();
  };
}

/** The routes that every module has, followed by its own. */
function moduleApp(options: HttpServerOptions, own: Express): Express {
  const { serviceName } = options;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(measured(serviceName));

  const answer = (response: Response, reason: string | undefined): void => {
    const timestamp = new Date().toISOString();
    if (reason === undefined) response.json({ status: 'ok', timestamp, service: serviceName });
    else response.status(503).json({ status: 'unhealthy', reason, timestamp, service: serviceName });
  };
  app.get('/health', (_request, response) => answer(response, unhealthyReason(options)));
  app.get('/readyz', (_request, response) => answer(response, processState.stopping ? 'stopping' : unhealthyReason(options)));
  app.get('/livez', (_request, response) => answer(response, undefined));
  app.get('/metrics', async (_request, response) => {
    const exposition = await register.metrics();
    response.set('Content-Type', register.contentType).send(exposition);
  });
  app.use(own);
  app.use((_request, response) => {
    response.status(404).json({ error: 'Not found' });
  });
  // Express recognises an error handler by its four parameters.
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    const status = statusOf(error);
    if (status < 500 && !response.headersSent) {
      response.status(status).json({ error: reasonOf(error) });
      return;
    }
    log.error('request failed', { producer: PRODUCER, path: request.path, error });
    if (!response.headersSent) response.status(500).json({ error: 'Internal server error' });
    // The client must not take the part that it has for the whole.
    else if (!response.writableEnded) request.socket.destroy();
  });
  return app;
}

/** Body parsers and routers set a status when a request is invalid. */
function statusOf(error: unknown): number {
  let status: unknown;
  try {
    status = Reflect.get(Object(error), 'status');
  } catch {
    // A thrown value may itself throw when it is read.
    return 500;
  }
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
}

/**
 * Starts the HTTP server of the module: `GET /health` (200, or 503 while any NATS client is closed or the module is not ready), `/readyz`
 * (the same, and 503 once the module is stopping), `/livez` (200 while the process runs) and `/metrics` for Prometheus. Routes of the
 * module, for example webhooks, belong in `app` of the server.
 *
 * @returns the server, which is about to listen. If it cannot listen on the port, that is logged with the fix and counted
 * (`errors_total{type="http_listen"}`); the server also emits `error`. The module continues, because it does not depend on this server.
 * @throws EeveeError `EEVEE_HTTP_LISTEN` when the port is not a port number.
 * @example
 * const natsClients: NatsClient[] = [];
 * const { app } = setupHttpServer({ serviceName: 'echo', natsClients });
 * app.get('/hello', (request, response) => response.send('hello'));
 */
export function setupHttpServer(options: HttpServerOptions, own: Express = moduleRoutes()): ModuleHttpServer {
  const { serviceName } = options;
  const port = portOf(options.port);
  const app = moduleApp(options, own);

  // Without a callback: Express calls it on failure too, as if the server listened. And without importing `node:http`, which as an ES
  // module loads Node's whole fetch and HTTP/2 (8 MB, 20 ms).
  const server: Server = app.listen(port);
  server.on('listening', () => {
    const address = server.address();
    const shown = typeof address === 'object' && address !== null ? address.port : port;
    log.info(`HTTP server listens on port ${shown}`, { producer: PRODUCER, service: serviceName });
  });
  server.on('error', (error: NodeJS.ErrnoException) => {
    const failure = server.listening ? error : listenFailure(error, port);
    errorCounter.inc({ module: serviceName, type: 'http_listen', operation: 'listen' });
    log.error(failure.message, { producer: PRODUCER, service: serviceName });
  });
  processState.httpServers.add(server);
  server.on('close', () => processState.httpServers.delete(server));
  return Object.assign(server, { app: own });
}
