import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startControlPlane, type ControlPlane, startTcpProxy } from '@eeveebot/testing';
import { defineWatch } from '../../src/controller/run/definition.ts';
import { comeBackLater, ApiServerProxy } from './api-server-proxy.ts';
import { newNamespace, Runtime } from './runtime.ts';
import { CONFIG_MAP, defineWidgets, WIDGET, widget, widgetController, type ConfigMap } from './widgets.ts';

let kube: ControlPlane;
beforeAll(async () => {
  kube = await startControlPlane({ controllerManager: false });
  await defineWidgets(kube);
});
afterAll(() => kube.stop());

/** Names of the Widgets in the runtime's cache. */
const cachedWidgets = ({ manager }: Runtime, namespace: string): readonly string[] =>
  manager.cache
    .store(WIDGET)
    .list(namespace)
    .map(({ metadata }) => metadata.name)
    .toSorted();

const madeValue = async (namespace: string, name: string): Promise<string | undefined> =>
  (await kube.get<ConfigMap>('configmap', `made-for-${name}`, '-n', namespace)).data?.['value'];

const patchValue = (namespace: string, name: string, value: string): Promise<string> =>
  kube.kubectl(['patch', 'widget', name, '-n', namespace, '--type=merge', '-p', JSON.stringify({ spec: { value } })]);

