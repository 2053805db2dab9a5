import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NatsServer, eventually, startNatsServer } from '@eeveebot/testing';
import { type Msg, type NatsConnection, connect } from 'nats';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChildModule, killChildModules } from './child-module.ts';

const TOKEN = 'token';
const CLEAN = { code: 0, signal: null };
const FORCED = { code: 1, signal: null };

let server: NatsServer;
let env: Record<string, string>;

beforeEach(async () => {
  server = await startNatsServer({ token: TOKEN });
  env = { NATS_HOST: server.host, NATS_TOKEN: TOKEN };
});

afterEach(async () => {
  await killChildModules();
  await server.stop();
});

const IMPORTS = `
  import { createNatsConnection } from './src/nats/connection.ts';
  import { handleSIG, registerGracefulShutdown } from './src/process/shutdown.ts';
`;

const CONNECTED = `${IMPORTS}
  const clients = [];
  registerGracefulShutdown(clients, () => console.log('cleaned up'));
  clients.push(await createNatsConnection());
`;

describe('SIGTERM', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('ends an idle module on %s, with code 0 and one cleanup', async (signal) => {
    const module = new ChildModule(`${CONNECTED} console.log('ready');`, env);
    await module.says('ready');
    module.signal(signal);
    expect(await module.exited).toEqual(CLEAN);
    expect(module.output.match(/cleaned up/g)).toHaveLength(1);
    expect(module.output).not.toContain('forcing exit');
  });

  it('ends while HTTP clients keep their connections open', async () => {
    const module = new ChildModule(
      `${CONNECTED}
      import { setupHttpServer } from './src/http/server.ts';
      const http = setupHttpServer({ port: 0, serviceName: 'test', natsClients: clients });
      http.on('listening', () => console.log('port=' + http.address().port + ';'));`,
      env,
    );
    await module.says(';');
    const port = Number(/port=(\d+);/.exec(module.output)?.[1]);
    const agent = new Agent({ keepAlive: true });
    const status = await new Promise((resolve, reject) => {
      const get = request({ port, path: '/health', agent }, (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode));
      });
      get.on('error', reject).end();
    });
    expect(status).toBe(200);
    module.signal('SIGTERM');
    expect(await module.exited).toEqual(CLEAN);
    expect(module.output).not.toContain('forcing exit');
    agent.destroy();
  });

  it('loses none of 5,000 messages that are waiting, and sends all replies', async () => {
    const module = new ChildModule(
      `${CONNECTED}
      const [nats] = clients;
      await nats.subscribe('question', async (subject, msg) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        await nats.publish('reply', msg.string());
      });
      await nats.nats.flush();
      console.log('ready');`,
      env,
    );
    await module.says('ready');
    const observer: NatsConnection = await connect({ servers: server.host, token: TOKEN });
    const replies = new Set<string>();
    observer.subscribe('reply', { callback: (_error, msg: Msg) => void replies.add(msg.string()) });
    for (let n = 0; n < 5000; n++) observer.publish('question', String(n));
    await observer.flush();
    module.signal('SIGTERM');
    expect(await module.exited).toEqual(CLEAN);
    await observer.flush();
    expect(replies.size).toBe(5000);
    await observer.close();
  });

  it('does not wait forever for a handler that never ends', async () => {
    const module = new ChildModule(
      `${CONNECTED}
      await clients[0].subscribe('hang', () => { console.log('hanging'); return new Promise(() => {}); });
      await clients[0].publish('hang', '');`,
      env,
    );
    await module.says('hanging');
    module.signal('SIGTERM');
    expect(await module.exited).toEqual(CLEAN);
    expect(module.output).toContain('not drained after 3000 ms');
  });

  it('cancels a connect to an unreachable server, and lets nothing start after it', async () => {
    await server.kill();
    const module = new ChildModule(`${CONNECTED} console.log('started');`, env);
    await module.says('cannot be reached');
    module.signal('SIGTERM');
    expect(await module.exited).toEqual(CLEAN);
    expect(module.output).not.toContain('started');
    expect(module.output).not.toContain('forcing exit');
  });

  it('cancels a connect to a silent server', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const taken = new Promise((resolve) => silent.once('connection', resolve));
    const module = new ChildModule(CONNECTED, { ...env, NATS_HOST: `127.0.0.1:${port}` });
    await taken;
    module.signal('SIGTERM');
    expect(await module.exited).toEqual(CLEAN);
    expect(module.output).not.toContain('forcing exit');
    silent.close();
  });

  it('ends while it reconnects', async () => {
    const module = new ChildModule(`${CONNECTED} console.log('ready');`, env);
    await module.says('ready');
    await server.kill();
    await module.says('still reconnecting');
    module.signal('SIGTERM');
    expect(await module.exited).toEqual(CLEAN);
    expect(module.output).not.toContain('forcing exit');
  });

  it('exits with code 1 when the cleanup fails, after closing the rest', async () => {
    const module = new ChildModule(
      `${IMPORTS}
      const clients = [];
      registerGracefulShutdown(clients, () => { throw new Error('disk full'); });
      clients.push(await createNatsConnection());
      console.log('ready');`,
      env,
    );
    await module.says('ready');
    module.signal('SIGTERM');
    expect(await module.exited).toEqual(FORCED);
    expect(module.output).toContain('disk full');
    expect(module.output).not.toContain('forcing exit');
  });

  it('drains the clients of two registrations', async () => {
    const module = new ChildModule(
      `${IMPORTS}
      const one = await createNatsConnection();
      const two = await createNatsConnection();
      registerGracefulShutdown(one, () => console.log('cleaned one'));
      registerGracefulShutdown([two], () => console.log('cleaned two'));
      console.log('ready');`,
      env,
    );
    await module.says('ready');
    module.signal('SIGTERM');
    expect(await module.exited).toEqual(CLEAN);
    expect(module.output).toMatch(/cleaned one[^]*cleaned two/);
  });
});

