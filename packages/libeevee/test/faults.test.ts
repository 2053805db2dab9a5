import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NatsServer, eventually, freePort, startNatsServer } from '@eeveebot/testing';
import { type NatsConnection, connect } from 'nats';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { registerHelp } from '../src/chat/help.ts';
import { setupHttpServer } from '../src/http/server.ts';
import { log } from '../src/log/log.ts';
import { errorCounter } from '../src/metrics/registry.ts';
import { NatsClient } from '../src/nats/client.ts';
import { ChildModule } from './child-module.ts';

// Retries without delay: the test checks what happens, not how long the waits are.
vi.mock('../src/nats/retry.ts', () => ({ retryDelayMs: () => 10 }));

const TOKEN = 'faults-token';
let server: NatsServer;
let nats: NatsClient;
let http: Server;
let healthUrl: string;
let token: string;

beforeEach(async () => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(log, level).mockImplementation(() => {});
  token = TOKEN;
  server = await startNatsServer({ token });
  nats = new NatsClient({ natsHost: server.host, natsToken: () => token, name: 'faults' });
  const port = await freePort();
  http = setupHttpServer({ port, serviceName: 'faults', natsClients: nats });
  await once(http, 'listening');
  healthUrl = `http://127.0.0.1:${port}/health`;
});

afterEach(async () => {
  vi.restoreAllMocks();
  errorCounter.reset();
  await nats.close();
  http.closeAllConnections();
  http.close();
  await server.stop();
});

/** Current status of `/health`. */
const health = async (): Promise<number> => (await fetch(healthUrl)).status;

/** Expects the same status in several responses in a row. */
async function stays(status: number): Promise<void> {
  for (let n = 0; n < 10; n++) expect(await health()).toBe(status);
}

const becomes = (status: number): Promise<unknown> =>
  eventually(async () => (await health()) === status, { what: `/health to say ${status}` });

/** Number of failed dials in the current outage. */
const failedDials = (): number =>
  Math.max(
    0,
    ...vi
      .mocked(log.warn)
      .mock.calls.filter(([message]) => String(message).startsWith('still reconnecting'))
      .map(([, fields]) => Number(Reflect.get(fields ?? {}, 'attempt'))),
  );

async function errorsCounted(operation: string): Promise<number> {
  const { values } = await errorCounter.get();
  return values.filter(({ labels }) => labels.operation === operation).reduce((sum, { value }) => sum + value, 0);
}

describe('a server that is not there', () => {
  it('at the start is waited for, and /health reports it', async () => {
    await server.kill();
    expect(await health()).toBe(503);
    const connected = nats.connect();
    await eventually(() => vi.mocked(log.warn).mock.calls.length > 20);
    await stays(503);
    await server.start();
    await connected;
    await stays(200);
  });

  it('for more than ten reconnects is still retried, and /health reports it', async () => {
    await nats.connect();
    await stays(200);
    await server.kill();
    await becomes(503);
    await eventually(() => failedDials() > 25, { what: '25 failed dials' });
    await stays(503);
    await server.start();
    await becomes(200);
    expect(await nats.publish('alive', 'yes')).toBe(true);
  });

  it('twenty times during traffic neither loses nor duplicates a subscription', async () => {
    await nats.connect();
    const heard = new Map<string, number>();
    await nats.subscribe('traffic', (_subject, msg) => heard.set(msg.string(), (heard.get(msg.string()) ?? 0) + 1));
    let refused = 0;
    let sent = 0;
    const end = new AbortController();
    const traffic = (async () => {
      for (let n = 0; !end.signal.aborted; n++) {
        if (await nats.publish('traffic', `noise ${n}`)) sent++;
        else refused++;
        await new Promise(setImmediate);
      }
    })();
    for (let outage = 0; outage < 20; outage++) {
      await server.kill();
      await becomes(503);
      await server.start();
      await becomes(200);
      expect(await nats.publish('traffic', `after ${outage}`)).toBe(true);
      await eventually(() => heard.has(`after ${outage}`));
    }
    end.abort();
    await traffic;
    expect([...heard.values()].every((times) => times === 1)).toBe(true);
    expect(nats.subjects).toEqual(['traffic']);
    expect(sent).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
    // Every message that was not sent is counted, and no other.
    expect((await errorsCounted('not_connected')) + (await errorsCounted('connection_lost'))).toBe(refused);
  });
});

describe('a token that is rotated', () => {
  it('while connected is used, and /health shows when', async () => {
    await nats.connect();
    await server.kill();
    await server.start({ token: 'rotated' });
    await becomes(503);
    await eventually(() => failedDials() > 12);
    await stays(503);
    token = 'rotated';
    await becomes(200);
    expect(await nats.publish('rotated', 'x')).toBe(true);
  });
});

