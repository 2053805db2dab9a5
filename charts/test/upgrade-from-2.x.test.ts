import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { eventually, freePort, runShellCommands } from '@eeveebot/testing';
import { ROOT } from '../generate/sources.ts';
import { type ChartCluster, startChartCluster } from './cluster.ts';
import { KINDS, lowerCaseDefinition } from './lower-case-definitions.ts';

/** How eevee 2.x was installed, and how its page describes the upgrade from that. */
interface Way {
  readonly installedBy: 'Helm' | 'Flux' | 'Argo CD';
  readonly release: string;
  readonly namespace: string;
}

const WAYS: readonly Way[] = [
  { installedBy: 'Helm', release: 'eevee', namespace: 'eevee-bot' },
  { installedBy: 'Flux', release: 'mybot', namespace: 'chat' },
  { installedBy: 'Argo CD', release: 'bots', namespace: 'bots' },
];

const VALUES = {
  bot: {
    ipcConfig: { name: 'bot', spec: { nats: { managed: { enabled: true }, token: { generate: true } } } },
    botModules: [{ name: 'echo', spec: { moduleName: 'echo', image: 'example/echo:2', ipcConfig: 'bot', persistentVolumeClaim: {} } }],
  },
  operator: { operatorApiToken: { token: 'given' } },
};

