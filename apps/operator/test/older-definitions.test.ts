import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Condition } from '@eeveebot/crds';
import { type ControlPlane, DEFINITIONS, eventually } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { isRecord } from '../src/controller/json.ts';
import type { KubeObject } from '../src/controller/objects/kube-object.ts';
import { startOperator } from './running-operator.ts';
import { botModule, newNamespace, s3Store, untilReady } from './world.ts';

interface Definition extends KubeObject {
  readonly spec: {
    readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: { readonly properties: { spec: Schema } } } }[];
  };
}
interface Schema {
  readonly [key: string]: unknown;
}
type Stored = KubeObject & { readonly status?: { readonly observedGeneration?: number; readonly conditions?: readonly Condition[] } };

const CONSTRAINTS: ReadonlySet<string> = new Set([
  'x-kubernetes-validations',
  'maxLength',
  'minLength',
  'pattern',
  'enum',
  'format',
  'minimum',
  'maximum',
]);

/** A schema without what it rejects by value. */
function lenient(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(lenient);
  if (!isRecord(schema)) return schema;
  const entries = Object.entries(schema).filter(([key]) => !CONSTRAINTS.has(key) || isRecord(schema[key]));
  return Object.fromEntries(entries.map(([key, value]) => [key, lenient(value)]));
}

const withoutRequired = (fields: Readonly<Record<string, Schema>>) =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, { ...field, required: undefined }]));

/** A definition of which nothing in `spec` is required. */
function older(definition: Definition): Definition {
  const copy = structuredClone(definition);
  for (const version of copy.spec.versions) {
    const { properties } = version.schema.openAPIV3Schema;
    const { required: _, ...spec } = lenient(properties.spec) as Schema;
    properties.spec = { ...spec, properties: withoutRequired(spec['properties'] as Readonly<Record<string, Schema>>) };
  }
  return copy;
}

describe('resources that were stored under older definitions', () => {
  const servers = useWorld({ nodes: true, s3: true, definitions: false });
  let kube: ControlPlane;

  beforeAll(() => {
    ({ kube } = servers);
  });

  it('are reconciled, reported and deleted, and stop no others', async () => {
    const definitions = readdirSync(DEFINITIONS).map((file) => parse(readFileSync(join(DEFINITIONS, file), 'utf8')) as Definition);
    await kube.apply(...definitions.map(older));
    const kinds = 'botmodules,ipcconfigs,s3stores,backupschedules,backuprestores';
    const namespace = await newNamespace(kube);
    const resource = (kind: string, name: string, spec: object, metadata: object = {}): object => ({
      apiVersion: 'eevee.bot/v1',
      kind,
      metadata: { name, namespace, ...metadata },
      spec,
    });
    const image = { moduleName: 'echo', image: 'eevee/echo:1' };
    const held = { finalizers: ['eevee.bot/restore'] };
    const stored = [
      resource('BotModule', 'no-volume', { ...image, backupSchedule: { name: 'nightly' } }),
      resource('BotModule', 'no-image', { moduleName: 'Bad/../Name', image: 'not an image', podLabels: { app: 'mine' } }),
      resource('BotModule', 'empty', {}),
      resource('BotModule', 'half', { ...image, persistentVolumeClaim: {}, bootstrapFromBackup: {} }),
      resource('S3Store', 'ftp', {
        endpoint: 'ftp://x y',
        bucket: 'UPPER/..',
        accessId: {},
        accessKey: {},
        connectionTestIntervalSeconds: 0,
      }),
      resource('S3Store', 'empty', {}),
      resource('BackupSchedule', 'nightly', { schedule: '61 3 * * * *', s3Store: { name: 'Bad Store' }, timeZone: 'Local/..' }),
      resource('BackupSchedule', 'empty', {}),
      resource('BackupRestore', 'named', { botModule: { name: 'Fine!' }, s3Store: { name: 'STORE' }, backupId: '!' }, held),
      resource('BackupRestore', 'empty', {}, held),
      resource('IpcConfig', 'both', { nats: { managed: { enabled: true, replicas: 4 }, external: { host: 'x' } } }),
      resource('IpcConfig', 'empty', {}),
    ];
    await eventually(async () => kube.apply(...stored).then(() => true), { what: 'the older definitions to be served' });
    await kube.apply(...definitions);
    const isRefused = () =>
      kube.apply(resource('BotModule', 'probe', {})).then(
        () => false,
        () => true,
      );
    await eventually(isRefused, { what: 'the current definitions to be served' });
    await kube.kubectl(['delete', 'botmodule', 'probe', '-n', namespace, '--ignore-not-found']);

    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
    await kube.apply(...s3Store('store', namespace, servers.s3), botModule('fine', namespace));
    await untilReady(kube, { kind: 'botmodule', name: 'fine', namespace }, 'Ready');
    await untilReady(kube, { kind: 's3store', name: 'store', namespace }, 'ConnectionSuccessful');
    const read = async () => (await kube.get<{ items: readonly Stored[] }>(kinds, '-n', namespace)).items;
    const unreported = async () =>
      (await read())
        .filter(({ metadata, status }) => status?.observedGeneration !== metadata.generation || status?.conditions === undefined)
        .map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    await eventually(
      async () => {
        expect(await unreported()).toEqual([]);
        return true;
      },
      { what: 'a status of each' },
    );

    await kube.kubectl(['annotate', kinds, '--all', '-n', namespace, 'test/touch=1']);
    await kube.kubectl(['delete', kinds, '--all', '-n', namespace, '--timeout=60s']);
    expect(await read()).toEqual([]);
    await operator.idle();
    expect(operator.warnings.filter((line) => !line.startsWith('cannot reconcile'))).toEqual([]);
  });
});
