import { API_GROUP_VERSION, type Kind } from '@eeveebot/contract';
import { beforeAll, describe, expect, it } from 'vitest';
import { backupRestore } from './cases/backup-restore.ts';
import { backupSchedule } from './cases/backup-schedule.ts';
import { botModule } from './cases/bot-module.ts';
import type { Cases } from './cases/case.ts';
import { ipcConfig } from './cases/ipc-config.ts';
import { s3Store } from './cases/s3-store.ts';
import { applyDefinitions, type Cluster, startCluster } from './cluster.ts';
import { output } from './kubectl.ts';

const CASES: Readonly<Record<Kind, Cases>> = {
  BotModule: botModule,
  IpcConfig: ipcConfig,
  S3Store: s3Store,
  BackupSchedule: backupSchedule,
  BackupRestore: backupRestore,
};

/** kubectl adds this whenever a problem kept it from evaluating rules; it says nothing of the problem. */
const RULES_NOT_CHECKED =
  '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

const manifest = (kind: Kind, spec: object, name = 'example'): string =>
  JSON.stringify({ apiVersion: API_GROUP_VERSION, kind, metadata: { name, namespace: 'default' }, spec });

/** Problems that kubectl reports, one entry each. */
function problemsIn(stderr: string): string[] {
  const [, list = stderr] = /^The \w+ "[^"]*" is invalid: ?([^]*)$/.exec(stderr.trim()) ?? [];
  return list
    .split('\n')
    .map((line) => line.replace(/^\* /, '').trim())
    .filter((line) => line !== '' && line !== RULES_NOT_CHECKED);
}

/** `written` with the defaults laid beside it, object by object. */
function merged(written: object, defaults: object): object {
  const result: Record<string, unknown> = { ...written };
  for (const [key, value] of Object.entries(defaults)) {
    const own = result[key];
    result[key] = isObject(own) && isObject(value) ? merged(own, value) : (own ?? value);
  }
  return result;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster();
  await applyDefinitions(cluster.kubectl);
  return () => cluster[Symbol.asyncDispose]();
});

describe.each(Object.entries(CASES) as [Kind, Cases][])('%s', (kind, { accepted, refused }) => {
  it.each(accepted)('accepts $title, keeps all fields and fills in the defaults', async ({ spec, defaults = {} }) => {
    const stored = await output(
      cluster.kubectl(['create', '--dry-run=server', '--validate=strict', '-o', 'json', '-f', '-'], manifest(kind, spec)),
    );
    expect((JSON.parse(stored) as { spec: object }).spec).toEqual(merged(spec, defaults));
  });

  it.each(refused)('rejects $title and names the field and the fix', async ({ spec, name, problems }) => {
    const { code, stderr } = await cluster.kubectl(['create', '--dry-run=server', '-f', '-'], manifest(kind, spec, name));
    expect(code).not.toBe(0);
    expect(problemsIn(stderr)).toEqual(problems);
  });

  it('rejects an unknown field', async () => {
    const [example] = accepted;
    const { code, stderr } = await cluster.kubectl(
      ['apply', '--validate=strict', '--dry-run=server', '-f', '-'],
      manifest(kind, { ...example?.spec, colour: 'red' }),
    );
    expect(code).not.toBe(0);
    expect(stderr).toContain('strict decoding error: unknown field "spec.colour"');
  });
});

describe('fields inside embedded Kubernetes types', () => {
  it.each([
    ['a claim', { persistentVolumeClaim: { storageClass: 'fast' } }, 'spec.persistentVolumeClaim.storageClass'],
    ['a probe', { livenessProbe: { httpGet: { port: 1, url: '/' } } }, 'spec.livenessProbe.httpGet.url'],
    ['a variable', { env: [{ name: 'A', valueForm: {} }] }, 'spec.env[0].valueForm'],
    ['an affinity', { affinity: { nodeAfinity: {} } }, 'spec.affinity.nodeAfinity'],
    ['a security context', { securityContext: { capabilities: { dropp: [] } } }, 'spec.securityContext.capabilities.dropp'],
  ])('unknown in %s are rejected as well', async (_where, fields, path) => {
    const { code, stderr } = await cluster.kubectl(
      ['apply', '--validate=strict', '--dry-run=server', '-f', '-'],
      manifest('BotModule', { moduleName: 'echo', image: 'team/echo', ...fields }),
    );
    expect(code).not.toBe(0);
    expect(stderr).toContain(`unknown field "${path}"`);
  });
});
