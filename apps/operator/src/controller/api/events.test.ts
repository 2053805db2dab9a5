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

/** A recorder of Events, and the requests that it sends. Those about the namespace `held` get no response. */
async function recorder() {
  const methods: string[] = [];
  const paths: string[] = [];
  const server = createServer((request, response) => {
    methods.push(request.method ?? '');
    paths.push(request.url ?? '');
    if (request.url?.includes('/held/') !== true) request.resume().on('end', () => response.end('{"metadata":{}}'));
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
    server.closeAllConnections();
  });
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const clock = new FakeClock();
  const events = new ApiEventRecorder({ client: new Client(transport), clock, log, signal: stop.signal });
  const recordAll = (namespace = 'bots') => {
    for (const name of ['a', 'b', 'c']) {
      const about = { apiVersion: 'eevee.bot/v1', kind: 'BotModule', metadata: { namespace, name, uid: `${namespace}-${name}` } };
      events.record(about, { type: 'Normal', reason: 'Updated', message: 'Updated Deployment' });
    }
  };
  return { clock, methods, paths, recordAll };
}

it('Events do not delay each other, whether they are created or their count is raised', async () => {
  const { methods, recordAll } = await recorder();
  recordAll();
  await eventually(() => methods.length === 3);
  recordAll();
  await eventually(() => methods.length === 6);
  expect(methods).toEqual(['POST', 'POST', 'POST', 'PATCH', 'PATCH', 'PATCH']);
});

it('Events of a namespace whose webhook does not answer delay those of others for a second only', async () => {
  const { clock, paths, recordAll } = await recorder();
  recordAll('held');
  await eventually(() => paths.length === 1);
  recordAll();
  clock.advance(1_000);
  await eventually(() => paths.length === 4);
  expect(paths.map((path) => path.split('/')[4])).toEqual(['held', 'bots', 'bots', 'bots']);
});
