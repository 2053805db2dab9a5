import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startControlPlane, type ControlPlane } from '@eeveebot/testing';
import { Client } from '../../src/controller/api/client.ts';
import { ApiEventRecorder } from '../../src/controller/api/events.ts';
import { Transport } from '../../src/controller/api/transport.ts';
import { FakeClock } from '../fixtures/fake-clock.ts';
import { ApiServerProxy } from './api-server-proxy.ts';
import { kubeConfigOf, newNamespace, Runtime } from './runtime.ts';
import { CONFIG_MAP, defineWidgets, WIDGET, type Widget, widget, widgetController } from './widgets.ts';

let kube: ControlPlane;
beforeAll(async () => {
  kube = await startControlPlane();
  await defineWidgets(kube);
});
afterAll(() => kube.stop());

/** A runtime that does nothing with the Widget `a`, whose Events it sends. */
async function runtimeWithWidget(namespace: string): Promise<Runtime> {
  await kube.apply(widget({ namespace, name: 'a' }, 'red'));
  const runtime = new Runtime({
    kubeconfig: kube.kubeconfig,
    namespace,
    controllers: [widgetController({ reconcile: async () => undefined })],
  });
  await runtime.synced();
  return runtime;
}

function widgetIn(runtime: Runtime, namespace: string): Widget {
  const found = runtime.manager.cache.store(WIDGET).get({ namespace, name: 'a' });
  if (found === undefined) throw new Error('the Widget is not cached');
  return found;
}

describe('Events', () => {
  it('are shown by kubectl describe, and counted when they repeat', async () => {
    const namespace = await newNamespace(kube);
    await using runtime = await runtimeWithWidget(namespace);
    const about = widgetIn(runtime, namespace);
    const say = async (reason: string): Promise<void> => {
      runtime.events.record(about, { type: 'Warning', reason, message: `it is ${reason}` });
      await runtime.events.flush();
    };
    for (const reason of ['Broken', 'Broken', 'Broken', 'Fixed']) await say(reason);
    const described = await kube.kubectl(['describe', 'widget', 'a', '-n', namespace]);
    expect(described).toMatch(/Warning +Broken +\S+ \(x3 over \S+\) +eevee-operator +it is Broken/);
    expect(described).toMatch(/Warning +Fixed +\S+ +eevee-operator +it is Fixed/);
  });

  it('are sent once when they repeat within a moment, and rate-limited per object', async () => {
    const namespace = await newNamespace(kube);
    await using runtime = await runtimeWithWidget(namespace);
    const about = widgetIn(runtime, namespace);
    for (let time = 0; time < 10; time += 1) runtime.events.record(about, { type: 'Normal', reason: 'Same', message: 'again' });
    for (let time = 0; time < 100; time += 1) runtime.events.record(about, { type: 'Normal', reason: 'Other', message: `number ${time}` });
    await runtime.events.flush();
    const { items } = await kube.get<{ items: { reason: string; count: number }[] }>('events', '-n', namespace);
    expect(items.filter(({ reason }) => reason === 'Same').map(({ count }) => count)).toEqual([10]);
    expect(items.filter(({ reason }) => reason === 'Other')).toHaveLength(15);
  });

  it('of type Normal are sent after other requests have ended, warnings at once', async () => {
    const namespace = await newNamespace(kube);
    await using proxy = await ApiServerProxy.before(kube.kubeconfig);
    const gate = Promise.withResolvers<void>();
    proxy.arriving = ({ url }) => (url.includes('/configmaps/slow') ? gate.promise : Promise.resolve());
    const transport = new Transport(kubeConfigOf({ kubeconfig: kube.kubeconfig, server: proxy.url }));
    const client = new Client(transport);
    const clock = new FakeClock();
    const [stop, log] = [new AbortController(), { debug() {}, info() {}, warn() {}, error() {} }];
    const events = new ApiEventRecorder({ client, clock, log, signal: stop.signal });
    const sent = () => proxy.seen.filter(({ url }) => url.includes('/events')).length;
    const about = { apiVersion: WIDGET.apiVersion, kind: WIDGET.kind, metadata: { namespace, name: 'a', uid: 'a' } };

    const slow = client.get(CONFIG_MAP, { namespace, name: 'slow' }, { signal: stop.signal });
    events.record(about, { type: 'Normal', reason: 'Created', message: 'first' });
    events.record(about, { type: 'Warning', reason: 'Broken', message: 'second' });
    await eventually(async () => (await kube.kubectl(['get', 'events', '-n', namespace])).includes('second'));
    await eventually(() => clock.pendingMs().length > 0);
    expect(sent()).toBe(1);
    gate.resolve();
    await slow;
    await eventually(() => {
      clock.advance(250);
      return sent() === 2;
    });
    stop.abort();
    await transport.close();
  });

  it('never make a reconcile fail, and are reported once while they are refused', async () => {
    const namespace = await newNamespace(kube);
    await using proxy = await ApiServerProxy.before(kube.kubeconfig);
    proxy.faultFor = ({ url }) =>
      url.includes('/events') ? { status: 403, body: { kind: 'Status', code: 403, reason: 'Forbidden', message: 'no' } } : undefined;
    await using runtime = new Runtime({ kubeconfig: kube.kubeconfig, namespace, server: proxy.url, controllers: [widgetController()] });
    await kube.apply(widget({ namespace, name: 'a' }, 'red'));
    await eventually(() => kube.get('configmap', 'made-for-a', '-n', namespace));
    await runtime.settled();
    const refusals = () => proxy.seen.filter(({ url }) => url.includes('/events')).length;
    await eventually(() => refusals() > 0);
    await kube.apply(widget({ namespace, name: 'b' }, 'red'));
    await eventually(() => refusals() > 1);
    expect(await runtime.reconciles('error')).toBe(0);
    const reports = () => runtime.log.filter((line) => line.startsWith('warn an event could not be published'));
    await eventually(() => reports().length > 0);
    expect(reports()).toEqual(['warn an event could not be published no']);
  });
});
