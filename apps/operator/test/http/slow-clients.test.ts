import { once } from 'node:events';
import { connect } from 'node:net';
import { freePort } from '@eeveebot/testing';
import { expect, it } from 'vitest';
import { closeHttp, listenHttp } from '../../src/http/server/server.ts';

it.each([
  ['headers', 'GET /health HTTP/1.1\r\nHost: operator\r\nX-Slow: '],
  ['body', 'POST /health HTTP/1.1\r\nHost: operator\r\nContent-Length: 9\r\n\r\n{'],
  ['first byte', ''],
])('a client that never sends the rest of its %s loses its connection', async (_, sent) => {
  const port = await freePort();
  const server = await listenHttp((request) => void request.resume(), port, { headersMs: 100, requestMs: 200, checkMs: 50 });
  const socket = connect(port, '127.0.0.1').resume();
  socket.write(sent);
  await once(socket, 'close');
  expect(socket.readyState).toBe('closed');
  await closeHttp(server);
});
