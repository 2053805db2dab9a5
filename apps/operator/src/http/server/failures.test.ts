import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterEach, expect, it } from 'vitest';
import { failures } from './failures.ts';
import { RequestError } from '../request-error.ts';

const servers: { close(): unknown }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Response to a request whose operation throws `error`, and the lines that are logged. */
async function failureOf(error: unknown) {
  const lines: { readonly level: string; readonly fields: unknown }[] = [];
  const write = (level: string) => (_: string, fields?: unknown) => void lines.push({ level, fields });
  const app = express();
  app.get('/modules', () => {
    throw error;
  });
  app.use(failures({ debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }));
  const server = app.listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/modules`);
  return { status: response.status, body: await response.text(), lines };
}

it('logs a bug at level error with its stack, and tells the client nothing about it', async () => {
  const bug = new TypeError('modules is not iterable');
  const { status, body, lines } = await failureOf(bug);
  expect(status).toBe(500);
  expect(body).toBe('{"error":"Internal Server Error"}');
  expect(lines).toEqual([{ level: 'error', fields: { method: 'GET', path: '/modules', error: bug } }]);
});

it('does not log a request that the client must change', async () => {
  const { status, body, lines } = await failureOf(new RequestError(409, 'Conflict', 'it is running'));
  expect([status, body]).toEqual([409, '{"error":"Conflict","details":"it is running"}']);
  expect(lines).toEqual([]);
});
