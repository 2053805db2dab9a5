import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NatsServer, eventually, startNatsServer, removeBundle } from '@eeveebot/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EchoProcess, bundleEcho } from './echo-process.ts';
import { type Place, TinyRouter } from './router.ts';
import manifest from '../package.json' with { type: 'json' };

const TOKEN = 'echo-token';
const place: Place = { platform: 'irc', network: 'libera', instance: 'main', channel: '#eevee', user: 'fox' };

let bundle: string;
let server: NatsServer;
let router: TinyRouter;
let modules: EchoProcess[];

beforeAll(() => {
  bundle = bundleEcho();
});

afterAll(() => removeBundle(bundle));

beforeEach(async () => {
  modules = [];
  server = await startNatsServer({ token: TOKEN });
  router = await TinyRouter.connect(server, TOKEN);
});

afterEach(async () => {
  for (const module of modules) await module[Symbol.asyncDispose]();
  await router[Symbol.asyncDispose]();
  await server.stop();
});

async function startEcho(env: Readonly<Record<string, string>> = {}): Promise<EchoProcess> {
  const module = await EchoProcess.start(bundle, { NATS_HOST: server.host, NATS_TOKEN: TOKEN, ...env });
  modules.push(module);
  return module;
}

async function readyEcho(env: Readonly<Record<string, string>> = {}): Promise<EchoProcess> {
  const module = await startEcho(env);
  await module.ready();
  return module;
}

const replies = (count: number): Promise<true> =>
  eventually(() => router.outgoing.length >= count || null, { what: `${count} replies` }).then(() => true);