interface KubeObject {
  readonly metadata: {
    readonly uid: string;
    readonly deletionTimestamp?: string;
    readonly finalizers?: readonly string[];
    readonly ownerReferences?: readonly { readonly kind: string; readonly uid: string }[];
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, string>>;
}

describe.each(WAYS)('the upgrade from 2.x that $installedBy installed, as its page describes it', (way) => {
  let cluster: ChartCluster;
  let operator: ChildProcess | undefined;

  beforeAll(async () => {
    cluster = await startChartCluster();
    await installOldRelease(cluster, way);
  });
  afterAll(async () => {
    if (operator !== undefined && operator.exitCode === null) {
      operator.kill('SIGTERM');
      await once(operator, 'exit');
    }
    await cluster?.[Symbol.asyncDispose]();
  });

  it('keeps Deployments, volumes and tokens, which the new operator adopts', async () => {
    const { namespace, release } = way;
    const get = (kind: string, name: string) => cluster.kube.get<KubeObject>(kind, name, '-n', namespace);
    const ofChart = await get('deployment', 'eevee-echo-module');
    const byHand = await get('deployment', 'eevee-manual-module');
    const claim = await get('pvc', 'eevee-echo-module-pvc');
    const token = (await get('secret', 'eevee-bot-nats-auth')).data?.['token'];

    await runShellCommands(await commandsFor(way), { folder: cluster.folder, kubeconfig: cluster.kube.kubeconfig });
    await installByController(cluster, way);
    operator = await startOperator(cluster, namespace);

    // A chart created one resource, a user the other.
    for (const [module, before] of [
      ['echo', ofChart],
      ['manual', byHand],
    ] as const) {
      const owner = await eventually(
        async () => (await get('deployment', `eevee-${module}-module`)).metadata.ownerReferences?.find(({ kind }) => kind === 'BotModule'),
        { what: `the Deployment of ${module} to be adopted` },
      );
      const resource = await get('botmodule', module);
      expect(owner.uid).toBe(resource.metadata.uid);
      expect(resource.metadata.finalizers).toBeUndefined();
      expect((await get('deployment', `eevee-${module}-module`)).metadata.uid).toBe(before.metadata.uid);
    }
    const kept = await get('pvc', 'eevee-echo-module-pvc');
    expect(kept.metadata.uid).toBe(claim.metadata.uid);
    expect(kept.metadata).not.toHaveProperty('deletionTimestamp');
    expect(kept.metadata.ownerReferences ?? []).toEqual([]);
    expect((await get('secret', 'eevee-bot-nats-auth')).data?.['token']).toBe(token);
    expect(await cluster.kube.kubectl(['get', 'deployment', '-n', namespace, '-l', 'app.kubernetes.io/name=operator', '-o', 'name'])).toBe(
      `deployment.apps/${release}-operator\n`,
    );
  });
});

/** Creates the objects that 2.x leaves in a cluster: its operator, and the objects that it created, all owned by the resources. */
async function installOldRelease({ kube, helm, folder }: ChartCluster, { installedBy, release, namespace }: Way): Promise<void> {
  const chart = join(folder, 'old');
  mkdirSync(join(chart, 'templates'), { recursive: true });
  mkdirSync(join(chart, 'crds'), { recursive: true });
  writeFileSync(join(chart, 'Chart.yaml'), stringify({ apiVersion: 'v2', name: 'eevee', version: '2.3.0' }));
  for (const { plural } of KINDS) writeFileSync(join(chart, 'crds', `${plural}.yaml`), stringify(lowerCaseDefinition(plural)));
  const templates = [
    deployment(`${release}-eevee-operator`, { app: 'operator' }),
    oldResource('ipcconfig', 'bot', VALUES.bot.ipcConfig.spec),
    oldResource('botmodule', 'echo', VALUES.bot.botModules[0]?.spec ?? {}),
  ];
  writeFileSync(join(chart, 'templates', 'all.yaml'), templates.map((object) => stringify(object)).join('---\n'));
  writeFileSync(join(folder, 'values.yaml'), stringify(VALUES));
  await kube.kubectl(['create', 'namespace', namespace]);
  if (installedBy === 'Argo CD') {
    await kube.kubectl(['apply', '-f', join(chart, 'crds')]);
    await kube.kubectl(['wait', '--for=condition=Established', '-f', join(chart, 'crds')]);
    await kube.kubectl(['apply', '-n', namespace, '-f', join(chart, 'templates', 'all.yaml')]);
    await defineForeign(kube, 'applications.argoproj.io', 'v1alpha1', 'Application');
    await kube.kubectl(['create', 'namespace', 'argocd']);
    await kube.apply(foreign('argoproj.io/v1alpha1', 'Application', release, 'argocd', { syncPolicy: { automated: { prune: true } } }));
  } else {
    await helm.run(['install', release, chart, '-n', namespace]);
  }
  if (installedBy === 'Flux') {
    await defineForeign(kube, 'helmreleases.helm.toolkit.fluxcd.io', 'v2', 'HelmRelease');
    await kube.apply(foreign('helm.toolkit.fluxcd.io/v2', 'HelmRelease', release, namespace, { interval: '1h' }));
  }

  const manual = oldResource('botmodule', 'manual', { moduleName: 'manual', image: 'example/echo:2' });
  await kube.kubectl(['apply', '-n', namespace, '-f', '-'], { input: JSON.stringify(manual) });
  const ownedBy = async (kind: string, name: string): Promise<object> => {
    const { metadata } = await kube.get<KubeObject>(`${kind}s.eevee.bot`, name, '-n', namespace);
    const owner = { apiVersion: 'eevee.bot/v1', kind, name, uid: metadata.uid, controller: true, blockOwnerDeletion: true };
    return { namespace, ownerReferences: [owner] };
  };
  const byEcho = await ownedBy('botmodule', 'echo');
  const byManual = await ownedBy('botmodule', 'manual');
  await kube.apply(
    withMetadata(deployment('eevee-echo-module', { app: 'eevee.bot', 'eevee.bot/module': 'echo' }), byEcho),
    withMetadata(deployment('eevee-manual-module', { app: 'eevee.bot', 'eevee.bot/module': 'manual' }), byManual),
    withMetadata(
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'eevee-echo-module-pvc' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      },
      byEcho,
    ),
    withMetadata(
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'eevee-bot-nats-auth' }, stringData: { token: 'as-it-was', host: 'nats' } },
      await ownedBy('ipcconfig', 'bot'),
    ),
  );
}

/** A resource as the operator of 2.x leaves it: with a status, and a finalizer that only this operator removes. */
const oldResource = (kind: string, name: string, spec: object): object => ({
  apiVersion: 'eevee.bot/v1',
  kind,
  metadata: { name, finalizers: ['eevee.bot/cleanup'] },
  spec,
  status: { phase: 'Running' },
});

function deployment(name: string, labels: Readonly<Record<string, string>>): { readonly metadata: object } {
  const template = { metadata: { labels }, spec: { containers: [{ name: 'module', image: 'example/old:1' }] } };
  const spec = { replicas: 1, selector: { matchLabels: labels }, template };
  return { ...{ apiVersion: 'apps/v1', kind: 'Deployment' }, metadata: { name }, ...{ spec } };
}