describe('a module that is slower than its messages', () => {
  it('and is disconnected by the server as a slow consumer reconnects', async () => {
    await server.kill();
    await server.start({ settings: { max_pending: 2_000_000 } });
    const folder = mkdtempSync(join(tmpdir(), 'eevee-slow-'));
    const goOn = join(folder, 'go-on');
    const module = new ChildModule(
      `
      import { existsSync } from 'node:fs';
      import { createNatsConnection } from './src/nats/connection.ts';
      const nats = await createNatsConnection();
      await nats.subscribe('flood', (_subject, msg) => {
        console.log('heard ' + msg.string().slice(0, 10));
        // As in a handler that computes: nothing is read during that time.
        while (!existsSync(${JSON.stringify(goOn)})) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
      });
      console.log('ready');
      setInterval(() => {}, 1000);`,
      { NATS_HOST: server.host, NATS_TOKEN: TOKEN },
    );
    const flood: NatsConnection = await connect({ servers: server.host, token: TOKEN });
    try {
      await module.says('ready');
      flood.publish('flood', 'first');
      await module.says('heard first');
      // More than the buffers of the server and the sockets hold.
      await eventually(
        async () => {
          flood.publish('flood', 'x'.repeat(500_000));
          await flood.flush();
          return server.logTail().includes('Slow Consumer');
        },
        { what: 'the server to cut the module off' },
      );
      writeFileSync(goOn, '');
      await module.says('NATS connection is back');
      expect(module.output).toMatch(/lost, reconnecting/);
      flood.publish('flood', 'after');
      await module.says('heard after');
    } finally {
      module.kill();
      await Promise.all([module.exited, flood.close()]);
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a payload that is too large', () => {
  it('is rejected also after the server lowers its limit, and /health stays 200', async () => {
    await nats.connect();
    const payload = new Uint8Array(100_000);
    expect(await nats.publish('large', payload)).toBe(true);
    await server.kill();
    await becomes(503);
    await server.start({ settings: { max_payload: 50_000 } });
    await becomes(200);
    expect(nats.maxPayloadBytes).toBe(50_000);
    expect(await nats.publish('large', payload)).toBe(false);
    expect(await errorsCounted('payload_too_large')).toBe(1);
    await stays(200);
    expect(await nats.publish('large', payload.subarray(0, 50_000))).toBe(true);
  });

  it('is cut if it is help, to what the server accepts at that time', async () => {
    await nats.connect();
    const descriptions: string[] = [];
    await nats.subscribe('help.update', (_subject, msg) => {
      descriptions.push(msg.json<{ help: { descr: string }[] }>().help[0]?.descr ?? '');
    });
    await Promise.all(await registerHelp(nats, 'echo', [{ command: 'echo', descr: 'x'.repeat(100_000), params: [] }]));
    await eventually(() => descriptions.length === 1);
    await server.kill();
    await becomes(503);
    await server.start({ settings: { max_payload: 50_000 } });
    await eventually(() => descriptions.length > 1);
    expect([descriptions[0]?.length, descriptions.at(-1)]).toEqual([100_000, `${'x'.repeat(299)}…`]);
  });
});

describe('handlers that throw, reject and never end', () => {
  it('end neither the process nor their subscription, and /health stays 200', async () => {
    const port = await freePort();
    const module = new ChildModule(
      `
      import { createNatsConnection } from './src/nats/connection.ts';
      import { setupHttpServer } from './src/http/server.ts';
      const nats = await createNatsConnection();
      setupHttpServer({ port: ${port}, serviceName: 'failing', natsClients: nats });
      await nats.subscribe('job', (_subject, msg) => {
        if (msg.string() === 'throw') throw new Error('thrown');
        if (msg.string() === 'reject') return Promise.reject(new Error('rejected'));
        if (msg.string() === 'hang') return new Promise(() => {});
        console.log('done ' + msg.string());
      });
      console.log('ready');`,
      { NATS_HOST: server.host, NATS_TOKEN: TOKEN },
    );
    try {
      await module.says('ready');
      await nats.connect();
      for (let n = 0; n < 50; n++) for (const job of ['throw', 'reject', 'hang', String(n)]) await nats.publish('job', job);
      await module.says('done 49');
      expect(module.output.match(/done \d+/g)).toHaveLength(50);
      expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
      const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      expect(metrics).toMatch(/errors_total\{[^}]*type="nats_handler",operation="job"[^}]*\} 100/);
    } finally {
      module.kill();
      await module.exited;
    }
  });
});
