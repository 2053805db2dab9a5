import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { binary, eventually, freePort } from '@eeveebot/testing';
import { ROOT } from '../generate/sources.ts';
import { type ChartCluster, startChartCluster } from './cluster.ts';
import { KINDS, lowerCaseDefinition } from './lower-case-definitions.ts';

const NAMESPACE = 'eevee-bot';
const VALUES = {
  bot: {
    ipcConfig: { name: 'bot', spec: { nats: { managed: { enabled: true }, token: { generate: true } } } },
    botModules: [{ name: 'echo', spec: { moduleName: 'echo', image: 'example/echo:2', ipcConfig: 'bot', persistentVolumeClaim: {} } }],
  },
};

interface KubeObject {
  readonly metadata: {
    readonly uid: string;
    readonly deletionTimestamp?: string;
    readonly ownerReferences?: readonly { readonly kind: string; readonly uid: string }[];
  };
  readonly data?: Readonly<Record<string, string>>;
}

describe('the upgrade from 2.x, as its page describes it', () => {
  let cluster: ChartCluster;
  let operator: ChildProcess | undefined;

  beforeAll(async () => {
    cluster = await startChartCluster();
    await installOldRelease(cluster);
  });
  afterAll(async () => {
    if (operator !== undefined && operator.exitCode === null) {
      operator.kill('SIGTERM');
      await once(operator, 'exit');
    }
    await cluster?.[Symbol.asyncDispose]();
  });

  it('keeps Deployments, volumes and tokens, which the new operator adopts', async () => {
    const get = (kind: string, name: string) => cluster.kube.get<KubeObject>(kind, name, '-n', NAMESPACE);
    const ofChart = await get('deployment', 'eevee-echo-module');
    const byHand = await get('deployment', 'eevee-manual-module');
    const claim = await get('pvc', 'eevee-echo-module-pvc');
    const token = (await get('secret', 'eevee-bot-nats-auth')).data?.['token'];

    await runCommandsOf('docs/upgrade-from-2.x.md', cluster);
    operator = await startOperator(cluster);

    // One resource was made by Helm, the other by hand.
    for (const [module, before] of [
      ['echo', ofChart],
      ['manual', byHand],
    ] as const) {
      const owner = await eventually(
        async () => (await get('deployment', `eevee-${module}-module`)).metadata.ownerReferences?.find(({ kind }) => kind === 'BotModule'),
        { what: `the Deployment of ${module} to be adopted` },
      );
      expect(owner.uid).toBe((await get('botmodule', module)).metadata.uid);
      expect((await get('deployment', `eevee-${module}-module`)).metadata.uid).toBe(before.metadata.uid);
    }
    const kept = await get('pvc', 'eevee-echo-module-pvc');
    expect(kept.metadata.uid).toBe(claim.metadata.uid);
    expect(kept.metadata).not.toHaveProperty('deletionTimestamp');
    expect(kept.metadata.ownerReferences ?? []).toEqual([]);
    expect((await get('secret', 'eevee-bot-nats-auth')).data?.['token']).toBe(token);
    expect(await cluster.helm.run(['list', '-n', NAMESPACE, '--short'])).toBe('eevee\n');
  });
});

