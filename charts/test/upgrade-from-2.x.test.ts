import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, freePort, runShellCommands } from '@eeveebot/testing';
import { ROOT } from '../generate/sources.ts';
import { type ChartCluster, startChartCluster } from './cluster.ts';
import { type KubeObject, type Way, installOldRelease, oldResource } from './old-release.ts';

const WAYS: readonly Way[] = [
  { installedBy: 'Helm', release: 'eevee', namespace: 'eevee-bot', helm: 4 },
  { installedBy: 'Flux', release: 'mybot', namespace: 'chat', helm: 3 },
  { installedBy: 'Argo CD', release: 'bots', namespace: 'bots', helm: 3 },
];

describe.each(WAYS)('the upgrade from 2.x that $installedBy installed, as its page describes it', (way) => {
  let cluster: ChartCluster;
  let operator: ChildProcess | undefined;

  beforeAll(async () => {
    cluster = await startChartCluster();
    await installOldRelease(cluster, way);
  });
  /** Runs commands in the folder of the charts. */
  const run = (commands: string): Promise<void> =>
    runShellCommands(commands, { folder: cluster.folder, kubeconfig: cluster.kube.kubeconfig, helm: way.helm });
  afterAll(async () => {
    if (operator !== undefined && operator.exitCode === null) {
      operator.kill('SIGTERM');
      await once(operator, 'exit');
    }
    await cluster?.[Symbol.asyncDispose]();
  });

  it('is checked before anything is changed, which names the fields that are rejected', async () => {
    const { kube } = cluster;
    const check = await blockOf('check');
    const misspelt = oldResource('botmodule', 'misspelt', { moduleName: 'misspelt', image: 'example/echo:2', pullPolcy: 'Always' });
    await kube.kubectl(['apply', '-n', way.namespace, '-f', '-'], { input: JSON.stringify(misspelt) });
    const state = () => kube.kubectl(['get', 'botmodules.eevee.bot,ipcconfigs.eevee.bot,deployments,pvc', '-A', '-o', 'yaml']);
    const before = await state();
    await expect(run(check)).rejects.toThrow(/unknown field "(?:spec\.)?pullPolcy"/);
    expect(await state()).toBe(before);
    await kube.kubectl([
      'patch',
      'botmodule',
      'misspelt',
      '-n',
      way.namespace,
      '--type=json',
      '-p',
      '[{"op":"remove","path":"/spec/pullPolcy"}]',
    ]);
    await run(check);
    // The API server may take minutes to remove definitions that it has just established.
    const path = '{range .items[?(@.spec.group=="check.eevee.bot")]}{.metadata.name} {.metadata.deletionTimestamp}{"\\n"}{end}';
    const left = (await kube.kubectl(['get', 'crd', '-o', `jsonpath=${path}`])).split('\n').filter((line) => line.trim() !== '');
    for (const line of left) expect(line).toMatch(/^\S+ \d{4}-/);
    await kube.kubectl(['patch', 'botmodule', 'misspelt', '-n', way.namespace, '--type=merge', '-p', '{"metadata":{"finalizers":null}}']);
    await kube.kubectl(['delete', 'botmodule', 'misspelt', '-n', way.namespace]);
  });

  it('keeps Deployments, volumes and tokens, which the new operator adopts', async () => {
    const { namespace, release } = way;
    const get = (kind: string, name: string) => cluster.kube.get<KubeObject>(kind, name, '-n', namespace);
    const ofChart = await get('deployment', 'eevee-echo-module');
    const byHand = await get('deployment', 'eevee-manual-module');
    const claim = await get('pvc', 'eevee-echo-module-pvc');
    const token = (await get('secret', 'eevee-bot-nats-auth')).data?.['token'];

    await run(await commandsFor(way));
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

  if (way.installedBy === 'Helm')
    it('leaves resources that a later upgrade can change', async () => {
      const { namespace, release } = way;
      const spec = { moduleName: 'echo', image: 'example/echo:3', ipcConfig: 'bot', persistentVolumeClaim: {} };
      const modules = JSON.stringify([{ name: 'echo', spec }]);
      const upgrade = `helm upgrade ${release} charts/eevee --namespace ${namespace} --values values.yaml --set-json 'bot.botModules=${modules}'`;
      await expect(run(upgrade)).rejects.toThrow('conflict with "kubectl"');
      await run(`${upgrade} --force-conflicts`);
      expect(await cluster.kube.get('botmodule', 'echo', '-n', namespace)).toMatchObject({ spec });
    });

  if (way.installedBy === 'Helm')
    it('can be undone, with the same Deployments, volumes and tokens', async () => {
      const { namespace } = way;
      const { kube } = cluster;
      const get = (kind: string, name: string) => kube.get<KubeObject>(kind, name, '-n', namespace);
      const kept = [
        ['deployment', 'eevee-echo-module'],
        ['deployment', 'eevee-manual-module'],
        ['pvc', 'eevee-echo-module-pvc'],
        ['secret', 'eevee-bot-nats-auth'],
      ] as const;
      const uids = () => Promise.all(kept.map(async ([kind, name]) => (await get(kind, name)).metadata.uid));
      const before = await uids();
      // There is no node, so the operator is a process instead of a pod.
      operator?.kill('SIGTERM');
      if (operator?.exitCode === null) await once(operator, 'exit');
      const names = (await commandsFor(way)).split('\n').filter((line) => line.startsWith('export'));
      const wayBack = (await blockOf('way-back')).replace('OLD_CHART=eevee-2.x.tgz', 'OLD_CHART=old');
      await run([...names, wayBack].join('\n'));

      expect(await uids()).toEqual(before);
      const claim = await get('pvc', 'eevee-echo-module-pvc');
      expect(claim.metadata).not.toHaveProperty('deletionTimestamp');
      for (const name of ['echo', 'manual']) {
        expect(await get('botmodule', name)).toMatchObject({ kind: 'botmodule', spec: { image: 'example/echo:2' } });
        expect((await get('deployment', `eevee-${name}-module`)).metadata.ownerReferences ?? []).toEqual([]);
      }
      expect(await kube.kubectl(['get', 'deployment', '-n', namespace, '-o', 'name'])).toContain('deployment.apps/eevee-eevee-operator\n');
    });
});

/** The blocks of commands of the page, and the word after `sh` that names some. */
async function blocksOfPage(): Promise<{ readonly word: string; readonly text: string }[]> {
  const page = await readFile(join(ROOT, 'docs/upgrade-from-2.x.md'), 'utf8');
  return [...page.matchAll(/^```sh(?: (\S+))?\n([^]*?)^```$/gm)].map(([, word = '', text = '']) => ({ word, text }));
}

async function blockOf(word: string): Promise<string> {
  const block = (await blocksOfPage()).find((candidate) => candidate.word === word);
  if (block === undefined) throw new Error(`the page has no block ${word}`);
  return block.text;
}

/** The commands of the page for one way, in order: its steps are the blocks without a word after `sh`. */
async function commandsFor({ installedBy, release, namespace }: Way): Promise<string> {
  const steps = (await blocksOfPage()).filter(({ word }) => word === '').map(({ text }) => text);
  expect(steps).toHaveLength(6);
  const [stop = '', save = '', letGo = '', replace = '', bringBack = '', install = ''] = steps;
  const names = [...stop.matchAll(/^export .*$/gm)].join('\n');
  const commands = {
    Helm: [stop, save, letGo, replace, bringBack, install],
    Flux: [names, await blockOf('flux-before'), stop, save, letGo, replace, bringBack, await blockOf('flux-after')],
    'Argo CD': [
      ...[names, await blockOf('argo-before'), stop, save, letGo],
      ...[replace.replace('helm -n $NAMESPACE uninstall $RELEASE\n', await blockOf('argo-uninstall')), bringBack],
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
