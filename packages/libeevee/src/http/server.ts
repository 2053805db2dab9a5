import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { DEFAULT_HTTP_PORT, MODULE_ENV } from '@eeveebot/contract';
import type { Express } from 'express';
import { ERROR_CODES, EeveeError, reasonOf } from '../errors.ts';
import { log } from '../log/log.ts';
import { errorCounter, httpRequestCounter, httpRequestDuration } from '../metrics/registry.ts';
import { processState } from '../process-state.ts';
import { PRODUCER } from './answers.ts';
import { OwnRoutes, routeOf } from './own-routes.ts';
import { http } from './required.cjs';
import { type HealthClient, answerState, statePathOf } from './state-routes.ts';

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

function portOf(option: number | string | undefined): number {
  const value = option ?? process.env[MODULE_ENV.httpApiPort] ?? '';
  const digits = String(value).trim();
  const port = digits === '' ? DEFAULT_HTTP_PORT : Number(digits);
  // Number also takes such as `1e3`, `0x50`.
  if (/^\d*$/.test(digits) && port <= 65_535) return port;
  throw new EeveeError(ERROR_CODES.httpListen, `"${value}" is not a port: ${MODULE_ENV.httpApiPort} must be a number from 0 to 65535`);
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

/** Counts the request, and measures its duration until the response is sent. */
function measure(module: string, { method = '', response, route }: Measured): void {
  const endTimer = httpRequestDuration.startTimer();
  response.once('finish', () => {
    // A label for each requested path would grow without bound.
    const labels = { module, method, route: route() ?? 'unmatched' };
    endTimer(labels);
    httpRequestCounter.inc({ ...labels, status_code: response.statusCode });
  });
}

interface Measured {
  readonly method: string | undefined;
  readonly response: ServerResponse;
  /** The route that answered; `undefined` if none did. */
  readonly route: () => string | undefined;
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
export function setupHttpServer(options: HttpServerOptions): ModuleHttpServer {
  const { serviceName } = options;
  const port = portOf(options.port);
  const own = new OwnRoutes();
  const server: Server = http.createServer((request: IncomingMessage, response: ServerResponse) => {
    const path = statePathOf(request);
    measure(serviceName, { method: request.method, response, route: () => path ?? routeOf(request) });
    if (path === undefined) own.answer(request, response);
    else answerState(path, options, { request, response });
  });
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
  server.listen(port);
  processState.httpServers.add(server);
  server.on('close', () => processState.httpServers.delete(server));
  return Object.defineProperty(server, 'app', { get: () => own.app }) as ModuleHttpServer;
}