describe('the echo module', () => {
  it('registers its command and its help', async () => {
    await readyEcho();
    await eventually(() => router.help.length > 0);
    expect(router.registered).toEqual([
      {
        type: 'command.register',
        commandUUID: '9e5c1e0c-c6ad-4ae1-a368-7a28cd539dc9',
        commandDisplayName: 'echo',
        platform: '.*',
        network: '.*',
        instance: '.*',
        channel: '.*',
        user: '.*',
        regex: String.raw`^echo\s+`,
        platformPrefixAllowed: true,
        nickPrefixAllowed: true,
        ratelimit: { mode: 'drop', level: 'user', limit: 5, interval: '1m' },
      },
    ]);
    expect(router.help).toEqual([
      {
        from: 'echo',
        help: [{ command: 'echo', descr: 'Repeats your text', params: [{ param: 'text', required: true, descr: 'Text to repeat' }] }],
      },
    ]);
  });

  it('answers with the text of the call, in its channel', async () => {
    await readyEcho();
    router.say(place, '!echo  hello  wörld 🦊', 'trace-7');
    await replies(1);
    expect(router.outgoing).toEqual([
      {
        subject: 'chat.message.outgoing.irc.main.#eevee',
        payload: {
          channel: '#eevee',
          network: 'libera',
          instance: 'main',
          platform: 'irc',
          text: 'hello  wörld 🦊',
          trace: 'trace-7',
          type: 'message.outgoing',
        },
      },
    ]);
  });

  it.each(['#two words', '#a.b', '*', '>', '🦊 café', ''])('answers in a channel called %j', async (channel) => {
    await readyEcho();
    router.say({ ...place, channel }, '!echo hello');
    await replies(1);
    expect(router.outgoing[0]?.payload).toMatchObject({ channel, text: 'hello' });
    expect(router.outgoing[0]?.subject).toMatch(/^chat\.message\.outgoing\.irc\.main\.[^\s.*>]+$/);
  });

  it('answers once with two replicas', async () => {
    await readyEcho();
    await readyEcho();
    for (let number = 0; number < 40; number++) router.say(place, `!echo ${number}`);
    await replies(40);
    // Both answer requests for stats, each after all earlier messages.
    const bothAnswered = new Promise<void>((resolve) => {
      let answers = 0;
      router.nats.subscribe('both.stats', { max: 2, callback: () => ++answers === 2 && resolve() });
    });
    router.nats.publish('stats.uptime', JSON.stringify({ replyChannel: 'both.stats' }));
    await bothAnswered;
    const texts = router.outgoing.map(({ payload }) => Number(payload['text'])).toSorted((a, b) => a - b);
    expect(texts).toEqual(Array.from({ length: 40 }, (_, number) => number));
  });

  it('continues after a call that is not JSON and one without text', async () => {
    const module = await readyEcho();
    router.nats.publish('command.execute.9e5c1e0c-c6ad-4ae1-a368-7a28cd539dc9', 'secret words {');
    router.nats.publish('command.execute.9e5c1e0c-c6ad-4ae1-a368-7a28cd539dc9', '{}');
    router.say(place, '!echo still here');
    await replies(1);
    expect(router.outgoing[0]?.payload['text']).toBe('still here');
    expect(module.output).not.toContain('secret words');
  });

  it('never logs the text of messages', async () => {
    const module = await readyEcho();
    router.say(place, '!echo my-password');
    await replies(1);
    await eventually(() => module.lines.some(({ msg }) => msg === 'answered'));
    expect(module.output).not.toContain('my-password');
  });

  it('reads its rate limit from the configuration, and uses defaults for the rest', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'eevee-echo-config-'));
    try {
      const path = join(folder, 'config.yaml');
      writeFileSync(path, 'ratelimit:\n  limit: 2\n');
      await readyEcho({ MODULE_CONFIG_PATH: path });
      expect(router.registered[0]?.['ratelimit']).toEqual({ mode: 'drop', level: 'user', limit: 2, interval: '1m' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('reports its health, metrics and stats', async () => {
    const module = await readyEcho();
    router.say(place, '!echo hello');
    await replies(1);
    const health = await module.get('/health');
    expect([health.status, await health.json()]).toEqual([200, { status: 'ok', timestamp: expect.any(String), service: 'echo' }]);
    const metrics = await (await module.get('/metrics')).text();
    expect(metrics).toContain('commands_total{module="echo",platform="irc",network="libera",channel="#eevee",result="success"} 1');
    const stats = new Promise<unknown>((resolve) => {
      router.nats.subscribe('my.stats', { max: 1, callback: (_error, msg) => resolve(msg.json()) });
    });
    router.nats.publish('stats.uptime', JSON.stringify({ replyChannel: 'my.stats' }));
    expect(await stats).toEqual({
      module: 'echo',
      version: manifest.version,
      uptime: expect.any(Number),
      uptimeFormatted: expect.any(String),
    });
  });

  it('waits for a server that is not running yet, and logs that', async () => {
    await server.kill();
    const module = await startEcho();
    await eventually(() => module.lines.some(({ level, msg }) => level === 'warn' && String(msg).includes('cannot be reached')));
    expect((await module.get('/health')).status).toBe(503);
    expect((await module.get('/livez')).status).toBe(200);
    await server.start();
    await module.ready();
    expect((await module.get('/health')).status).toBe(200);
  });

  it('registers again and answers after the server was killed and restarted', async () => {
    const module = await readyEcho();
    await server.kill();
    await eventually(async () => (await module.get('/health')).status === 503);
    router.registered.length = 0;
    await server.start();
    await eventually(async () => (await module.get('/health')).status === 200);
    // The router has lost its connection too, and everything that it publishes before the reconnect is lost.
    await eventually(() => {
      router.nats.publish('control.registerCommands', '{}');
      return router.registered.length > 0;
    });
    router.say(place, '!echo back again');
    await replies(1);
    expect(router.outgoing[0]?.payload['text']).toBe('back again');
  });

  it('exits cleanly on SIGTERM', async () => {
    const module = await readyEcho();
    await (await module.get('/health')).text(); // leaves a keep-alive connection open
    module.signal('SIGTERM');
    expect(await module.exited).toEqual({ code: 0, signal: null });
  });

  it('names the missing variable and exits 1', async () => {
    const module = await startEcho({ NATS_TOKEN: '' });
    expect(await module.exited).toEqual({ code: 1, signal: null });
    expect(module.output).toContain('NATS_TOKEN');
  });

  it('exits at once with a wrong token', async () => {
    const module = await startEcho({ NATS_TOKEN: 'wrong' });
    expect(await module.exited).toEqual({ code: 1, signal: null });
    expect(module.output).toContain('rejected the token');
  });
});
