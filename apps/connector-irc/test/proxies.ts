import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

/** A proxy on loopback that requires a user and a password. */
export interface TestProxy extends AsyncDisposable {
  readonly port: number;
  /** Number of connections that it opened. */
  readonly connections: number;
}

interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** A SOCKS 5 proxy (RFC 1928 and 1929), for IPv4 addresses and names. */
export async function socksProxy({ username, password }: Credentials): Promise<TestProxy> {
  let connections = 0;
  const serve = async (client: Socket): Promise<void> => {
    const read = reader(client);
    const [, methods = 0] = await read(2);
    await read(methods);
    client.write(Buffer.from([5, 2]));
    const [, userLength = 0] = await read(2);
    const user = (await read(userLength)).toString();
    const [passwordLength = 0] = await read(1);
    const isRight = user === username && (await read(passwordLength)).toString() === password;
    client.write(Buffer.from([1, isRight ? 0 : 1]));
    if (!isRight) return void client.end();
    const [, , , kind] = await read(4);
    const host = kind === 1 ? [...(await read(4))].join('.') : (await read((await read(1))[0] ?? 0)).toString();
    const port = (await read(2)).readUInt16BE();
    connections++;
    client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
    client.removeAllListeners('data');
    join(client, connect(port, host));
  };
  return proxyOf(
    createServer((client) => void serve(client)),
    () => connections,
  );
}

/** An HTTP proxy that supports CONNECT. */
export async function httpProxy({ username, password }: Credentials): Promise<TestProxy> {
  let connections = 0;
  const expected = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const server = createHttpServer();
  server.on('connect', (request, client: Socket) => {
    if (request.headers['proxy-authorization'] !== expected) return void client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    connections++;
    const [host, port] = (request.url ?? '').split(':');
    client.write('HTTP/1.1 200 OK\r\n\r\n');
    join(client, connect(Number(port), host ?? ''));
  });
  return proxyOf(server, () => connections);
}

async function proxyOf(server: Server, connections: () => number): Promise<TestProxy> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function join(one: Socket, other: Socket): void {
  one.pipe(other).pipe(one);
  for (const socket of [one, other]) {
    socket.on('error', () => undefined);
    socket.on('close', () => [one, other].forEach((each) => each.destroy()));
  }
}

/** Reads the given number of bytes. */
function reader(socket: Socket): (bytes: number) => Promise<Buffer> {
  let rest = Buffer.alloc(0);
  let waiting: (() => void) | undefined;
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    waiting?.();
  });
  return async (bytes) => {
    while (rest.length < bytes) await new Promise<void>((resolve) => (waiting = resolve));
    const read = rest.subarray(0, bytes);
    rest = rest.subarray(bytes);
    return read;
  };
}
