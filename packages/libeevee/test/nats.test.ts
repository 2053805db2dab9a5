import { type Server, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type NatsServer, eventually, startNatsServer } from '@eeveebot/testing';
import { type Msg, type NatsConnection, connect } from 'nats';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { log } from '../src/log/log.ts';
import { errorCounter } from '../src/metrics/registry.ts';
import { createNatsConnection } from '../src/nats/connection.ts';
import { NatsClient } from '../src/nats/client.ts';

const TOKEN = 'first-token';
let server: NatsServer;
let observer: NatsConnection;
let clients: NatsClient[];

/** A client that is closed at the end of the test. */
function newClient(options: Partial<ConstructorParameters<typeof NatsClient>[0]> = {}): NatsClient {
  const client = new NatsClient({ natsHost: server.host, natsToken: TOKEN, ...options });
  clients.push(client);
  return client;
}

async function connectedClient(options: Partial<ConstructorParameters<typeof NatsClient>[0]> = {}): Promise<NatsClient> {
  const client = newClient(options);
  await client.connect();
  return client;
}

async function errorsCounted(operation: string, module: string): Promise<number> {
  const { values } = await errorCounter.get();
  return values.find(({ labels }) => labels.operation === operation && labels.module === module)?.value ?? 0;
}

/** A server that accepts connections and never sends anything. */
async function startSilentServer(): Promise<{ server: Server; port: number; open: () => number }> {
  const silent = createServer();
  let open = 0;
  silent.on('connection', (socket) => {
    open++;
    socket.on('close', () => open--);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const address = silent.address();
  if (address === null || typeof address === 'string') throw new Error('the silent server has no port');
  return { server: silent, port: address.port, open: () => open };
}

beforeEach(async () => {
  clients = [];
  server = await startNatsServer({ token: TOKEN });
  observer = await connect({ servers: server.host, token: TOKEN, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(log, level).mockImplementation(() => {});
});

afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await Promise.all(clients.map((client) => client.close()));
  await observer.close();
  await server.stop();
});

describe('connect', () => {
  it('waits for a server that is not there yet and logs each attempt', async () => {
    await server.kill();
    const client = newClient();
    const connected = client.connect();
    await eventually(() => vi.mocked(log.warn).mock.calls.length >= 2);
    expect(vi.mocked(log.warn).mock.calls[0]?.[0]).toContain('cannot be reached, trying again in');
    expect(client.isClosed()).toBe(true);
    await server.start();
    await connected;
    expect(client.isClosed()).toBe(false);
    expect(await client.publish('after', 'x')).toBe(true);
  });

  it('waits for a name that does not resolve yet', async () => {
    const client = newClient({ natsHost: 'no-such-host.invalid:4222' });
    const abort = new AbortController();
    const connected = client.connect({ signal: abort.signal });
    await eventually(() => vi.mocked(log.warn).mock.calls.length >= 1);
    abort.abort();
    await expect(connected).rejects.toMatchObject({ code: 'EEVEE_NATS_CLOSED' });
  });

  it('fails immediately on a token that the server rejects', async () => {
    const client = newClient({ natsToken: 'wrong' });
    await expect(client.connect()).rejects.toMatchObject({ code: 'EEVEE_NATS_AUTHENTICATION' });
    expect(log.warn).not.toHaveBeenCalled();
    expect(client.isClosed()).toBe(true);
  });

  it('fails immediately on an invalid host', async () => {
    await expect(newClient({ natsHost: 'http://[nonsense' }).connect()).rejects.toMatchObject({ code: 'EEVEE_NATS_HOST_INVALID' });
  });

  it('closes the socket when it is aborted while the server is silent', async () => {
    const silent = await startSilentServer();
    const abort = new AbortController();
    const connected = newClient({ natsHost: `127.0.0.1:${silent.port}` }).connect({ signal: abort.signal });
    await eventually(() => silent.open() === 1);
    abort.abort();
    await expect(connected).rejects.toMatchObject({ code: 'EEVEE_NATS_CLOSED' });
    await eventually(() => silent.open() === 0, { what: 'the connection to be closed' });
    silent.server.close();
  });

  it('names the environment variables that are missing', async () => {
    vi.stubEnv('NATS_HOST', '');
    vi.stubEnv('MY_TOKEN', '');
    await expect(createNatsConnection({ tokenEnvVar: 'MY_TOKEN' })).rejects.toMatchObject({
      code: 'EEVEE_MISSING_ENVIRONMENT',
      message: expect.stringContaining('NATS_HOST and MY_TOKEN'),
    });
  });

  it('connects to the server that the environment names', async () => {
    vi.stubEnv('NATS_HOST', server.host);
    vi.stubEnv('NATS_TOKEN', TOKEN);
    const client = await createNatsConnection();
    clients.push(client);
    expect(client.isClosed()).toBe(false);
  });
});

describe('messages', () => {
  it('passes a handler the subject of the subscription and the message with its own', async () => {
    const client = await connectedClient();
    const received: [string, string, string][] = [];
    await client.subscribe('chat.>', (subject, msg) => received.push([subject, msg.subject, msg.string()]));
    expect(client.subjects).toEqual(['chat.>']);
    await client.publish('chat.irc.main', 'hello 🦊');
    await eventually(() => received.length === 1);
    expect(received).toEqual([['chat.>', 'chat.irc.main', 'hello 🦊']]);
  });

  it('ends a subscription', async () => {
    const client = await connectedClient();
    const received: string[] = [];
    const subscription = await client.subscribe('a', (_subject, msg) => received.push(msg.string()));
    await client.subscribe('b', (_subject, msg) => received.push(msg.string()));
    await client.unsubscribe(subscription);
    await client.publish('a', 'unheard');
    await client.publish('b', 'heard');
    await eventually(() => received.length > 0);
    expect(received).toEqual(['heard']);
    expect(client.subjects).toEqual(['b']);
  });

  it('gives each message of a queue group to one member', async () => {
    const answered: string[] = [];
    for (const replica of ['one', 'two']) {
      const client = await connectedClient();
      await client.subscribe('work', () => void answered.push(replica), { queue: 'workers' });
      await client.nats?.flush();
    }
    for (let n = 0; n < 100; n++) observer.publish('work', String(n));
    await observer.flush();
    await eventually(() => answered.length >= 100);
    await Promise.all(clients.map((client) => client.nats?.flush()));
    expect(answered).toHaveLength(100);
    expect(new Set(answered).size).toBe(2);
  });

  it('continues after handlers that throw, reject or never end', async () => {
    const client = await connectedClient({ name: 'failing' });
    const received: string[] = [];
    await client.subscribe('job', (_subject, msg) => {
      if (msg.string() === 'throw') throw new Error('thrown');
      if (msg.string() === 'reject') return Promise.reject(new Error('rejected'));
      if (msg.string() === 'hang') return new Promise(() => {});
      received.push(msg.string());
      return undefined;
    });
    for (const job of ['throw', 'reject', 'hang', 'fine']) await client.publish('job', job);
    await eventually(() => received.length === 1);
    expect(await errorsCounted('job', 'failing')).toBe(2);
    expect(vi.mocked(log.error).mock.calls.map(([, fields]) => fields)).toEqual([
      expect.objectContaining({ error: expect.objectContaining({ message: 'thrown' }) }),
      expect.objectContaining({ error: expect.objectContaining({ message: 'rejected' }) }),
    ]);
  });

  it('reports a payload that is larger than the server accepts, and continues', async () => {
    const client = await connectedClient({ name: 'large' });
    expect(await client.publish('big', new Uint8Array(client.maxPayloadBytes + 1))).toBe(false);
    expect(await errorsCounted('payload_too_large', 'large')).toBe(1);
    expect(await client.publish('big', new Uint8Array(client.maxPayloadBytes))).toBe(true);
  });

  it.each([
    ['to.two words', 'to.two_words'],
    ['to.line\r\nPUB evil 0\r\n', 'to.line__PUB_evil_0__'],
    ['to.*', 'to._'],
    ['to.>', 'to._'],
    ['to..x', 'to._.x'],
    ['to.🦊', 'to.🦊'],
  ])('sends a message for %j to one plain subject', async (subject, plain) => {
    const client = await connectedClient();
    const received: string[] = [];
    observer.subscribe('>', { callback: (_error, msg: Msg) => void received.push(msg.subject) });
    await observer.flush();
    expect(await client.publish(subject, 'x')).toBe(true);
    await observer.flush();
    expect(received).toEqual([plain]);
  });

  it('rejects a subscription that NATS would misread', async () => {
    const client = await connectedClient({ name: 'misread' });
    expect(await client.subscribe('two words', () => {})).toBe(false);
    expect(await client.subscribe('a', () => {}, { queue: 'b c' })).toBe(false);
    expect(await errorsCounted('invalid_subject', 'misread')).toBe(2);
  });
});

describe('a lost connection', () => {
  it('is restored automatically with its subscriptions, and reports its state correctly until then', async () => {
    const client = await connectedClient({ name: 'lost' });
    const received: string[] = [];
    await client.subscribe('news', (_subject, msg) => received.push(msg.string()));
    const events: string[] = [];
    client.on('disconnect', () => events.push('disconnect')).on('reconnect', () => events.push('reconnect'));

    await server.kill();
    await eventually(() => client.isClosed());
    expect(await client.publish('news', 'lost')).toBe(false);
    expect(await errorsCounted('not_connected', 'lost')).toBe(1);
    const receivedLate: string[] = [];
    expect(await client.subscribe('late', (_subject, msg) => receivedLate.push(msg.string()))).not.toBe(false);
    await eventually(() => vi.mocked(log.info).mock.calls.some(([message]) => String(message).startsWith('still reconnecting')));

    await server.start();
    await eventually(() => !client.isClosed(), { what: 'the client to be back' });
    expect(await client.publish('news', 'back')).toBe(true);
    expect(await client.publish('late', 'back')).toBe(true);
    await eventually(() => received.length > 0 && receivedLate.length > 0);
    expect(received).toEqual(['back']);
    expect(events).toEqual(['disconnect', 'reconnect']);
  });

  it('stays up through many outages', async () => {
    const client = await connectedClient();
    for (let outage = 0; outage < 3; outage++) {
      await server.kill();
      await eventually(() => client.isClosed());
      await server.start();
      await eventually(() => !client.isClosed());
      expect(await client.publish('alive', String(outage))).toBe(true);
    }
  });

  it('survives a rotation of the token, however long the new one is rejected', async () => {
    let token = TOKEN;
    const client = await connectedClient({ natsToken: () => token });
    await server.kill();
    await server.start({ token: 'second-token' });
    // The client uses the old token: more rejections in a row than the nats package tolerates.
    await eventually(
      () => vi.mocked(log.warn).mock.calls.filter(([, fields]) => JSON.stringify(fields)?.includes('AUTHORIZATION')).length >= 3,
    );
    expect(client.isClosed()).toBe(true);
    token = 'second-token';
    await eventually(() => !client.isClosed(), { what: 'the client to be back' });
    expect(client.natsToken).toBe('second-token');
    expect(await client.publish('rotated', 'x')).toBe(true);
  });

  it('never reports a message as sent that the server did not get', async () => {
    const client = await connectedClient({ name: 'swallowed' });
    server.pause();
    const sent = [client.publish('swallowed', '1'), client.publish('swallowed', '2')];
    await delay(0);
    await server.kill();
    expect(await Promise.all(sent)).toEqual([false, false]);
    expect(await errorsCounted('connection_lost', 'swallowed')).toBe(2);
  });
});

describe('drain', () => {
  it('handles all delivered messages and lets running handlers reply', async () => {
    const client = await connectedClient();
    const replies = new Set<string>();
    observer.subscribe('reply', { callback: (_error, msg: Msg) => void replies.add(msg.string()) });
    await client.subscribe('question', async (_subject, msg) => {
      await delay(Number(msg.string()) % 20);
      await client.publish('reply', msg.string());
    });
    await client.nats?.flush();
    for (let n = 0; n < 5000; n++) observer.publish('question', String(n));
    await observer.flush();
    await client.drain();
    await observer.flush();
    expect(replies.size).toBe(5000);
    expect(client.isClosed()).toBe(true);
    expect(await client.publish('reply', 'late')).toBe(false);
  });

  it('ends when the server is down', async () => {
    const client = await connectedClient();
    await client.subscribe('x', () => {});
    await server.kill();
    await eventually(() => client.isClosed());
    await client.drain();
    await expect(client.connect()).resolves.toBeUndefined();
    expect(client.isClosed()).toBe(true);
  });

  it('is one drain however often it is called', async () => {
    const client = await connectedClient();
    await Promise.all([client.drain(), client.drain()]);
    await client.drain();
    expect(client.isClosed()).toBe(true);
  });

  it('cancels a connect in progress', async () => {
    await server.kill();
    const client = newClient();
    const connected = client.connect();
    await eventually(() => vi.mocked(log.warn).mock.calls.length >= 1);
    await client.drain();
    await expect(connected).rejects.toMatchObject({ code: 'EEVEE_NATS_CLOSED' });
  });
});

it('a draining client rejects new subscriptions', async () => {
  const client = await connectedClient();
  const drained = client.nats?.drain();
  // The package itself throws an exception.
  expect(client.nats?.isDraining()).toBe(true);
  expect(await client.subscribe('late', () => {})).toBe(false);
  expect(log.error).toHaveBeenCalledWith('cannot subscribe to "late"', expect.objectContaining({ producer: 'nats' }));
  await drained;
  expect(client.subjects).toEqual([]);
});

it('keeps no memory of ended subscriptions', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const client = await connectedClient();
  const heapAfter = async (subscriptions: number): Promise<number> => {
    for (let done = 0; done < subscriptions; done += 100) {
      const made = await Promise.all(Array.from({ length: 100 }, () => client.subscribe('brief', () => {})));
      for (const subscription of made) await client.unsubscribe(subscription);
    }
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = await heapAfter(1_000);
  // A few hundred bytes of each would be three megabytes.
  expect((await heapAfter(10_000)) - before).toBeLessThan(1_000_000);
});
