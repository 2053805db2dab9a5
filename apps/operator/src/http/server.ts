import { createServer, type Server } from 'node:http';
import express, { type Express } from 'express';
import type { Log } from '../controller/types.ts';
import { healthRoutes, type HealthChecks } from './routes/health.ts';
import { metricsRoutes, type MetricsSource } from './routes/metrics.ts';

/** What the HTTP server may ask of the rest of the operator. */
export interface HttpServerInput extends HealthChecks, MetricsSource {
  readonly log: Log;
  readonly now: () => Date;
}

/** The operator's HTTP application. */
export function httpApplication(input: HttpServerInput): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.get('/', (_request, response) => {
    response.json({ message: 'eevee operator', timestamp: input.now().toISOString() });
  });
  app.use(healthRoutes(input));
  app.use(metricsRoutes(input));
  app.use((_request: express.Request, response: express.Response) => {
    response.status(404).json({ error: 'Not Found' });
  });
  app.use((error: unknown, _request: express.Request, response: express.Response, next: express.NextFunction) => {
    if (response.headersSent) return next(error);
    input.log.error('an HTTP request failed', { error: error instanceof Error ? error.message : String(error) });
    response.status(500).json({ error: 'Internal Server Error' });
  });
  return app;
}

/**
 * Listens on `port` on all interfaces.
 *
 * @returns the listening server.
 * @throws Error that names the port and the mend when it cannot be had.
 */
export async function listenHttp(app: Express, port: number): Promise<Server> {
  const server = createServer(app);
  // A probe or a scraper that keeps its connection open must not hold up shutdown.
  server.keepAliveTimeout = 5_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why =
        cause.code === 'EADDRINUSE'
          ? `port ${port} is in use by another process: stop that, or set HTTP_API_PORT to a free port`
          : cause.code === 'EACCES'
            ? `port ${port} needs privileges that this process does not have: set HTTP_API_PORT to a port above 1023`
            : `cannot listen on port ${port}`;
      reject(new Error(why, { cause }));
    });
    server.listen(port, resolve);
  });
  return server;
}

/** Stops listening and closes all connections; requests being answered get a moment to end. */
export async function closeHttp(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const impatience = setTimeout(() => server.closeAllConnections(), 1_000);
  await closed;
  clearTimeout(impatience);
}