describe('cache', () => {
  it('lists 1,200 objects page by page and follows their changes', async () => {
    const namespace = await newNamespace(kube);
    const configMaps = Array.from({ length: 1_200 }, (_, index) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace, name: `c-${index}` },
    }));
    await kube.kubectl(['create', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: configMaps }) });
    await using proxy = await ApiServerProxy.before(kube.kubeconfig);
    await using runtime = new Runtime({
      kubeconfig: kube.kubeconfig,
      namespace,
      server: proxy.url,
      controllers: [widgetController()],
    });
    await runtime.synced();

    const pages = proxy.seen.filter(({ url }) => url.includes('/configmaps') && url.includes('limit=100'));
    expect(pages.map(({ url }) => url.includes('continue='))).toEqual([false, ...Array.from({ length: pages.length - 1 }, () => true)]);
    expect(pages.length).toBeGreaterThanOrEqual(12);
    expect(runtime.manager.cache.store(CONFIG_MAP).list(namespace)).toHaveLength(1_200);
    await kube.kubectl(['delete', 'configmap', 'c-7', '-n', namespace]);
    await eventually(() => runtime.manager.cache.store(CONFIG_MAP).list(namespace).length === 1_199);
  });

  it('restarts the list when its continue token expires between two pages', async () => {
    const namespace = await newNamespace(kube);
    const configMaps = Array.from({ length: 600 }, (_, index) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace, name: `c-${index}` },
    }));
    await kube.kubectl(['create', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: configMaps }) });
    await using proxy = await ApiServerProxy.before(kube.kubeconfig);
    let expired = 0;
    proxy.faultFor = ({ url }) => {
      if (!url.includes('continue=') || expired > 0) return undefined;
      expired += 1;
      return { status: 410, body: { kind: 'Status', code: 410, reason: 'Expired', message: 'The provided continue parameter is too old' } };
    };
    await using runtime = new Runtime({
      kubeconfig: kube.kubeconfig,
      namespace,
      server: proxy.url,
      controllers: [widgetController()],
    });
    await runtime.synced();
    expect(expired).toBe(1);
    expect(runtime.manager.cache.store(CONFIG_MAP).list(namespace)).toHaveLength(600);
  });

  it('warns only when the API server keeps asking it to retry, not for the first few times', async () => {
    const namespace = await newNamespace(kube);
    await using proxy = await ApiServerProxy.before(kube.kubeconfig);
    const refusals = { widgets: 2, configmaps: 5 };
    proxy.faultFor = ({ url }) => {
      const plural = url.includes('/widgets?') ? 'widgets' : url.includes('/configmaps?') ? 'configmaps' : undefined;
      if (plural === undefined || refusals[plural]-- <= 0) return undefined;
      return comeBackLater(0, 'storage is (re)initializing');
    };
    await using runtime = new Runtime({
      kubeconfig: kube.kubeconfig,
      namespace,
      server: proxy.url,
      controllers: [widgetController()],
    });
    await runtime.synced();
    expect(runtime.log.filter((line) => line.startsWith('warn'))).toEqual([
      'warn cannot list or watch configmaps, trying again: storage is (re)initializing',
    ]);
    expect(runtime.log).toContain('debug cannot list or watch widgets, trying again: storage is (re)initializing');
    expect(runtime.log).toContain('info watching configmaps again');
  });

  it('waits for a missing definition, reports that once, and starts to work when it appears', async () => {
    const namespace = await newNamespace(kube);
    const LATE = { apiVersion: 'late.example/v1', kind: 'Late', plural: 'lates' };
    const reconciled: string[] = [];
    const late = { name: 'late', type: LATE, watches: [], reconcile: async ({ name }: { name: string }) => void reconciled.push(name) };
    await using runtime = new Runtime({
      kubeconfig: kube.kubeconfig,
      namespace,
      controllers: [late, widgetController()],
      times: { mendedByPeopleMs: 100 },
    });
    // The other controller is not blocked.
    await kube.apply(widget({ namespace, name: 'a' }, 'red'));
    await eventually(async () => (await madeValue(namespace, 'a')) === 'red');
    expect(runtime.manager.unready()).toContain('install its CustomResourceDefinition');

    await kube.apply({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'lates.late.example' },
      spec: {
        group: 'late.example',
        scope: 'Namespaced',
        names: { kind: 'Late', plural: 'lates', singular: 'late' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    });
    await kube.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd/lates.late.example']);
    await kube.apply({ apiVersion: 'late.example/v1', kind: 'Late', metadata: { namespace, name: 'at-last' } });
    await eventually(() => reconciled.includes('at-last'));
    expect(runtime.manager.unready()).toBeUndefined();
    expect(runtime.log.filter((line) => line.includes('does not know Late'))).toHaveLength(1);
  });

  it('reports which permission is missing, and starts to work when it is granted', async () => {
    const namespace = await newNamespace(kube);
    const user = `limited-${namespace}`;
    const grant = (resources: readonly string[], name: string) => [
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { namespace, name },
        rules: [{ apiGroups: ['*'], resources, verbs: ['get', 'list', 'watch', 'create', 'patch'] }],
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { namespace, name },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
      },
    ];
    await kube.apply(...grant(['widgets', 'widgets/status', 'configmaps', 'events'], 'most'), widget({ namespace, name: 'a' }, 'red'));
    const SERVICE = { apiVersion: 'v1', kind: 'Service', plural: 'services' };
    const others = {
      name: 'other',
      type: WIDGET,
      watches: [defineWatch({ type: SERVICE, keysFor: () => [] })],
      reconcile: async () => undefined,
    };
    await using runtime = new Runtime({ kubeconfig: await kube.kubeconfigFor(user), namespace, controllers: [widgetController(), others] });

    // Everything that the permissions allow is done.
    await eventually(async () => (await madeValue(namespace, 'a')) === 'red');
    const warnings = await eventually(() => {
      const found = runtime.log.filter((line) => line.startsWith('warn') && line.includes('Permissions are missing'));
      return found.length > 0 && found;
    });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`cannot list resource "services" in API group "" in the namespace "${namespace}"`);
    expect(runtime.manager.unready()).toContain('services');

    await kube.apply(...grant(['services'], 'rest'));
    await runtime.synced();
  });

  it('detects a stalled watch, reopens it, and misses nothing', async () => {
    const namespace = await newNamespace(kube);
    await using proxy = await startTcpProxy(kube.url);
    await using runtime = new Runtime({
      kubeconfig: kube.kubeconfig,
      namespace,
      server: proxy.httpsUrl,
      controllers: [widgetController()],
      // More than the time after which idle connections are closed.
      times: { idleLimitMs: 6_000 },
    });
    await kube.apply(widget({ namespace, name: 'a' }, 'red'), widget({ namespace, name: 'b' }, 'red'));
    await eventually(async () => (await madeValue(namespace, 'b')) === 'red');

    await runtime.watching(2);
    // Idle connections are closed soon, before a watch is reopened: only the two watches remain.
    await eventually(() => proxy.open === 2);
    proxy.stall();
    await patchValue(namespace, 'a', 'blue');
    await kube.kubectl(['delete', 'widget', 'b', '-n', namespace]);
    await eventually(async () => (await madeValue(namespace, 'a')) === 'blue');
    await eventually(() => cachedWidgets(runtime, namespace).join() === 'a');
    expect(runtime.log.join('\n')).toContain('a watch received nothing for 6000 ms: reopening it');
    expect(runtime.manager.unhealthy()).toBeUndefined();
  });

  it('uses at most 5 connections and one for each watch', async () => {
    const namespace = await newNamespace(kube);
    await using proxy = await startTcpProxy(kube.url);
    await using runtime = new Runtime({
      kubeconfig: kube.kubeconfig,
      namespace,
      server: proxy.httpsUrl,
      controllers: [widgetController({ concurrency: 16 })],
    });
    const names = Array.from({ length: 60 }, (_, index) => `w-${index}`);
    await kube.apply(...names.map((name) => widget({ namespace, name }, 'red')));
    await eventually(() => runtime.manager.cache.store(CONFIG_MAP).list(namespace).length >= names.length);
    await runtime.settled();
    expect(proxy.connections).toBeLessThanOrEqual(5 + 2);
  });
});

