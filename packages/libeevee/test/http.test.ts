import { once } from 'node:events';
import { type IncomingMessage, Server, createServer, request } from 'node:http';
import * as streams from 'node:stream/consumers';
import { freePort } from '@eeveebot/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type HttpServerOptions, setupHttpServer } from '../src/http/server.ts';
import { log } from '../src/log/log.ts';
import { initializeSystemMetrics, register } from '../src/metrics/registry.ts';
import { processState } from '../src/process-state.ts';

let servers: Server[];

beforeEach(() => {
  servers = [];
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(log, level).mockImplementation(() => {});
});

afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  for (const server of servers) {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  }
});

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');
  return address.port;
}

/** Starts a server on a free port; returns a function that sends requests to it. */
async function serve(options: Partial<HttpServerOptions> = {}): Promise<(path: string, init?: RequestInit) => Promise<Response>> {
  const server = setupHttpServer({ port: 0, serviceName: 'test', ...options });
  servers.push(server);
  await once(server, 'listening');
  return (path, init) => fetch(`http://127.0.0.1:${portOf(server)}${path}`, init);
}

/** Sends exactly this as the URL of the request, which `fetch` would change. */
async function requested(server: Server, method: string, url: string) {
  const sent = request({ port: portOf(server), method, path: url }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: await streams.text(response) };
}

const client = (closed: boolean): { isClosed: () => boolean } => ({ isClosed: () => closed });

const ok = { status: 'ok', timestamp: expect.any(String), service: 'test' };
const unhealthy = { status: 'unhealthy', reason: 'NATS disconnected', timestamp: expect.any(String), service: 'test' };

describe('/health', () => {
  it.each([
    ['without clients', undefined, 200],
    ['with a client that is connected', client(false), 200],
    ['with a client that is not', client(true), 503],
    ['with an array of connected clients', [client(false), client(false)], 200],
    ['with one of them closed', [client(false), client(true)], 503],
    ['with an array that is still empty', [], 503],
  ])('answers %s: %#', async (_what, natsClients, status) => {
    const get = await serve(natsClients === undefined ? {} : { natsClients });
    for (const path of ['/health', '/readyz']) {
      const response = await get(path);
      expect(response.status).toBe(status);
      const body: unknown = await response.json();
      expect(body).toEqual(status === 200 ? ok : unhealthy);
      expect(Number.isNaN(Date.parse(String(Reflect.get(Object(body), 'timestamp'))))).toBe(false);
    }
  });

  it('sees clients that are added later and clients that are lost', async () => {
    const natsClients: { isClosed: () => boolean }[] = [];
    const get = await serve({ natsClients });
    expect((await get('/health')).status).toBe(503);
    let closed = false;
    natsClients.push({ isClosed: () => closed });
    expect((await get('/health')).status).toBe(200);
    closed = true;
    expect((await get('/health')).status).toBe(503);
  });

  it('is not ready once the module is stopping, but still healthy', async () => {
    const get = await serve();
    processState.stopping = true;
    try {
      expect((await get('/readyz')).status).toBe(503);
      expect((await get('/health')).status).toBe(200);
    } finally {
      processState.stopping = false;
    }
  });

  it('answers 500 when the state of the module cannot be read, and logs why', async () => {
    const broken = (): never => {
      throw new Error('broken');
    };
    const get = await serve({ notReady: broken });
    const response = await get('/readyz');
    expect([response.status, await response.json()]).toEqual([500, { error: 'Internal server error' }]);
    expect(log.error).toHaveBeenCalledWith('request failed', expect.objectContaining({ path: '/readyz', error: new Error('broken') }));
    expect((await get('/livez')).status).toBe(200);
  });

  it('leaves /livez at 200 while NATS is disconnected', async () => {
    const get = await serve({ natsClients: client(true) });
    expect((await get('/livez')).status).toBe(200);
  });
});

