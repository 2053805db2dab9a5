import { API_GROUP, API_GROUP_VERSION, KINDS, type Kind, PLURALS, SHORT_NAMES } from '@eeveebot/contract';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { applyDefinitions, type Cluster, CRDS, startCluster } from './cluster.ts';
import { output } from './kubectl.ts';

const EXAMPLES = fileURLToPath(new URL('../../../examples', import.meta.url));

let cluster: Cluster;

const kubectl = (args: readonly string[], stdin?: string): Promise<string> => output(cluster.kubectl(args, stdin));

beforeAll(async () => {
  cluster = await startCluster();
  await applyDefinitions(cluster.kubectl);
  return () => cluster[Symbol.asyncDispose]();
});

/** Cells of a printed table, without the columns that depend on the clock. */
const table = (text: string): string[][] =>
  text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/ {2,}/));

async function inNamespace(namespace: string): Promise<(args: readonly string[], stdin?: string) => Promise<string>> {
  await kubectl(['create', 'namespace', namespace]);
  return (args, stdin) => kubectl(['--namespace', namespace, ...args], stdin);
}

const botModule = JSON.stringify({
  apiVersion: API_GROUP_VERSION,
  kind: 'BotModule',
  metadata: { name: 'echo' },
  spec: { moduleName: 'echo', image: 'team/echo:1' },
});

interface Definition {
  readonly metadata: { readonly name: string; readonly annotations: Readonly<Record<string, string>> };
  readonly status: { readonly conditions: readonly { readonly type: string; readonly status: string; readonly message: string }[] };
}

describe('the definitions', () => {
  it('can be applied by the client, are unchanged the second time, and are accepted without warnings', async () => {
    expect(await kubectl(['apply', '-f', CRDS])).not.toMatch(/created|configured/);
    const { items } = JSON.parse(await kubectl(['get', 'crd', '-o', 'json'])) as { items: readonly Definition[] };
    expect(items.map(({ metadata }) => metadata.name).toSorted()).toEqual(KINDS.map((kind) => `${PLURALS[kind]}.${API_GROUP}`).toSorted());
    for (const { metadata, status } of items) {
      expect(metadata.annotations).toHaveProperty('kubectl.kubernetes.io/last-applied-configuration');
      expect(status.conditions.map(({ type, status: holds }) => `${type}=${holds}`).toSorted()).toEqual([
        'Established=True',
        'NamesAccepted=True',
      ]);
    }
  });

  it('are namespaced, have a short name and one category', async () => {
    const rows = table(await kubectl(['api-resources', '--api-group', API_GROUP, '--no-headers', '-o', 'wide']));
    expect(
      rows.map(([plural, short, version, namespaced, kind, , category]) => [plural, short, version, namespaced, kind, category]).toSorted(),
    ).toEqual(KINDS.map((kind) => [PLURALS[kind], SHORT_NAMES[kind], API_GROUP_VERSION, 'true', kind, 'eevee']).toSorted());
  });

  it('explain our own fields', async () => {
    const explained = (await kubectl(['explain', 'botmodule.spec.bootstrapFromBackup'])).replaceAll(/\s+/g, ' ');
    expect(explained).toContain('Restores a backup into the volume before the module starts for the first time.');
    expect(explained).toContain('backupId <string> UUID of the backup to restore. Default: the newest backup.');
    expect(explained).toContain(
      'imagePullPolicy <string> enum: Always, IfNotPresent, Never When the kubelet pulls the image of the backup tool.',
    );
    expect(explained).toContain('s3Store <Object> -required- S3Store that contains the backups.');
  });

  it('explain fields of embedded Kubernetes types', async () => {
    const explained = (await kubectl(['explain', 'bm.spec.livenessProbe.httpGet'])).replaceAll(/\s+/g, ' ');
    expect(explained).toContain('port <Object> -required- Name or number of the port to access on the container.');
    expect(explained).toContain('httpHeaders <[]Object> Custom headers to set in the request.');
  });

  it('do not require a field that has a default', async () => {
    expect((await kubectl(['explain', 'bm.spec.size'])).replaceAll(/\s+/g, ' ')).toContain('FIELD: size <integer> DESCRIPTION');
  });
});

