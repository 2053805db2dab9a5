import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ControlPlane, startControlPlane } from '../src/kubernetes/control-plane.ts';
import { eventually } from '../src/waiting/eventually.ts';
import { KubectlError } from '../src/kubernetes/kubectl.ts';

interface ConfigMap {
  readonly data: Readonly<Record<string, string>>;
}

interface Managed {
  readonly metadata: { readonly managedFields: readonly { readonly manager: string; readonly operation: string }[] };
}

interface Deletable {
  readonly metadata: { readonly deletionTimestamp?: string };
}

interface ConfigMapPage {
  readonly metadata: { readonly continue: string };
}

describe('startControlPlane', () => {
  let kube: ControlPlane;

  beforeAll(async () => {
    kube = await startControlPlane();
  });
  afterAll(() => kube.stop());

  it('serves the pinned version of Kubernetes', async () => {
    expect(await kube.kubectl(['version'])).toContain('Server Version: v1.37');
  });

  it('runs the controllers: a Deployment creates pods, which are deleted with it', async () => {
    await kube.apply(deployment('idle'));
    const pods = () => kube.get<{ items: unknown[] }>('pods', '-l', 'app=idle');
    await eventually(async () => (await pods()).items.length === 2, { what: 'two pods' });
    await kube.kubectl(['delete', 'deployment', 'idle']);
    await eventually(async () => (await pods()).items.length === 0, { what: 'the pods to be gone' });
  });

  it('denies every request of a user without a role', async () => {
    const kubeconfig = await kube.kubeconfigFor('jane/o+b', ['devs']);
    expect(await kube.kubectl(['auth', 'whoami'], { kubeconfig })).toMatch(/jane\/o\+b[^]*devs/);
    await expect(kube.kubectl(['get', 'pods'], { kubeconfig })).rejects.toThrow('User "jane/o+b" cannot list resource "pods"');
    await kube.kubectl(['create', 'clusterrolebinding', 'devs', '--clusterrole=view', '--group=devs']);
    await eventually(() => kube.kubectl(['get', 'pods'], { kubeconfig }), { what: 'the new role to be known' });
  });

  it('reports refusals in the words of kubectl', async () => {
    await expect(kube.kubectl(['get', 'nonsense'])).rejects.toThrow(
      new KubectlError(`kubectl get nonsense: error: the server doesn't have a resource type "nonsense"`),
    );
  });

  it.each([
    ['an object', ['configmap', 'kube-root-ca.crt']],
    ['one of another namespace', ['cm', 'kube-root-ca.crt', '-n', 'kube-system']],
    ['one outside of namespaces', ['namespace', 'default']],
    ['all of a kind', ['clusterroles']],
    ['none of a kind', ['deploy']],
    ['those with a label', ['namespaces', '-l', 'kubernetes.io/metadata.name=default']],
    ['those with a field', ['configmaps', '--field-selector', 'metadata.name=kube-root-ca.crt', '-n', 'kube-system']],
  ])('returns the output of kubectl: %s', async (_, args) => {
    expect(await kube.get(...args)).toEqual(JSON.parse(await kube.kubectl(['get', ...args, '-o', 'json'])));
  });

  it.each([
    ['an object that does not exist', ['configmap', 'nowhere']],
    ['a kind that does not exist', ['nonsense', 'nowhere']],
  ])('refuses as kubectl does: %s', async (_, args) => {
    const refused = await kube.kubectl(['get', ...args]).catch((error: unknown) => error);
    await expect(kube.get(...args)).rejects.toThrow((refused as KubectlError).message.split(': ').slice(1).join(': '));
  });

  it.each([
    ['a field that the kind does not have', { ...configMap('refused'), extra: 1 }, '.extra: field not declared in schema'],
    ['a kind that does not exist', { apiVersion: 'v1', kind: 'Nonsense', metadata: { name: 'refused' } }, 'no matches for kind "Nonsense"'],
    ['an object without a name', { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} }, 'name'],
  ])('reports in the words of kubectl why %s was not applied, after the objects before it', async (_, object, words) => {
    const name = `before-${(object as { kind: string }).kind.toLowerCase()}`;
    await expect(kube.apply(configMap(name, { a: '1' }), object)).rejects.toThrow(words);
    expect((await kube.get<ConfigMap>('configmap', name)).data).toEqual({ a: '1' });
  });

  it('checks objects without creating them, and refuses in the words of kubectl', async () => {
    const object = configMap('unmade', { a: '1' });
    await kube.dryRun(object);
    await expect(kube.dryRun(object, { ...object, extra: 1 })).rejects.toThrow('.extra: field not declared in schema');
    await expect(kube.get('configmap', 'unmade')).rejects.toThrow('not found');
  });

  it('takes over fields of other managers that it applies', async () => {
    await kube.kubectl(['create', 'configmap', 'shared', '--from-literal=a=theirs', '--from-literal=b=theirs']);
    await kube.apply(configMap('shared', { a: 'ours' }));
    expect((await kube.get<ConfigMap>('configmap', 'shared')).data).toEqual({ a: 'ours', b: 'theirs' });
  });

  it('changes objects as kubectl does, with its output', async () => {
    const there = await kube.kubeconfigFor('admin', ['system:masters']);
    // Another kubeconfig: these run kubectl itself.
    const itself = (...args: readonly string[]) => kube.kubectl(args, { kubeconfig: there });
    const run = async (name: string, kubectl: (...args: readonly string[]) => Promise<string>) => {
      await kube.apply(configMap(name, { a: '1' }), deployment(name));
      const outputs = [
        await kubectl('get', 'configmap', name, '-o', 'name'),
        await kubectl('get', 'deploy', `${name}-none`, '-o', 'name', '--ignore-not-found'),
        await kubectl('patch', 'configmap', name, '--type=merge', '-p', '{"data":{"a":null,"b":"2"}}'),
        await kubectl('patch', 'cm', name, '--type=merge', '-p', '{"data":{"b":"2"}}'),
        await kubectl('annotate', 'configmap', name, 'note/one=a=b', 'note/two=2'),
        await kubectl('annotate', 'configmap', name, '--overwrite', 'note/one=c', 'note/two-'),
        await kubectl('annotate', 'deployment', name, 'note/three=3'),
      ];
      const { metadata, data } = await kube.get<ConfigMap & { metadata: { annotations: object } }>('configmap', name);
      const text = await kube.kubectl(['get', 'configmap', name, '-o', 'json', '--show-managed-fields']);
      const { managedFields } = (JSON.parse(text) as Managed).metadata;
      // The API server sorts them by time.
      const managers = managedFields.map(({ manager, operation }) => `${manager} ${operation}`).toSorted();
      outputs.push(await kubectl('delete', `deployment/${name}`), await kubectl('delete', 'configmap', name));
      await expect(kube.get('configmap', name)).rejects.toThrow('not found');
      return { outputs: outputs.map((each) => each.replaceAll(name, 'NAME')), annotations: metadata.annotations, data, managers };
    };
    expect(await run('direct', (...args) => kube.kubectl(args))).toEqual(await run('by-itself', itself));
  });

  it('refuses changes in the words of kubectl', async () => {
    await kube.apply({ ...configMap('noted'), metadata: { name: 'noted', namespace: 'default', annotations: { note: 'old' } } });
    await expect(kube.kubectl(['annotate', 'configmap', 'noted', 'note=new'])).rejects.toThrow('--overwrite is false');
    await expect(kube.kubectl(['patch', 'configmap', 'nowhere', '--type=merge', '-p', '{}'])).rejects.toThrow('"nowhere" not found');
    await expect(kube.kubectl(['delete', 'configmap', 'nowhere'])).rejects.toThrow('"nowhere" not found');
  });

  it('waits until a deleted object is gone, unless told not to', async () => {
    const held = (name: string) => ({ ...configMap(name), metadata: { name, namespace: 'default', finalizers: ['test.example/hold'] } });
    const isDeleted = async (name: string) => (await kube.get<Deletable>('configmap', name)).metadata.deletionTimestamp !== undefined;
    await kube.apply(held('awaited'), held('left'));
    await kube.kubectl(['delete', 'configmap', 'left', '--wait=false']);
    expect(await isDeleted('left')).toBe(true);
    let isGone = false;
    const gone = kube.kubectl(['delete', 'configmap', 'awaited']).then(() => (isGone = true));
    // kubectl finds no object to delete if the finalizer is removed before its request arrives.
    await eventually(() => isDeleted('awaited'), { what: 'the deletion' });
    expect(isGone).toBe(false);
    for (const name of ['awaited', 'left']) {
      await kube.kubectl(['patch', 'configmap', name, '--type=merge', '-p', '{"metadata":{"finalizers":null}}']);
    }
    await gone;
    await expect(kube.get('configmap', 'awaited')).rejects.toThrow('not found');
  });

  it('serves a kind as soon as it is defined', async () => {
    const names = { plural: 'gadgets', singular: 'gadget', kind: 'Gadget' };
    const schema = { openAPIV3Schema: { type: 'object' } };
    await kube.apply({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'gadgets.test.example' },
      spec: { group: 'test.example', scope: 'Namespaced', names, versions: [{ name: 'v1', served: true, storage: true, schema }] },
    });
    await kube.kubectl(['wait', '--for=condition=Established', 'crd/gadgets.test.example']);
    expect(await kube.get('gadgets')).toMatchObject({ items: [] });
  });

  it('keeps its data and its address over a restart and a crash of the API server', async () => {
    await kube.apply(configMap('kept', { a: '1' }));
    await kube.stopApiServer();
    await expect(kube.kubectl(['get', 'configmap', 'kept'])).rejects.toThrow('refused');
    await kube.startApiServer();
    await kube.killApiServer();
    await kube.startApiServer();
    expect((await kube.get<ConfigMap>('configmap', 'kept')).data).toEqual({ a: '1' });
  });

  it('does not respond while the API server is paused, and continues afterwards', async () => {
    kube.pauseApiServer();
    try {
      await expect(kube.kubectl(['get', 'namespaces', '--request-timeout=500ms'])).rejects.toThrow(/Timeout|deadline/);
    } finally {
      kube.resumeApiServer();
    }
    expect(await kube.kubectl(['get', 'namespaces'])).toContain('default');
  });

  it('responds with 410 to a list that continues from compacted history', async () => {
    for (const name of ['one', 'two', 'three']) await kube.apply(configMap(name));
    const page = (query: string) => kube.kubectl(['get', '--raw', `/api/v1/namespaces/default/configmaps?limit=1${query}`]);
    const next = `&continue=${(JSON.parse(await page('')) as ConfigMapPage).metadata.continue}`;
    await kube.apply(configMap('four'));
    await kube.killApiServer();
    await kube.startApiServer();
    expect(await page(next)).toContain('ConfigMapList');
    await kube.compactHistory();
    await kube.killApiServer();
    await kube.startApiServer();
    await expect(page(next)).rejects.toThrow(/too old|expired/);
  });
});

it('starts a second control plane beside the first', async () => {
  await using first = await startControlPlane({ controllerManager: false });
  await using second = await startControlPlane({ controllerManager: false });
  await first.kubectl(['create', 'namespace', 'only-here']);
  await expect(second.kubectl(['get', 'namespace', 'only-here'])).rejects.toThrow('not found');
});

function configMap(name: string, data: Readonly<Record<string, string>> = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data };
}

function deployment(name: string): object {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default' },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'example.invalid/idle:1' }] } },
    },
  };
}
