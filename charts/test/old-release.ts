import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { ChartCluster } from './cluster.ts';
import { KINDS, lowerCaseDefinition } from './lower-case-definitions.ts';

/** How eevee 2.x was installed, and how its page describes the upgrade from that. */
export interface Way {
  readonly installedBy: 'Helm' | 'Flux' | 'Argo CD';
  readonly release: string;
  readonly namespace: string;
  /** Major version of Helm that runs the commands of the page; 2.x was installed by Helm 3. */
  readonly helm: 3 | 4;
}

const VALUES = {
  bot: {
    ipcConfig: { name: 'bot', spec: { nats: { managed: { enabled: true }, token: { generate: true } } } },
    botModules: [{ name: 'echo', spec: { moduleName: 'echo', image: 'example/echo:2', ipcConfig: 'bot', persistentVolumeClaim: {} } }],
  },
  operator: { operatorApiToken: { token: 'given' } },
};

/** The fields of an object that the tests read. */
export interface KubeObject {
  readonly metadata: {
    readonly uid: string;
    readonly deletionTimestamp?: string;
    readonly finalizers?: readonly string[];
    readonly ownerReferences?: readonly { readonly kind: string; readonly uid: string }[];
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, string>>;
}

/** Creates the objects that 2.x leaves in a cluster: its operator, and the objects that it created, all owned by the resources. */
export async function installOldRelease({ kube, helm, folder }: ChartCluster, { installedBy, release, namespace }: Way): Promise<void> {
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
export const oldResource = (kind: string, name: string, spec: object): object => ({
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
