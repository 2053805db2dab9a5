import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ConnectionSettings, parseConfig } from '../src/config/parse.ts';
import { IrcConnection } from '../src/irc/connection.ts';
import type { ConnectionReport } from '../src/irc/status.ts';
import { ManualClock } from './manual-clock.ts';

let server: Server;
let sockets: Socket[];
let received: string;

/** A server that accepts each client, and answers nothing else. */
beforeEach(async () => {
  [sockets, received] = [[], ''];
  server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString();
      if (chunk.includes('USER ')) socket.write(':irc.test 001 eevee :Welcome\r\n:irc.test 376 eevee :End of MOTD\r\n');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

function settings(gecos: string): ConnectionSettings {
  const { port } = server.address() as AddressInfo;
  const main = { name: 'main', irc: { host: '127.0.0.1', port }, ident: { nick: 'eevee', gecos }, floodControl: false };
  const [connection] = parseConfig({ connections: [main] }).connections;
  if (connection === undefined) throw new Error('no connection');
  return connection;
}

/** A connection that is up, and has sent one line. */
async function connected(): Promise<{
  readonly connection: IrcConnection;
  readonly clock: ManualClock;
  readonly unread: readonly number[];
}> {
  const clock = new ManualClock();
  const unread: number[] = [];
  const done = (): void => undefined;
  const report = new Proxy({} as ConnectionReport, {
    get: (_report, name) => (name === 'unread' ? (lines: number) => unread.push(lines) : done),
  });
  const connection = new IrcConnection(settings('a'), {
    ...{ clock, report, random: () => 0, readSecret: () => '', version: 'test' },
    ...{ onSaid: done, onHappened: done, onRunTimeChannels: done },
  });
  connection.start([]);
  await expect.poll(() => connection.status.connected).toBe(true);
  connection.say({ kind: 'message', target: '#eevee', text: 'hello' });
  await expect.poll(() => received).toContain('hello');
  return { connection, clock, unread };
}

it('leaves once when it stops while it leaves because of a changed configuration', async () => {
  const { connection, clock, unread } = await connected();
  connection.configure(settings('b'));
  const stopped = connection.stop();
  await expect.poll(() => received).toContain('QUIT');
  clock.advance(900);
  await stopped;
  await expect.poll(() => sockets[0]?.destroyed).toBe(true);
  expect([received.match(/QUIT/g)?.length, unread, sockets.length]).toEqual([1, [1], 1]);
});

it('waits at its stop for the connection that ends because of a changed configuration', async () => {
  const { connection, unread } = await connected();
  connection.configure(settings('b'));
  const stopped = connection.stop();
  await expect.poll(() => received).toContain('QUIT');
  sockets[0]?.end();
  await stopped;
  expect([received.match(/QUIT/g)?.length, unread, sockets.length]).toEqual([1, [], 1]);
});

it('connects again with the last configuration when it is stopped and started before it has left', async () => {
  const { connection, clock } = await connected();
  connection.configure(settings('b'));
  const stopped = connection.stop();
  connection.start([]);
  connection.configure(settings('c'));
  clock.advance(900);
  await stopped;
  await expect.poll(() => connection.status.connected).toBe(true);
  expect([received.match(/USER .*/g)?.map((line) => line.trim().at(-1)), received.match(/QUIT/g)?.length]).toEqual([['a', 'c'], 1]);
});
