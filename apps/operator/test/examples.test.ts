import { mkdirSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ControlPlane, eventually, type S3Server } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CronJob } from '../src/resource-types/kubernetes.ts';
import { startOperator, type RunningOperator } from './running-operator.ts';
import { makeVolumes, untilReady } from './world.ts';

const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url));

/** The namespace that the examples use. */
const NAMESPACE = 'eevee-bot';

/** Endpoint in the examples, which this test replaces with that of its own server. */
const ENDPOINT = 'https://s3.example.com';

describe('examples', () => {
  const servers = useWorld({ nodes: true, s3: { buckets: ['eevee-backups'] } });
  let kube: ControlPlane;
  let s3: S3Server;
  let operator: RunningOperator;

  beforeAll(async () => {
    ({ kube, s3 } = servers);
    await makeVolumes(kube, ['data']);
    await kube.kubectl(['create', 'namespace', NAMESPACE]);
    operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace: NAMESPACE });
  });
  afterAll(async () => {
    await operator?.stop();
  });

  const text = (file: string) => readFile(join(EXAMPLES, file), 'utf8');
  type Kind = Parameters<typeof untilReady>[1]['kind'];
  const ready = (kind: Kind, name: string, reason: string) => untilReady(kube, { kind, name, namespace: NAMESPACE }, reason);

  /** The kubectl commands in a file's head, as a reader would type them in the root of the repository. */
  async function commandsOf(file: string): Promise<readonly (readonly string[])[]> {
    const lines = (await text(file)).matchAll(/^# +kubectl (.*)$/gm);
    return [...lines].map(([, line = '']) =>
      [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare = '']) => (quoted ?? bare).replace(/^examples\//, EXAMPLES)),
    );
  }

  async function run(file: string, verb: string): Promise<string> {
    const command = (await commandsOf(file)).find(([first]) => first === verb);
    if (command === undefined) throw new Error(`${file} has no command "kubectl ${verb}"`);
    const values = { 'accessId=…': `accessId=${s3.credentials.accessKeyId}`, 'accessKey=…': `accessKey=${s3.credentials.secretAccessKey}` };
    const filled = command.map((word) => Object.entries(values).reduce((done, [from, to]) => done.replace(from, to), word));
    return kube.kubectl(filled.filter((word) => word !== '--watch'));
  }

  it('use only fields that the definitions have', async () => {
    const files = (await readdir(EXAMPLES)).filter((file) => file.endsWith('.yaml'));
    expect(files).toEqual(expect.arrayContaining(['bot.yaml', 'backup.yaml', 'restore.yaml']));
    for (const file of files) {
      await kube.kubectl(['apply', '--server-side', '--dry-run=server', '--validate=strict', '-n', NAMESPACE, '-f', join(EXAMPLES, file)]);
    }
  });

  it('bot.yaml becomes a NATS and a running module', async () => {
    await run('bot.yaml', 'apply');
    await ready('ipcconfig', 'bot', 'Ready');
    await ready('botmodule', 'echo', 'Ready');
    expect(await run('bot.yaml', 'get')).toMatch(/botmodule.*echo +True +Ready/);
  });

  it('backup.yaml backs up the module that names the schedule', async () => {
    await run('backup.yaml', 'create');
    const manifests = await text('backup.yaml');
    expect(manifests).toContain(ENDPOINT);
    await kube.kubectl(['apply', '-n', NAMESPACE, '-f', '-'], { input: manifests.replace(ENDPOINT, s3.endpoint) });
    await ready('s3store', 'backups', 'ConnectionSuccessful');
    await ready('backupschedule', 'nightly', 'NoTargets');
    await run('backup.yaml', 'patch');
    await ready('backupschedule', 'nightly', 'CronJobsCreated');
    await ready('botmodule', 'echo', 'Ready');
    const { spec } = await kube.get<CronJob>('cronjob', 'nightly-echo-backup', '-n', NAMESPACE);
    expect(spec).toMatchObject({ schedule: '30 3 * * *', timeZone: 'Etc/UTC' });
    const verification = await kube.get<CronJob>('cronjob', 'nightly-echo-verify', '-n', NAMESPACE);
    expect(verification.spec).toMatchObject({ schedule: '0 5 * * 0', timeZone: 'Etc/UTC' });
  });

  it('restore.yaml restores the newest backup, and the module runs again', async () => {
    const archive = join(s3.folder, 'buckets/eevee-backups/bots', NAMESPACE, 'echo/0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5d.tar.gz');
    mkdirSync(dirname(archive), { recursive: true });
    writeFileSync(archive, 'whatever');
    await run('restore.yaml', 'apply');
    await ready('backuprestore', 'echo-restore', 'Succeeded');
    await ready('botmodule', 'echo', 'Ready');
    await eventually(async () => (await run('restore.yaml', 'get')).includes('Succeeded'), { what: 'the restore to be listed' });
    expect(operator.warnings.filter((line) => line.startsWith('cannot reconcile'))).toEqual([]);
  });
});