describe('/metrics', () => {
  it('shows uptime and memory at the time of the scrape', async () => {
    initializeSystemMetrics('test');
    const get = await serve();
    const first = await (await get('/metrics')).text();
    const uptime = (text: string): number => Number(/^uptime_seconds\{module="test"\} (.+)$/m.exec(text)?.[1]);
    expect(first).toMatch(/^memory_usage_bytes\{module="test",type="rss"\} \d{7,}$/m);
    expect(uptime(await (await get('/metrics')).text())).toBeGreaterThan(uptime(first));
  });

  it('counts requests by matched route, and all others under one label', async () => {
    const get = await serve({ serviceName: 'counted' });
    await (await get('/health?probe=1')).text();
    for (const path of ['/a', '/b/c', '/wp-login.php', '/health/x']) expect((await get(path)).status).toBe(404);
    expect((await get('/health', { method: 'POST' })).status).toBe(404);
    const routes = (await register.metrics()).split('\n').filter((line) => line.startsWith('http_requests_total{module="counted"'));
    expect(routes.toSorted()).toEqual([
      'http_requests_total{module="counted",method="GET",route="/health",status_code="200"} 1',
      'http_requests_total{module="counted",method="GET",route="unmatched",status_code="404"} 4',
      'http_requests_total{module="counted",method="POST",route="unmatched",status_code="404"} 1',
    ]);
    expect(await register.metrics()).toContain('http_request_duration_seconds_count{module="counted",method="GET",route="unmatched"} 4');
  });

  it.each(['/Health', '/health/', '/health?a=1#b', 'http://proxy.example/health'])('answers %s', async (url) => {
    const server = setupHttpServer({ port: 0, serviceName: 'test' });
    servers.push(server);
    await once(server, 'listening');
    const { status, body, headers } = await requested(server, 'GET', url);
    expect({ status, body: JSON.parse(body) as unknown }).toEqual({ status: 200, body: ok });
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    const head = await requested(server, 'HEAD', url);
    expect(head).toMatchObject({ status: 200, body: '', headers: { 'content-length': headers['content-length'] } });
  });

  it('reveals neither its framework nor a stack', async () => {
    const get = await serve();
    const response = await get('/%c0%80');
    expect(response.headers.get('x-powered-by')).toBeNull();
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(await response.text()).not.toMatch(/node_modules|\.ts:|at /);
  });

  it('logs every error of a route of the module, and shows none', async () => {
    const stderr = vi.spyOn(console, 'error').mockImplementation(() => {});
    const server = setupHttpServer({ port: 0, serviceName: 'test' });
    servers.push(server);
    await once(server, 'listening');
    const trap = (): never => {
      throw new Error('trap');
    };
    server.app.get('/odd', (_request, _response, next) => next(new Proxy({}, { get: trap })));
    server.app.get('/answered', (_request, response) => {
      response.send('all of it');
      throw new Error('afterwards');
    });
    server.app.get('/cut', (_request, response) => {
      response.write('a part');
      throw new Error('in between');
    });
    const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${portOf(server)}${path}`);
    const odd = await get('/odd');
    expect([odd.status, await odd.json()]).toEqual([500, { error: 'Internal server error' }]);
    expect(await (await get('/answered')).text()).toBe('all of it');
    await expect(get('/cut').then((response) => response.text())).rejects.toThrow(TypeError);
    expect(vi.mocked(log.error).mock.calls.map(([message, fields]) => [message, Reflect.get(Object(fields), 'path')])).toEqual([
      ['request failed', '/odd'],
      ['request failed', '/answered'],
      ['request failed', '/cut'],
    ]);
    expect(stderr).not.toHaveBeenCalled();
  });
});

describe('the port', () => {
  it('is the option, otherwise HTTP_API_PORT', async () => {
    const [fromEnv, fromOption] = [await freePort(), await freePort()];
    vi.stubEnv('HTTP_API_PORT', String(fromEnv));
    for (const [options, port] of [
      [{}, fromEnv],
      [{ port: fromOption }, fromOption],
    ] as const) {
      const server = setupHttpServer({ serviceName: 'test', ...options });
      servers.push(server);
      await once(server, 'listening');
      expect(portOf(server)).toBe(port);
    }
  });

  it.each(['http', '-1', '65536', '80.5', '1e3', '0x50'])('is rejected when HTTP_API_PORT is %j', (port) => {
    vi.stubEnv('HTTP_API_PORT', port);
    expect(() => setupHttpServer({ serviceName: 'test' })).toThrow(/HTTP_API_PORT must be a number/);
  });

  it('is 9000 when HTTP_API_PORT is blank, not any free port', () => {
    vi.stubEnv('HTTP_API_PORT', ' ');
    const listen = vi.spyOn(Server.prototype, 'listen').mockReturnThis();
    setupHttpServer({ serviceName: 'test' });
    expect(listen).toHaveBeenCalledWith(9000);
  });

  it('that is taken causes a clear error, never "listens", and the module continues', async () => {
    const other = createServer();
    servers.push(other);
    other.listen(0);
    await once(other, 'listening');
    const port = portOf(other);
    const server = setupHttpServer({ port, serviceName: 'latecomer' });
    const [error]: unknown[] = await new Promise<unknown[]>((resolve) => server.once('error', (...thrown) => resolve(thrown)));
    expect(error).toMatchObject({ code: 'EADDRINUSE' });
    expect(vi.mocked(log.error)).toHaveBeenCalledWith(
      `HTTP server: port ${port} is already in use by another process; choose another port with HTTP_API_PORT`,
      expect.anything(),
    );
    expect(vi.mocked(log.info)).not.toHaveBeenCalled();
    expect(await register.metrics()).toContain('errors_total{module="latecomer",type="http_listen",operation="listen"} 1');
  });
});
