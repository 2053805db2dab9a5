import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { dial } from '../src/irc/dial.ts';

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