describe('a drain', () => {
  it('loses no messages that have reached its socket and are not read yet', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'eevee-unread-'));
    const goOn = join(folder, 'go-on');
    const module = new ChildModule(
      `${CONNECTED}
      import { existsSync } from 'node:fs';
      const [nats] = clients;
      let heard = 0;
      await nats.subscribe('question', () => {
        heard++;
        if (heard > 1) return;
        console.log('busy');
        // As in a handler that computes: nothing is read during that time.
        while (!existsSync(${JSON.stringify(goOn)})) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
        void nats.drain().then(() => console.log('heard ' + heard + ' in all'));
      });
      console.log('ready');`,
      env,
    );
    const observer = await connect({ servers: server.host, token: TOKEN });
    try {
      await module.says('ready');
      observer.publish('question');
      await module.says('busy');
      for (let n = 0; n < 1000; n++) observer.publish('question');
      await observer.flush();
      writeFileSync(goOn, '');
      expect(await module.exited).toEqual(CLEAN);
      expect(module.output).toContain('heard 1001 in all');
    } finally {
      rmSync(folder, { recursive: true });
      await observer.close();
    }
  });
});

describe('a stop that takes too long', () => {
  const HUNG = `${IMPORTS} registerGracefulShutdown([], () => { console.log('cleaning'); return new Promise(() => setInterval(() => {}, 1000)); }); setInterval(() => {}, 1000); console.log('ready');`;
  const CATCHING = `process.on('uncaughtException', (error) => console.log('caught ' + error.message));`;

  it.each([
    ['SIGTERM', 'SIGTERM'],
    ['SIGTERM', 'SIGINT'],
    ['SIGINT', 'SIGTERM'],
  ] as const)('is cut short by a second signal: %s, %s', async (first, second) => {
    const module = new ChildModule(HUNG);
    await module.says('ready');
    module.signal(first);
    await module.says('cleaning');
    module.signal(second);
    expect(await module.exited).toEqual(FORCED);
    expect(module.output).toContain(`[handleSIG] ${second} received after ${first}, forcing exit.`);
  });

  it('is cut short by a second signal, even if uncaught exceptions are caught', async () => {
    const module = new ChildModule(`${CATCHING}${HUNG}`);
    await module.says('ready');
    module.signal('SIGTERM');
    await module.says('cleaning');
    module.signal('SIGTERM');
    expect(await module.exited).toEqual(FORCED);
    expect(module.output).toContain('caught [handleSIG]');
  });

  it('ends after five seconds, even if uncaught exceptions are caught', async () => {
    const module = new ChildModule(`${CATCHING}${HUNG}`);
    await module.says('ready');
    module.signal('SIGTERM');
    expect(await module.exited).toEqual(FORCED);
    expect(module.output).toContain('still running 5000 ms after SIGTERM, forcing exit.');
  });

  it('is forced for modules that call handleSIG themselves', async () => {
    const module = new ChildModule(
      `${IMPORTS} process.on('SIGTERM', () => { handleSIG('SIGTERM'); console.log('handled'); }); setInterval(() => {}, 1000); console.log('ready');`,
    );
    await module.says('ready');
    module.signal('SIGTERM');
    await module.says('handled');
    module.signal('SIGTERM');
    expect(await module.exited).toEqual(FORCED);
  });

  it('does not keep alive a process that has nothing left to do', async () => {
    const module = new ChildModule(`${IMPORTS} handleSIG('SIGTERM'); console.log('armed');`);
    expect(await module.exited).toEqual(CLEAN);
    expect(module.output).not.toContain('forcing exit');
  });
});

describe('the frozen server', () => {
  it('does not keep a module from stopping', async () => {
    const module = new ChildModule(`${CONNECTED} await clients[0].subscribe('a', () => {}); console.log('ready');`, env);
    await module.says('ready');
    server.pause();
    module.signal('SIGTERM');
    expect(await module.exited).toEqual(CLEAN);
    await eventually(() => module.output.includes('stopped'));
    server.resume();
  });
});
