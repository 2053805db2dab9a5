import { type Server, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '@eeveebot/testing';
import { describe, expect, it, vi } from 'vitest';
import { log } from '../src/log/log.ts';
import { createNatsConnection } from '../src/nats/connection.ts';
import { TOKEN, errorsCounted, useNatsClients } from './nats-clients.ts';

const { bus, newClient, connectedClient } = useNatsClients();

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

describe('connect', () => {
  it('waits for a server that is not there yet and logs each attempt', async () => {
    await bus.server.kill();
    const client = newClient();
    const connected = client.connect();
    await eventually(() => vi.mocked(log.warn).mock.calls.length >= 2);
    expect(vi.mocked(log.warn).mock.calls[0]?.[0]).toContain('cannot be reached, trying again in');
    expect(client.isClosed()).toBe(true);
    await bus.server.start();
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
    vi.stubEnv('NATS_HOST', bus.server.host);
    vi.stubEnv('NATS_TOKEN', TOKEN);
    const client = await createNatsConnection();
    bus.clients.push(client);
    expect(client.isClosed()).toBe(false);
  });
});

it.each([
  ['the client', 'close'],
  ['the connection of the client', 'raw'],
] as const)('a client says that it is closed when %s is closed', async (_, how) => {
  const client = await connectedClient();
  const closed = vi.fn();
  client.on('close', closed);
  await (how === 'close' ? client.close() : client.nats?.close());
  await eventually(() => closed.mock.calls.length === 1);
  expect(client.isClosed()).toBe(true);
});

describe('a lost connection', () => {
  it('is restored automatically with its subscriptions, and reports its state correctly until then', async () => {
    const client = await connectedClient({ name: 'lost' });
    const received: string[] = [];
    await client.subscribe('news', (_subject, msg) => received.push(msg.string()));
    const events: string[] = [];
    client.on('disconnect', () => events.push('disconnect')).on('reconnect', () => events.push('reconnect'));

    await bus.server.kill();
    await eventually(() => client.isClosed());
    expect(await client.publish('news', 'lost')).toBe(false);
    expect(await errorsCounted('not_connected', 'lost')).toBe(1);
    const receivedLate: string[] = [];
    expect(await client.subscribe('late', (_subject, msg) => receivedLate.push(msg.string()))).not.toBe(false);
    await eventually(() => vi.mocked(log.warn).mock.calls.some(([message]) => String(message).startsWith('still reconnecting')));

    await bus.server.start();
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
      await bus.server.kill();
      await eventually(() => client.isClosed());
      await bus.server.start();
      await eventually(() => !client.isClosed());
      expect(await client.publish('alive', String(outage))).toBe(true);
    }
  });

  it('survives a rotation of the token, however long the new one is rejected', async () => {
    let token = TOKEN;
    const client = await connectedClient({ natsToken: () => token });
    await bus.server.kill();
    await bus.server.start({ token: 'second-token' });
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
    bus.server.pause();
    const sent = [client.publish('swallowed', '1'), client.publish('swallowed', '2')];
    await delay(0);
    await bus.server.kill();
    expect(await Promise.all(sent)).toEqual([false, false]);
    expect(await errorsCounted('connection_lost', 'swallowed')).toBe(2);
  });
});