const withMetadata = <T extends { readonly metadata: object }>(object: T, metadata: object): T => ({
  ...object,
  metadata: { ...object.metadata, ...metadata },
});

/** Defines a kind of Flux or Argo CD in the API server; their controllers do not run here. */
async function defineForeign(kube: ChartCluster['kube'], name: string, version: string, kind: string): Promise<void> {
  const [plural = '', ...group] = name.split('.');
  const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  await kube.apply({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name },
    spec: {
      group: group.join('.'),
      scope: 'Namespaced',
      names: { kind, plural },
      versions: [{ name: version, served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  });
  await kube.kubectl(['wait', '--for=condition=Established', 'crd', name]);
}

const foreign = (apiVersion: string, kind: string, name: string, namespace: string, spec: object) => ({
  apiVersion,
  kind,
  metadata: { name, namespace },
  spec,
});

/** The commands of the page for one way, in order: its steps are the blocks without a word after `sh`. */
async function commandsFor({ installedBy, release, namespace }: Way): Promise<string> {
  const page = await readFile(join(ROOT, 'docs/upgrade-from-2.x.md'), 'utf8');
  const blocks = [...page.matchAll(/^```sh(?: (\S+))?\n([^]*?)^```$/gm)].map(([, word = '', text = '']) => ({ word, text }));
  const named = (word: string): string => {
    const block = blocks.find((candidate) => candidate.word === word);
    if (block === undefined) throw new Error(`the page has no block ${word}`);
    return block.text;
  };
  const steps = blocks.filter(({ word }) => word === '').map(({ text }) => text);
  expect(steps).toHaveLength(6);
  const [stop = '', save = '', letGo = '', replace = '', bringBack = '', install = ''] = steps;
  const names = [...stop.matchAll(/^export .*$/gm)].join('\n');
  const commands = {
    Helm: [stop, save, letGo, replace, bringBack, install],
    Flux: [names, named('flux-before'), stop, save, letGo, replace, bringBack, named('flux-after')],
    'Argo CD': [
      ...[names, named('argo-before'), stop, save, letGo],
      ...[replace.replace('helm -n $NAMESPACE uninstall $RELEASE\n', named('argo-uninstall')), bringBack],
    ],
  }[installedBy].join('\n');
  return commands
    .replaceAll('NAMESPACE=eevee-bot', `NAMESPACE=${namespace}`)
    .replaceAll('RELEASE=eevee\n', `RELEASE=${release}\n`)
    .replaceAll('OPERATOR=eevee-', `OPERATOR=${release}-`);
}

/** Acts like Flux or Argo CD after the last step; a user of Helm has done this already. */
async function installByController({ kube, helm, folder }: ChartCluster, { installedBy, release, namespace }: Way): Promise<void> {
  const values = ['--values', join(folder, 'values.yaml'), '-n', namespace];
  if (installedBy === 'Flux') {
    const { spec } = await kube.get<KubeObject>('helmrelease', release, '-n', namespace);
    expect(spec).toMatchObject({ suspend: false, upgrade: { crds: 'CreateReplace' } });
    await helm.run(['install', release, helm.chart('eevee'), ...values]);
  }
  if (installedBy === 'Argo CD') {
    const { spec } = await kube.get<KubeObject>('application', release, '-n', 'argocd');
    expect(spec?.['syncPolicy']).toEqual({});
    const rendered = await helm.run(['template', release, helm.chart('eevee'), '--include-crds', '--kube-version', '1.37.2', ...values]);
    await kube.kubectl(['apply', '--server-side', '--force-conflicts', '-n', namespace, '-f', '-'], { input: rendered });
  }
}

/** The operator of this repository as a process, because there is no node to run its Deployment. */
async function startOperator({ kube }: ChartCluster, namespace: string): Promise<ChildProcess> {
  const env = {
    ...process.env,
    KUBECONFIG: kube.kubeconfig,
    NAMESPACE: namespace,
    LEADER_ELECTION: 'false',
    HTTP_API_PORT: String(await freePort()),
  };
  const args = ['--conditions=@eeveebot/source', join(ROOT, 'apps/operator/src/main.ts')];
  const log = openSync(join(kube.folder, 'operator.log'), 'w');
  return spawn(process.execPath, args, { env, stdio: ['ignore', log, log] });
}
