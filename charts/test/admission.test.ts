import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '@eeveebot/testing';
import { ROOT } from '../generate/sources.ts';
import { type ChartCluster, startChartCluster } from './cluster.ts';
import { manifests, only, type Rendered } from './manifests.ts';

const NAMESPACE = 'bots';
const EXAMPLE_VALUES = readdirSync(join(ROOT, 'examples/values')).map((name) => join('examples/values', name));

/** Optional objects of the chart operator. */
const EXTRAS = {
  podDisruptionBudget: { enabled: true },
  networkPolicy: { enabled: true },
  grafanaDashboard: { enabled: true },
};

type Workload = Rendered & { readonly spec: { readonly template: { readonly spec: object } } };

describe('objects of the charts at an API server with strict admission', () => {
  let cluster: ChartCluster;

  beforeAll(async () => {
    cluster = await startChartCluster({ admissionPlugins: ['OwnerReferencesPermissionEnforcement'] });
    await cluster.kube.kubectl(['create', 'namespace', NAMESPACE]);
    await cluster.kube.kubectl(['label', 'namespace', NAMESPACE, 'pod-security.kubernetes.io/enforce=restricted']);
    await cluster.helm.run(['install', 'eevee', cluster.helm.chart('eevee'), '-n', NAMESPACE]);
    await eventually(() => kubectl(['get', 'serviceaccount', 'default', 'eevee-operator']), { what: 'the service accounts' });
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());

  const kubectl = (args: readonly string[], object?: object): Promise<string> =>
    cluster.kube.kubectl(['-n', NAMESPACE, ...args], object === undefined ? {} : { input: JSON.stringify(object) });
  /** Lines of the response to an apply of the objects, one for each accepted object. */
  const dryRun = async (items: readonly Rendered[]): Promise<readonly string[]> => {
    const options = ['--server-side', '--force-conflicts', '--validate=strict', '--dry-run=server'];
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    const answer = await cluster.kube.kubectl(['apply', ...options, '-f', '-'], { input });
    return answer.split('\n').filter((line) => line.endsWith('serverside-applied (server dry run)'));
  };
  const podOf = (workload: Workload): object => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'of-the-chart' },
    spec: { ...workload.spec.template.spec, serviceAccountName: 'default' },
  });

  it('refuses a pod that violates the restricted standard', async () => {
    const careless = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'careless' }, spec: { containers: [{ name: 'a', image: 'a' }] } };
    await expect(kubectl(['create', '-f', '-'], careless)).rejects.toThrow('violates PodSecurity "restricted:latest"');
  });

  it('accepts the pod of the operator', async () => {
    const deployment = await cluster.kube.get<Workload>('deployment', 'eevee-operator', '-n', NAMESPACE);
    expect(await kubectl(['create', '--dry-run=server', '-f', '-'], podOf(deployment))).toContain('created');
  });

  it('accepts the pod that updates the definitions', async () => {
    await kubectl(['annotate', 'crd', 'botmodules.eevee.bot', 'eevee.bot/crd-checksum=of-an-earlier-one', '--overwrite']);
    const upgrade = ['upgrade', 'eevee', cluster.helm.chart('eevee'), '-n', NAMESPACE, '--dry-run=server', '--hide-notes'];
    const text = await cluster.helm.run(upgrade);
    const hooks = manifests(text.slice(text.indexOf('HOOKS:') + 'HOOKS:'.length, text.indexOf('MANIFEST:')));
    expect(await kubectl(['create', '--dry-run=server', '-f', '-'], podOf(only<Workload>(hooks, 'Job')))).toContain('created');
  });

  it.each(EXAMPLE_VALUES)('accepts every object of %s, without unknown fields', async (values) => {
    const args = ['template', 'example', cluster.helm.chart('eevee'), '-n', NAMESPACE, '--kube-version', '1.37.2'];
    const rendered = await cluster.helm.run([...args, '--values', join(ROOT, values)]);
    const objects = manifests(rendered);
    expect(objects.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['Deployment', 'IpcConfig', 'BotModule']));
    expect(await dryRun(objects)).toHaveLength(objects.length);
  });

  // At the end of a name that is cut, and in places where YAML would read another type.
  it.each([
    ['r'.repeat(53), {}],
    [`${'a-'.repeat(26)}a`, { nameOverride: 'o'.repeat(53) }],
    [`${'a.'.repeat(26)}a`, { fullnameOverride: `${'f'.repeat(62)}.f` }],
    ['1', { fullnameOverride: 'true' }],
  ])('accepts every object of the longest and oddest names: release %s with %j', async (release, names) => {
    const [namespace, name] = ['n'.repeat(63), `${'m'.repeat(250)}.1`];
    await kubectl(['create', 'namespace', namespace]).catch(() => undefined);
    const secretKeyRef = { secret: { name }, key: 'k' };
    const values = {
      crds: names,
      operator: { ...names, ...EXTRAS, operator: { operator: { env: { watchNamespaces: [namespace] } } } },
      bot: {
        name: 'x'.repeat(63),
        irc: [{ name: 'net', host: 'irc.example' }],
        ipcConfig: { name: 'i'.repeat(253), spec: { nats: { managed: { enabled: true }, token: { generate: true } } } },
        botModules: [{ name, spec: { moduleName: 'm'.repeat(63), image: 'example/echo:1' } }],
        s3Stores: [{ name, spec: { endpoint: 'http://s3', bucket: 'bucket', accessId: { secretKeyRef }, accessKey: { secretKeyRef } } }],
        backupSchedules: [{ name, spec: { schedule: '@daily', s3Store: { name } } }],
      },
    };
    const args = ['template', release, cluster.helm.chart('eevee'), '-n', namespace, '--kube-version', '1.37.2', '--values', '-'];
    const items = manifests(await cluster.helm.run(args, { input: JSON.stringify(values) })).filter(
      ({ apiVersion }) => !apiVersion.startsWith('monitoring.coreos.com/'),
    );
    expect(items.length).toBeGreaterThan(15);
    expect(await dryRun(items)).toHaveLength(items.length);
  });

  it('accepts optional settings of the operator', async () => {
    const more = 'podDisruptionBudget.enabled=true,networkPolicy.enabled=true,operator.operator.env.watchOtherNamespaces=true';
    const args = ['template', 'eevee', cluster.helm.chart('operator'), '-n', NAMESPACE, '--kube-version', '1.37.2', '--set', more];
    const objects = manifests(await cluster.helm.run(args));
    for (const kind of ['PodDisruptionBudget', 'NetworkPolicy']) {
      const applied = await kubectl(['create', '--validate=strict', '--dry-run=server', '-f', '-'], only(objects, kind));
      expect(applied).toContain('created (server dry run)');
    }
  });

  describe('with the admission plugin OwnerReferencesPermissionEnforcement', () => {
    const OPERATOR = `system:serviceaccount:${NAMESPACE}:eevee-operator`;

    /** A Deployment as the operator creates it: its owner waits for it when it is deleted. */
    async function ownedDeployment(kind: 'BotModule' | 'IpcConfig'): Promise<object> {
      const spec = {
        BotModule: { moduleName: 'owner', image: 'example/owner:1' },
        IpcConfig: { nats: { managed: { enabled: true }, token: { generate: true } } },
      }[kind];
      await cluster.kube.apply({ apiVersion: 'eevee.bot/v1', kind, metadata: { name: 'owner', namespace: NAMESPACE }, spec });
      const { metadata } = await cluster.kube.get<{ metadata: { uid: string } }>(kind, 'owner', '-n', NAMESPACE);
      const owner = { apiVersion: 'eevee.bot/v1', kind, name: 'owner', uid: metadata.uid, controller: true, blockOwnerDeletion: true };
      const labels = { app: 'owned' };
      return {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'owned', namespace: NAMESPACE, ownerReferences: [owner] },
        spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'a' }] } } },
      };
    }

    it.each(['BotModule', 'IpcConfig'] as const)('the operator has the permission to block owner deletion: %s', async (kind) => {
      const args = ['apply', '--server-side', '--dry-run=server', '-f', '-', '--as', OPERATOR];
      expect(await kubectl(args, await ownedDeployment(kind))).toContain('serverside-applied');
    });

    it('a user who may only create Deployments does not have that permission', async () => {
      await kubectl(['create', 'role', 'deployer', '--verb=create,get,patch', '--resource=deployments.apps']);
      await kubectl(['create', 'rolebinding', 'deployer', '--role=deployer', '--user=deployer']);
      const args = ['create', '--dry-run=server', '-f', '-', '--as', 'deployer'];
      await expect(kubectl(args, await ownedDeployment('BotModule'))).rejects.toThrow('cannot set blockOwnerDeletion');
    });
  });
});