describe('resources', () => {
  it('of all kinds are listed by their category, from the example manifests', async () => {
    const inExamples = await inNamespace('examples');
    await inExamples(['apply', '--validate=strict', '-f', EXAMPLES]);
    const names = (await inExamples(['get', 'eevee', '-o', 'name'])).trim().split('\n');
    expect(names.toSorted()).toEqual([
      'backuprestore.eevee.bot/echo-restore',
      'backupschedule.eevee.bot/nightly',
      'botmodule.eevee.bot/connector-irc',
      'botmodule.eevee.bot/echo',
      'botmodule.eevee.bot/help',
      'botmodule.eevee.bot/router',
      'ipcconfig.eevee.bot/bot',
      'ipcconfig.eevee.bot/irc-bot',
      's3store.eevee.bot/backups',
    ]);
  });

  it.each<[Kind, readonly string[], readonly string[]]>([
    ['BotModule', ['IMAGE'], ['ghcr.io/eeveebot/connector-irc:5.0.0']],
    ['IpcConfig', ['HOST'], ['eevee-bot-nats.examples.svc.cluster.local']],
    ['S3Store', ['BUCKET'], ['eevee-backups']],
    ['BackupSchedule', ['SCHEDULE', 'VERIFIED'], ['30 3 * * *', 'True']],
    ['BackupRestore', ['MODULE'], ['echo']],
  ])('show Ready, Reason and the most important fields: %s', async (kind, columns, values) => {
    const inColumns = await inNamespace(`columns-of-${kind.toLowerCase()}`);
    await inColumns(['apply', '-f', EXAMPLES]);
    const [resource = ''] = (await inColumns(['get', PLURALS[kind], '-o', 'name'])).trim().split('\n');
    const ready = {
      type: 'Ready',
      status: 'False',
      reason: 'Waiting',
      message: 'for a friend',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };
    const verified = { ...ready, type: 'Verified', status: 'True', reason: 'Verified', message: '' };
    const status = { conditions: [ready, verified], ...(kind === 'IpcConfig' && { natsHost: values[0] }) };
    await inColumns(['patch', resource, '--subresource=status', '--type=merge', '-p', JSON.stringify({ status })]);

    const [header, row] = table(await inColumns(['get', PLURALS[kind]]));
    expect(header).toEqual(['NAME', 'READY', 'REASON', ...columns, 'AGE']);
    expect(row?.slice(1, -1)).toEqual(['False', 'Waiting', ...values]);
    expect(await inColumns(['get', PLURALS[kind], '-o', 'wide'])).toContain('for a friend');
  });

  it('scale: kubectl scale sets spec.size', async () => {
    const inScale = await inNamespace('scale');
    await inScale(['apply', '-f', '-'], botModule);
    await inScale(['scale', 'bm', 'echo', '--replicas=0']);
    expect(await inScale(['get', 'bm', 'echo', '-o', 'jsonpath={.spec.size}'])).toBe('0');

    const status = { replicas: 2, selector: 'app=eevee.bot' };
    await inScale(['patch', 'bm', 'echo', '--subresource=status', '--type=merge', '-p', JSON.stringify({ status })]);
    const scale = JSON.parse(await inScale(['get', 'bm', 'echo', '--subresource=scale', '-o', 'json'])) as { status: unknown };
    expect(scale.status).toEqual(status);
  });

  it('keep their status to its subresource', async () => {
    const inStatus = await inNamespace('status');
    await inStatus(['apply', '-f', '-'], botModule);
    await inStatus(['patch', 'bm', 'echo', '--type=merge', '-p', '{"status": {"replicas": 7}}']);
    expect(await inStatus(['get', 'bm', 'echo', '-o', 'jsonpath={.status}'])).toBe('{"observedGeneration":-1}');
  });
});

describe('a BackupRestore', () => {
  const restore = JSON.stringify({
    apiVersion: API_GROUP_VERSION,
    kind: 'BackupRestore',
    metadata: { name: 'monday' },
    spec: { botModule: { name: 'echo' }, s3Store: { name: 'backups' } },
  });
  const change = ['patch', 'brestore', 'monday', '--type=merge', '-p', '{"spec": {"cleanRestore": true}}'];

  it('can be changed only until its Job exists', async () => {
    const inRestore = await inNamespace('restore');
    await inRestore(['apply', '-f', '-'], restore);
    await inRestore(change);
    await inRestore(['patch', 'brestore', 'monday', '--type=merge', '-p', '{"spec": {"cleanRestore": false}}']);
    await inRestore([
      'patch',
      'brestore',
      'monday',
      '--subresource=status',
      '--type=merge',
      '-p',
      '{"status": {"jobName": "monday-restore"}}',
    ]);

    const { code, stderr } = await cluster.kubectl(['--namespace', 'restore', ...change]);
    expect(code).not.toBe(0);
    expect(stderr.trim()).toBe(
      'The BackupRestore "monday" is invalid: spec: Forbidden: must not change once the restore Job exists, since a restore runs once: delete this BackupRestore and create another',
    );

    await inRestore(['label', 'brestore', 'monday', 'still=editable']);
    await inRestore(['patch', 'brestore', 'monday', '--subresource=status', '--type=merge', '-p', '{"status": {"restoredFiles": 3}}']);
  });
});
