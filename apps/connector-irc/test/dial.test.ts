import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DialTarget, dial } from '../src/irc/dial.ts';
import { tlsHint } from '../src/irc/tls-hint.ts';

it('keeps data of the server in the same packet as the answer of an HTTP proxy', async () => {
  const proxy = createServer((client) => {
    client.once('data', () => client.end('HTTP/1.1 200 OK\r\n\r\nPING :cookie\r\n'));
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  try {
    const { port } = proxy.address() as AddressInfo;
    const target = { host: 'irc.example.org', port: 6667, tls: undefined, proxy: { type: 'http', host: '127.0.0.1', port } } as const;
    const socket = await dial(target, new AbortController().signal);
    const [data] = (await once(socket, 'data')) as [Buffer];
    expect(data.toString()).toBe('PING :cookie\r\n');
  } finally {
    proxy.close();
  }
});

it.each([
  ['sends a line first', (client: Socket) => void client.write(':irc.test NOTICE * :hello\r\n')],
  ['closes the connection', (client: Socket) => void client.once('data', () => client.end())],
  ['resets the connection', (client: Socket) => void client.once('data', () => client.resetAndDestroy())],
])('has a fix for a port without TLS whose server %s', async (_, answer) => {
  const plain = createServer((client) => {
    client.on('error', () => undefined);
    answer(client);
  });
  plain.listen(0, '127.0.0.1');
  await once(plain, 'listening');
  try {
    const { port } = plain.address() as AddressInfo;
    const target = { host: '127.0.0.1', port, tls: { insecureSkipVerify: false } };
    const failed: unknown = await dial(target, new AbortController().signal).catch((error: unknown) => error);
    expect(tlsHint(failed as Error)).toMatch(/^the port may not support TLS: set irc\.port/);
  } finally {
    plain.close();
  }
});

it('closes a connection that a SOCKS proxy opens after the attempt was aborted', async () => {
  const aborted = new AbortController();
  const proxy = createServer((client) => {
    client.on('error', () => undefined);
    client.once('data', () => {
      client.write(Buffer.from([5, 0]));
      client.once('data', () => {
        aborted.abort();
        client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
      });
    });
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  try {
    const opened = once(proxy, 'connection') as Promise<[Socket]>;
    const { port } = proxy.address() as AddressInfo;
    const target = {
      host: '10.0.0.1',
      port: 6697,
      tls: { insecureSkipVerify: true },
      proxy: { type: 'socks5', host: '127.0.0.1', port },
    } as const;
    const dialed = dial(target, aborted.signal);
    const [client] = await opened;
    await expect(dialed).rejects.toMatchObject({ name: 'AbortError' });
    if (!client.destroyed) await once(client, 'close');
  } finally {
    proxy.close();
  }
});

/** A server that accepts connections and sends nothing, through each kind of proxy. */
describe.each<readonly [string, (port: number) => Partial<DialTarget>]>([
  ['an HTTP proxy', (port) => ({ proxy: { type: 'http', host: '127.0.0.1', port } })],
  ['TLS', (port) => ({ host: '127.0.0.1', port, tls: { insecureSkipVerify: true } })],
])('an attempt to connect through %s that gets no answer', (_kind, over) => {
  let silent: Server;
  let target: DialTarget;
  let received: Promise<unknown>;
  beforeEach(async () => {
    silent = createServer((client) => client.on('error', () => undefined).resume());
    received = once(silent, 'connection').then(([client]: Socket[]) => client && once(client, 'data'));
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    target = { host: '10.0.0.1', port: 6697, tls: undefined, ...over((silent.address() as AddressInfo).port) };
  });
  afterEach(() => void silent.close());

  it('fails with an AbortError when it is aborted', async () => {
    const aborted = new AbortController();
    const dialed = dial(target, aborted.signal);
    dialed.catch(() => undefined);
    await received;
    aborted.abort();
    await expect(dialed).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('names the problem when it takes too long', async () => {
    const dialed = dial(target, new AbortController().signal, 50);
    await expect(dialed).rejects.toThrow(
      /^(no connection to 10\.0\.0\.1 port 6697 in time|the server did not complete the TLS handshake)$/,
    );
  });
});

it('does not connect when it was aborted before', async () => {
  const target = { host: '127.0.0.1', port: 6667, tls: undefined };
  await expect(dial(target, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
});