// These tests kill the API server: they come last, one after the other.
describe('cache during an outage of the API server', () => {
  it('misses nothing when the API server is killed during a watch and started again', async () => {
    const namespace = await newNamespace(kube);
    await using runtime = new Runtime({ kubeconfig: kube.kubeconfig, namespace, controllers: [widgetController()] });
    await kube.apply(widget({ namespace, name: 'a' }, 'red'));
    await eventually(async () => (await madeValue(namespace, 'a')) === 'red');

    await kube.killApiServer();
    await eventually(() => runtime.log.some((line) => line.includes('cannot list or watch widgets')));
    await kube.startApiServer();
    await patchValue(namespace, 'a', 'blue');
    await eventually(async () => (await madeValue(namespace, 'a')) === 'blue');
    expect(runtime.manager.unhealthy()).toBeUndefined();
  });

  it('relists when the history that it would resume from is compacted, and detects deletions', async () => {
    const namespace = await newNamespace(kube);
    await using proxy = await startTcpProxy(kube.url);
    const reconciled: string[] = [];
    const recording = widgetController({ reconcile: async ({ name }) => void reconciled.push(name) });
    await using runtime = new Runtime({ kubeconfig: kube.kubeconfig, namespace, server: proxy.httpsUrl, controllers: [recording] });
    await kube.apply(...['kept', 'changed', 'deleted'].map((name) => widget({ namespace, name }, 'red')));
    await eventually(() => cachedWidgets(runtime, namespace).length === 3);
    await runtime.watching(2);

    proxy.stall();
    await runtime.settled();
    reconciled.length = 0;
    await kube.kubectl(['delete', 'widget', 'deleted', '-n', namespace]);
    await patchValue(namespace, 'changed', 'blue');
    await kube.apply(widget({ namespace, name: 'new' }, 'red'));
    await kube.compactHistory();
    await kube.killApiServer();
    await kube.startApiServer();
    proxy.cut();

    await eventually(() => cachedWidgets(runtime, namespace).join() === 'changed,kept,new');
    await eventually(() => ['changed', 'deleted', 'new'].every((name) => reconciled.includes(name)));
    expect(runtime.log).toContain('debug the known history of widgets has expired: relisting');
    expect(reconciled).not.toContain('kept');
  });

  it('follows an API server whose etcd was restored from an older snapshot', async () => {
    const namespace = await newNamespace(kube);
    await using runtime = new Runtime({ kubeconfig: kube.kubeconfig, namespace, controllers: [widgetController()] });
    await kube.apply(widget({ namespace, name: 'a' }, 'red'), widget({ namespace, name: 'deleted' }, 'red'));
    await eventually(async () => (await madeValue(namespace, 'a')) === 'red' && cachedWidgets(runtime, namespace).length === 2);
    await kube.saveData();
    // Far more changes than the ones after the restore, whose versions are therefore older than what the watches have seen.
    for (let change = 0; change < 30; change++) await patchValue(namespace, 'a', `blue-${change}`);
    await kube.kubectl(['delete', 'widget', 'deleted', '-n', namespace]);
    await kube.apply(widget({ namespace, name: 'late' }, 'red'));
    await eventually(async () => (await madeValue(namespace, 'a')) === 'blue-29' && cachedWidgets(runtime, namespace).join() === 'a,late');

    await kube.restoreData();
    await eventually(() => cachedWidgets(runtime, namespace).join() === 'a,deleted');
    await patchValue(namespace, 'a', 'green');
    await eventually(async () => (await madeValue(namespace, 'a')) === 'green');
  });
});
