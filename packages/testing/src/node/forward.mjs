// Connects a Unix socket to a TCP port of loopback: a socket file is reached from any network namespace.
//   node forward.mjs SOCKET PORT
import { connect, createServer } from 'node:net';

const [socketPath, port] = process.argv.slice(2);
createServer((outer) => {
  const inner = connect(Number(port), '127.0.0.1');
  outer.pipe(inner).pipe(outer);
  outer.on('error', () => inner.destroy());
  inner.on('error', () => outer.destroy());
}).listen(socketPath);
