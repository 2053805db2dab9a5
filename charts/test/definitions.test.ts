import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { type ChartName, eventually, KubectlError } from '@eeveebot/testing';
import { type ChartCluster, startChartCluster } from './cluster.ts';
import { KINDS, lowerCaseDefinition } from './lower-case-definitions.ts';
import { manifests, only, type Rendered } from './manifests.ts';

const SCRIPT = fileURLToPath(new URL('../crds/files/update-definitions.mjs', import.meta.url));
const NAMES = KINDS.map(({ plural }) => plural);

interface Definition {
  readonly metadata: { readonly uid: string; readonly annotations: Readonly<Record<string, string>> };
  readonly spec: { readonly names: { readonly kind: string; readonly shortNames?: readonly string[] } };
}

describe('definitions of 2.x', () => {
  let cluster: ChartCluster;

  beforeAll(async () => {
    cluster = await startChartCluster();
    await cluster.kube.apply(...NAMES.map(lowerCaseDefinition));
    await eventually(async () =>
      (await cluster.kube.kubectl(['api-resources', '--api-group=eevee.bot', '-o', 'name'])).includes('botmodules'),
    );
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  it.each(['crds', 'eevee'] as const)('stop an installation of %s before anything changes, with the fix', async (chart) => {
    const before = await Promise.all(NAMES.map((name) => definition(cluster, name)));
    await expect(cluster.helm.run(['install', 'eevee', cluster.helm.chart(chart), '-n', chart, '--create-namespace'])).rejects.toThrow(
      /definitions of eevee 2\.x: .*botmodules\.eevee\.bot \(kind botmodule instead of BotModule\)[^]*docs\/upgrade-from-2\.x\.md/,
    );
    expect(await Promise.all(NAMES.map((name) => definition(cluster, name)))).toEqual(before);
    expect(await cluster.kube.kubectl(['get', 'deployments,roles', '-n', chart, '-o', 'name'])).toBe('');
  });

  it('also stop a bot without definitions of its own', async () => {
    const values = 'botModules[0].name=a,botModules[0].spec.moduleName=a,botModules[0].spec.image=a';
    await expect(cluster.helm.run(['install', 'bot', cluster.helm.chart('bot'), '--set', values])).rejects.toThrow(
      /kind botmodule instead of BotModule[^]*upgrade-from-2\.x\.md/,
    );
  });
});

describe('definitions that are in the cluster already', () => {
  let cluster: ChartCluster;

  beforeAll(async () => {
    cluster = await startChartCluster();
    await cluster.helm.run(['install', 'defs', cluster.helm.chart('crds')]);
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  /** The hooks of an upgrade, as Helm would create them. */
  const hooks = async (): Promise<readonly Rendered[]> => {
    const text = await cluster.helm.run(['upgrade', 'defs', cluster.helm.chart('crds'), '--dry-run=server', '--hide-notes']);
    return manifests(text.slice(text.indexOf('HOOKS:') + 'HOOKS:'.length, text.indexOf('MANIFEST:')));
  };
  const applyChanged = async (name: string, edit: (text: string) => string): Promise<void> => {
    const source = stringify(await wanted(cluster, name));
    await cluster.kube.kubectl(['apply', '--server-side', '--force-conflicts', '--field-manager=old', '-f', '-'], { input: edit(source) });
  };
  /** Creates the objects that the Job needs, but not the Job, which no node would run here; {@link runUpdate} runs its program. */
  const prepareUpdate = async (): Promise<Readonly<Record<string, string>>> => {
    const objects = await hooks();
    for (const kind of ['ServiceAccount', 'ClusterRole', 'ClusterRoleBinding']) await cluster.kube.apply(only(objects, kind));
    expect(only(objects, 'Job')).toMatchObject({ metadata: { annotations: { 'helm.sh/hook': 'pre-install,pre-upgrade' } } });
    return only<Rendered & { data: Record<string, string> }>(objects, 'ConfigMap').data;
  };

  it('and belong to this release need no update', async () => {
    expect(await hooks()).toEqual([]);
  });

  it('of an earlier release are replaced as a whole by a Job with the least permissions', async () => {
    // Fields that another field manager set and that the newer definition lacks must be removed too.
    await applyChanged('botmodules', (text) =>
      text
        .replace(/crd-version: .*/, 'crd-version: 3.9.0')
        .replace(/crd-checksum: .*/, 'crd-checksum: old')
        .replace('shortNames:\n', 'shortNames:\n      - oldname\n'),
    );
    const before = await definition(cluster, 'botmodules');
    expect(before.spec.names.shortNames).toContain('oldname');

    const files = await prepareUpdate();
    expect(Object.keys(files).toSorted()).toEqual(['botmodules.json', 'update-definitions.mjs']);
    expect(files['update-definitions.mjs']?.trim()).toBe((await readFile(SCRIPT, 'utf8')).trim());
    expect(await runUpdate(cluster, files)).toEqual({ code: 0, output: 'botmodules.eevee.bot: updated\n' });

    const after = await definition(cluster, 'botmodules');
    expect(after.metadata.uid).toBe(before.metadata.uid);
    expect(after.spec.names.shortNames).toEqual(['bm']);
    expect(await hooks()).toEqual([]);

    const tooMuch = { ...files, 'ipcconfigs.json': JSON.stringify(await wanted(cluster, 'ipcconfigs')) };
    const { code, output } = await runUpdate(cluster, tooMuch);
    expect(code).toBe(1);
    expect(output).toMatch(/show ipcconfigs\.eevee\.bot \(403\).*cannot get/);
  });

  it('of a newer release are left unchanged', async () => {
    await applyChanged('backupschedules', (text) =>
      text.replace(/crd-version: .*/, 'crd-version: 4.10.0').replace(/crd-checksum: .*/, 'crd-checksum: new'),
    );
    expect(await hooks()).toEqual([]);
  });

  it('but were deleted after the installation are recreated by an upgrade', async () => {
    await cluster.kube.kubectl(['delete', 'crd', 's3stores.eevee.bot', '--wait=false']);
    // There is no S3Store to clean up, and on a busy machine the API server's own cleanup has taken minutes to detect that.
    await cluster.kube
      .kubectl(['patch', 'crd', 's3stores.eevee.bot', '--type=merge', '-p', '{"metadata":{"finalizers":null}}'])
      .catch(goneAlready);
    expect(await runUpdate(cluster, await prepareUpdate())).toEqual({ code: 0, output: 's3stores.eevee.bot: created\n' });
    expect(await hooks()).toEqual([]);
  });
});

describe('a definition that an upgrade needs and the cluster lacks', () => {
  it('stops the upgrade with a fix that works', async () => {
    await using cluster = await startChartCluster();
    const { helm, kube } = cluster;
    const key = { secretKeyRef: { secret: { name: 's3' }, key: 'key' } };
    const store = { name: 'backups', spec: { endpoint: 'https://s3.example.com', bucket: 'backups', accessId: key, accessKey: key } };
    const upgrade = (): Promise<string> =>
      helm.run(['upgrade', 'eevee', helm.chart('eevee'), '--values', '-'], { input: JSON.stringify({ bot: { s3Stores: [store] } }) });
    await helm.run(['install', 'eevee', helm.chart('eevee')]);
    await kube.kubectl(['delete', 'crd', 's3stores.eevee.bot']);

    await expect(upgrade()).rejects.toThrow(/no definition of S3Store[^]*helm show crds charts\/crds \| kubectl apply --server-side/);
    await kube.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], {
      input: await helm.run(['show', 'crds', helm.chart('crds')]),
    });
    await kube.kubectl(['wait', '--for=condition=Established', 'crd', 's3stores.eevee.bot']);
    await upgrade();
    expect(await kube.kubectl(['get', 's3stores', '-o', 'name'])).toBe('s3store.eevee.bot/backups\n');
  });
});

describe('definitions that a release has among its own objects', () => {
  let cluster: ChartCluster;

  beforeAll(async () => {
    cluster = await startChartCluster();
    const old = join(cluster.folder, 'old');
    mkdirSync(join(old, 'templates'), { recursive: true });
    writeFileSync(join(old, 'Chart.yaml'), stringify({ apiVersion: 'v2', name: 'eevee', version: '3.0.0' }));
    for (const name of NAMES) {
      const text = stringify(await wanted(cluster, name)).replace('helm.sh/resource-policy: keep', "x: ''");
      writeFileSync(join(old, 'templates', `${name}.yaml`), text);
    }
    await cluster.helm.run(['install', 'eevee', old]);
    await cluster.kube.kubectl(['wait', '--for=condition=Established', 'crd', ...NAMES.map((name) => `${name}.eevee.bot`)]);
    await cluster.kube.apply({
      apiVersion: 'eevee.bot/v1',
      kind: 'BotModule',
      metadata: { name: 'echo', namespace: 'default' },
      spec: { moduleName: 'echo', image: 'example/echo:1' },
    });
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  const uids = (): Promise<readonly string[]> => Promise.all(NAMES.map(async (name) => (await definition(cluster, name)).metadata.uid));

  it.each<[ChartName, readonly string[]]>([
    ['crds', []],
    ['crds', ['--no-hooks']],
    ['crds', ['--set', 'update.enabled=false']],
    ['eevee', ['--no-hooks']],
    ['eevee', ['--set', 'crds.enabled=false']],
    ['eevee', ['--set', 'crds.enabled=false,operator.enabled=false,bot.enabled=false', '--no-hooks']],
  ])('are not deleted by an upgrade to chart %s %j: it is refused with the command to run first', async (chart, args) => {
    const before = await uids();
    await expect(cluster.helm.run(['upgrade', 'eevee', cluster.helm.chart(chart), ...args])).rejects.toThrow(
      /would delete the definitions botmodules\.eevee\.bot, .*kubectl annotate crd botmodules\.eevee\.bot .*helm\.sh\/resource-policy=keep/s,
    );
    expect(await uids()).toEqual(before);
  });

  it('survive every upgrade, with their resources, after the command in the error was run', async () => {
    const before = await uids();
    const error = await cluster.helm.run(['upgrade', 'eevee', cluster.helm.chart('crds')]).catch((failed: unknown) => String(failed));
    const command = /kubectl (annotate crd .*)/.exec(error)?.[1] ?? '';
    await cluster.kube.kubectl(command.split(' '));
    await cluster.helm.run(['upgrade', 'eevee', cluster.helm.chart('eevee'), '--set', 'crds.enabled=false', '--no-hooks']);
    await cluster.helm.run(['upgrade', 'eevee', cluster.helm.chart('crds'), '--no-hooks', '--reset-values']);
    expect(await uids()).toEqual(before);
    expect(await cluster.kube.kubectl(['get', 'botmodules', '-o', 'name'])).toBe('botmodule.eevee.bot/echo\n');
  });
});

function definition({ kube }: ChartCluster, name: string): Promise<Definition> {
  return kube.get<Definition>('crd', `${name}.eevee.bot`);
}

async function wanted({ helm }: ChartCluster, name: string): Promise<object> {
  return parse(await readFile(join(helm.chart('crds'), 'crds', `${name}.yaml`), 'utf8')) as object;
}

/** Runs the Job's program as its container does, with the token of the Job's service account. */
async function runUpdate(
  { kube, folder }: ChartCluster,
  files: Readonly<Record<string, string>>,
): Promise<{ code: number; output: string }> {
  const definitions = mkdtempSync(join(folder, 'definitions-'));
  const account = mkdtempSync(join(folder, 'account-'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(definitions, name), content);
  writeFileSync(join(account, 'token'), await kube.kubectl(['create', 'token', 'defs-crds-update']));
  const { hostname, port } = new URL(kube.url);
  const child = spawn(process.execPath, [join(definitions, 'update-definitions.mjs'), definitions], {
    env: {
      KUBERNETES_SERVICE_HOST: hostname,
      KUBERNETES_SERVICE_PORT: port,
      SERVICE_ACCOUNT_FOLDER: account,
      NODE_EXTRA_CA_CERTS: join(kube.folder, 'pki', 'ca.crt'),
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, output };
}

/** A deleted object may no longer exist when it is patched. */
function goneAlready(error: unknown): void {
  if (!(error instanceof KubectlError) || !error.message.includes('NotFound')) throw error;
}
