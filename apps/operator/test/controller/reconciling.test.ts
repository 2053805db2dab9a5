import { beforeAll, describe, expect, it } from 'vitest';
import { eventually, type ControlPlane } from '@eeveebot/testing';
import type { KubeObject } from '../../src/controller/objects/kube-object.ts';
import type { ResourceType } from '../../src/controller/objects/resource-type.ts';
import { type ControllerDefinition, defineWatch } from '../../src/controller/run/definition.ts';
import { ApiServerProxy } from './api-server-proxy.ts';
import { newNamespace, Runtime } from './runtime.ts';
import { useWidgets } from './use-widgets.ts';
import { CONFIG_MAP, WIDGET, widget, widgetController, type Widget } from './widgets.ts';

const widgets = useWidgets();
const { madeFor, untilMade, lookAgain } = widgets;
let kube: ControlPlane;

beforeAll(() => {
  ({ kube } = widgets);
});

describe('controller', () => {
  it('sends nothing when unchanged resources are reconciled again, nor after a restart', async () => {
    const namespace = await newNamespace(kube);
    const given = { kubeconfig: kube.kubeconfig, namespace, controllers: [widgetController()] };
    const names = ['a', 'b', 'c'];
    await kube.apply(...names.map((name) => widget({ namespace, name }, 'red')));
    {
      await using first = new Runtime(given);
      for (const name of names) await untilMade(namespace, name, 'red');
      await first.settled();
      const [before, reconciles] = [await first.requests(), await first.reconciles('success')];
      await lookAgain(namespace);
      await eventually(async () => (await first.reconciles('success')) >= reconciles + names.length);
      await first.settled();
      expect(await first.requests()).toEqual(before);
    }
    await using restarted = new Runtime(given);
    await eventually(async () => (await restarted.reconciles('success')) >= names.length);
    await restarted.settled();
    expect((await restarted.requests()).writes).toBe(0);
  });

  it('sends two requests for a new resource: one for its object, one for its status', async () => {
    const namespace = await newNamespace(kube);
    await using proxy = await ApiServerProxy.before(kube.kubeconfig);
    await using runtime = new Runtime({ kubeconfig: kube.kubeconfig, namespace, server: proxy.url, controllers: [widgetController()] });
    await runtime.synced();
    await kube.apply(widget({ namespace, name: 'a' }, 'red'));
    await untilMade(namespace, 'a', 'red');
    await runtime.settled();
    const writes = proxy.seen.filter(({ method, url }) => method !== 'GET' && !url.includes('/events'));
    expect(writes.map(({ method, url }) => `${method} ${url.split('?')[0]?.split('/').slice(-2).join('/')}`)).toEqual([
      `POST ${namespace}/configmaps`,
      'PATCH a/status',
    ]);
  });

  it('reverts manual edits and deletions, and keeps additions of other clients', async () => {
    const namespace = await newNamespace(kube);
    await kube.apply(widget({ namespace, name: 'a' }, 'red'));
    await using runtime = new Runtime({ kubeconfig: kube.kubeconfig, namespace, controllers: [widgetController()] });
    await untilMade(namespace, 'a', 'red');

    const patch = { metadata: { labels: { theirs: 'yes' } }, data: { value: 'edited', theirs: 'yes' } };
    await kube.kubectl(['patch', 'configmap', 'made-for-a', '-n', namespace, '--type=merge', '-p', JSON.stringify(patch)]);
    const repaired = await untilMade(namespace, 'a', 'red');
    expect(repaired.data).toEqual({ value: 'red', theirs: 'yes' });
    expect(repaired.metadata.labels).toEqual({ 'made-for': 'a', theirs: 'yes' });

    await kube.kubectl(['delete', 'configmap', 'made-for-a', '-n', namespace]);
    const remade = await untilMade(namespace, 'a', 'red');
    expect(remade.metadata.uid).not.toBe(repaired.metadata.uid);

    await runtime.settled();
    const before = await runtime.requests();
    await lookAgain(namespace);
    await runtime.settled();
    expect(await runtime.requests()).toEqual(before);
  });

  it('reverts edits from the time when it was not running, without a request for unchanged objects', async () => {
    const namespace = await newNamespace(kube);
    const given = { kubeconfig: kube.kubeconfig, namespace, controllers: [widgetController()] };
    await kube.apply(widget({ namespace, name: 'a' }, 'red'), widget({ namespace, name: 'b' }, 'red'));
    {
      await using runtime = new Runtime(given);
      for (const name of ['a', 'b']) await untilMade(namespace, name, 'red');
      await runtime.settled();
    }
    await kube.kubectl(['patch', 'configmap', 'made-for-a', '-n', namespace, '-p', '{"data":{"value":"edited"}}']);
    await using restarted = new Runtime(given);
    await untilMade(namespace, 'a', 'red');
    await restarted.settled();
    // The ConfigMap, which was created and must first become an applied object, and the Event about it.
    expect((await restarted.requests()).writes).toBe(3);
  });

  it('removes from an object what it no longer states', async () => {
    const namespace = await newNamespace(kube);
    await kube.apply(widget({ namespace, name: 'a' }, 'red'));
    const withData = (data: Record<string, string>): ControllerDefinition<Widget> =>
      widgetController({
        reconcile: async (key, { writer, signal }) => {
          await writer.apply(
            CONFIG_MAP,
            { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: `made-for-${key.name}` }, data },
            signal,
          );
        },
      });
    {
      await using runtime = new Runtime({
        kubeconfig: kube.kubeconfig,
        namespace,
        controllers: [withData({ value: 'red', extra: 'yes' })],
      });
      await untilMade(namespace, 'a', 'red');
      await runtime.settled();
    }
    await using runtime = new Runtime({ kubeconfig: kube.kubeconfig, namespace, controllers: [withData({ value: 'red' })] });
    await eventually(async () => (await madeFor(namespace, 'a')).data?.['extra'] === undefined);
    expect(runtime.manager.unhealthy()).toBeUndefined();
  });

  it('does not apply an object again and again that the server normalizes', async () => {
    const namespace = await newNamespace(kube);
    const DEPLOYMENT: ResourceType = { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments' };
    const container = {
      name: 'c',
      image: 'i',
      command: [],
      env: [{ name: 'EMPTY', value: '' }],
      ports: [{ containerPort: 80 }],
      resources: { requests: { cpu: '1000m', memory: '1024Mi' }, limits: { cpu: 2 } },
    };
    const desired = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace, name: 'normalised' },
      spec: {
        replicas: 0,
        selector: { matchLabels: { a: 'b' } },
        template: {
          metadata: { labels: { a: 'b' }, annotations: {} },
          spec: {
            serviceAccountName: '',
            hostNetwork: false,
            nodeSelector: null,
            volumes: [{ name: 'v', emptyDir: {} }],
            containers: [container],
          },
        },
      },
    };
    const outcomes: string[] = [];
    const definition = widgetController({
      watches: [defineWatch({ type: DEPLOYMENT, keysFor: () => [{ namespace, name: 'a' }] })],
      reconcile: async (_, { writer, signal }) => void outcomes.push((await writer.apply(DEPLOYMENT, desired, signal)).outcome),
    });
    await kube.apply(widget({ namespace, name: 'a' }, 'red'));
    await using runtime = new Runtime({ kubeconfig: kube.kubeconfig, namespace, controllers: [definition] });
    await eventually(() => outcomes.length > 0);
    await runtime.settled();
    const reconciles = await runtime.reconciles('success');
    await lookAgain(namespace);
    await eventually(async () => (await runtime.reconciles('success')) > reconciles);
    await runtime.settled();
    expect((await runtime.requests()).writes).toBe(1);
    expect([outcomes[0], outcomes.at(-1)]).toEqual(['created', 'unchanged']);
  });

  it('detects an edit of a Secret without caching or reading its values', async () => {
    const namespace = await newNamespace(kube);
    const SECRET: ResourceType<KubeObject & { data?: Record<string, string> }> = {
      apiVersion: 'v1',
      kind: 'Secret',
      plural: 'secrets',
      metadataOnly: true,
    };
    const token = Buffer.from('the-token').toString('base64');
    const definition = widgetController({
      watches: [defineWatch({ type: SECRET, keysFor: () => [{ namespace, name: 'a' }] })],
      reconcile: async (_, { writer, signal }) => {
        await writer.apply(SECRET, { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name: 'token' }, data: { token } }, signal);
      },
    });
    const given = { kubeconfig: kube.kubeconfig, namespace, controllers: [definition] };
    const secret = () => kube.get<KubeObject & { data: Record<string, string> }>('secret', 'token', '-n', namespace);
    await kube.apply(widget({ namespace, name: 'a' }, 'red'));
    {
      await using runtime = new Runtime(given);
      await eventually(secret);
      await runtime.settled();
      expect((await runtime.requests()).writes).toBe(1);
      expect(JSON.stringify(runtime.manager.cache.store(SECRET).list())).not.toContain(token);

      await kube.kubectl(['patch', 'secret', 'token', '-n', namespace, '-p', '{"data":{"token":"ZWRpdGVk"}}']);
      await eventually(async () => (await secret()).data['token'] === token);
      await runtime.settled();
      // It was created, and must first become an applied object.
      expect((await runtime.requests()).writes).toBe(3);
    }
    await using restarted = new Runtime(given);
    await eventually(async () => (await restarted.reconciles('success')) > 0);
    await restarted.settled();
    expect((await restarted.requests()).writes).toBe(0);
  });

  it('reads its own writes in the next reconcile, and sees its deletions at once', async () => {
    const namespace = await newNamespace(kube);
    const seen: (string | undefined)[] = [];
    const definition = widgetController({
      reconcile: async (key, { cache, writer, signal }) => {
        const found = cache.store(WIDGET).get(key);
        if (found === undefined || seen.length > 0) return;
        const where = { namespace, name: 'own' };
        const desired = { apiVersion: 'v1', kind: 'ConfigMap', metadata: where, data: { value: 'mine' } };
        const { object } = await writer.apply(CONFIG_MAP, desired, signal);
        seen.push(cache.store(CONFIG_MAP).get(where)?.data?.['value']);
        await writer.delete(CONFIG_MAP, object, signal);
        seen.push(cache.store(CONFIG_MAP).get(where)?.data?.['value']);
        await writer.patch(WIDGET, key, { metadata: { annotations: { patched: 'yes' } } }, signal);
        seen.push(cache.store(WIDGET).get(key)?.metadata.annotations?.['patched']);
      },
    });
    await kube.apply(widget({ namespace, name: 'a' }, 'red'));
    await using runtime = new Runtime({ kubeconfig: kube.kubeconfig, namespace, controllers: [definition] });
    await runtime.settled();
    expect(seen).toEqual(['mine', undefined, 'yes']);
  });

  it('does not write the status of a deleted resource to a recreated one of the same name', async () => {
    const namespace = await newNamespace(kube);
    await kube.apply(widget({ namespace, name: 'a' }, 'red'));
    await using runtime = new Runtime({
      kubeconfig: kube.kubeconfig,
      namespace,
      controllers: [widgetController({ reconcile: async () => undefined })],
    });
    await runtime.synced();
    const old = runtime.manager.cache.store(WIDGET).get({ namespace, name: 'a' });
    await kube.kubectl(['delete', 'widget', 'a', '-n', namespace]);
    await kube.apply(widget({ namespace, name: 'a' }, 'blue'));
    if (old === undefined) throw new Error('the Widget is not cached');
    await runtime.manager.writer.writeStatus(WIDGET, old, { value: 'of the old one' }, AbortSignal.timeout(600_000));
    expect((await kube.get<Widget>('widget', 'a', '-n', namespace)).status).toBeUndefined();
  });
});