/** What 2.x leaves in a cluster: its release, and what its operator made, all of it owned by the resources. */
async function installOldRelease({ kube, helm, folder }: ChartCluster): Promise<void> {
  const chart = join(folder, 'old');
  mkdirSync(join(chart, 'templates'), { recursive: true });
  mkdirSync(join(chart, 'crds'), { recursive: true });
  writeFileSync(join(chart, 'Chart.yaml'), stringify({ apiVersion: 'v2', name: 'eevee', version: '2.3.0' }));
  for (const { plural } of KINDS) writeFileSync(join(chart, 'crds', `${plural}.yaml`), stringify(lowerCaseDefinition(plural)));
  const templates = [
    deployment('eevee-eevee-operator', { app: 'operator' }),
    { apiVersion: 'eevee.bot/v1', kind: 'ipcconfig', metadata: { name: 'bot' }, spec: VALUES.bot.ipcConfig.spec },
    { apiVersion: 'eevee.bot/v1', kind: 'botmodule', metadata: { name: 'echo' }, spec: VALUES.bot.botModules[0]?.spec },
  ];
  writeFileSync(join(chart, 'templates', 'all.yaml'), templates.map((object) => stringify(object)).join('---\n'));
  await helm.run(['install', 'eevee', chart, '-n', NAMESPACE, '--create-namespace']);
  writeFileSync(join(folder, 'values.yaml'), stringify(VALUES));

  const manual = {
    apiVersion: 'eevee.bot/v1',
    kind: 'botmodule',
    metadata: { name: 'manual' },
    spec: { moduleName: 'manual', image: 'example/echo:2' },
  };
  await kube.kubectl(['apply', '-n', NAMESPACE, '-f', '-'], { input: JSON.stringify(manual) });
  const ownedBy = async (kind: string, name: string): Promise<object> => {
    const { metadata } = await kube.get<KubeObject>(`${kind}s.eevee.bot`, name, '-n', NAMESPACE);
    return { ownerReferences: [{ apiVersion: 'eevee.bot/v1', kind, name, uid: metadata.uid, controller: true, blockOwnerDeletion: true }] };
  };
  const byEcho = await ownedBy('botmodule', 'echo');
  await kube.apply(
    inNamespace(deployment('eevee-echo-module', { app: 'eevee.bot', 'eevee.bot/module': 'echo' }), byEcho),
    inNamespace(
      deployment('eevee-manual-module', { app: 'eevee.bot', 'eevee.bot/module': 'manual' }),
      await ownedBy('botmodule', 'manual'),
    ),
    inNamespace(
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'eevee-echo-module-pvc' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      },
      byEcho,
    ),
    inNamespace(
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'eevee-bot-nats-auth' }, stringData: { token: 'as-it-was', host: 'nats' } },
      await ownedBy('ipcconfig', 'bot'),
    ),
  );
}

function deployment(name: string, labels: Readonly<Record<string, string>>): { readonly metadata: object } {
  return {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name } },
    ...{
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'module', image: 'example/old:1' }] } },
      },
    },
  };
}

const inNamespace = <T extends { readonly metadata: object }>(object: T, metadata: object = {}): T => ({
  ...object,
  metadata: { ...object.metadata, namespace: NAMESPACE, ...metadata },
});

/** Runs every `sh` block of a page, one after the other, as a reader would in one terminal. */
async function runCommandsOf(page: string, { kube, folder }: ChartCluster): Promise<void> {
  const text = await readFile(join(ROOT, page), 'utf8');
  const blocks = [...text.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block]) => block);
  expect(blocks.length).toBeGreaterThan(0);
  const programs = join(folder, 'programs');
  mkdirSync(programs);
  writeFileSync(join(programs, 'kubectl'), `#!/bin/sh\nexec '${binary('kube')}' kubectl "$@"\n`, { mode: 0o755 });
  writeFileSync(join(programs, 'helm'), `#!/bin/sh\nexec '${binary('helm')}' "$@"\n`, { mode: 0o755 });
  const env = { ...process.env, KUBECONFIG: kube.kubeconfig, PATH: `${programs}:${process.env['PATH'] ?? ''}` };
  const child = spawn('bash', ['-euxo', 'pipefail', '-c', blocks.join('\n')], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`the commands of ${page} ended with ${code}:\n${output}`);
}

/** The operator of this repository, as a process: no node runs its Deployment here. */
async function startOperator({ kube }: ChartCluster): Promise<ChildProcess> {
  const env = {
    ...process.env,
    KUBECONFIG: kube.kubeconfig,
    NAMESPACE,
    LEADER_ELECTION: 'false',
    HTTP_API_PORT: String(await freePort()),
  };
  const args = ['--conditions=@eeveebot/source', join(ROOT, 'apps/operator/src/main.ts')];
  const log = openSync(join(kube.folder, 'operator.log'), 'w');
  return spawn(process.execPath, args, { env, stdio: ['ignore', log, log] });
}
