import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { eventually } from '@eeveebot/testing';
import { expect, it, onTestFinished } from 'vitest';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { Client } from './client.ts';
import { ApiEventRecorder } from './events.ts';
import { Transport } from './transport.ts';

/** A recorder of Events, and the methods of the requests that it sends. Its clock does not advance. */
async function recorder() {
  const methods: string[] = [];
  const server = createServer((request, response) => {
    methods.push(request.method ?? '');
    request.resume().on('end', () => response.end('{"metadata":{}}'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const config = new KubeConfig();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  config.loadFromClusterAndUser({ name: 'none', server: url, skipTLSVerify: true }, { name: 'none' });
  const transport = new Transport(config);
  const stop = new AbortController();
  onTestFinished(async () => {
    stop.abort();
    await transport.close();
    server.close();
  });
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const events = new ApiEventRecorder({ client: new Client(transport), clock: new FakeClock(), log, signal: stop.signal });
  const recordAll = () => {
    for (const name of ['a', 'b', 'c']) {
      const about = { apiVersion: 'eevee.bot/v1', kind: 'BotModule', metadata: { namespace: 'bots', name, uid: name } };
      events.record(about, { type: 'Normal', reason: 'Updated', message: 'Updated Deployment' });
    }
  };
  return { methods, recordAll };
}

it('Events do not delay each other, whether they are created or their count is raised', async () => {
  const { methods, recordAll } = await recorder();
  recordAll();
  await eventually(() => methods.length === 3);
  recordAll();
  await eventually(() => methods.length === 6);
  expect(methods).toEqual(['POST', 'POST', 'POST', 'PATCH', 'PATCH', 'PATCH']);
});
