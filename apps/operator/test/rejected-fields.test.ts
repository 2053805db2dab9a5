import { defined } from '@eeveebot/contract';
import type { BackupRestore, BackupSchedule, BotModule, IpcConfig } from '@eeveebot/crds';
import { type Json, mutated, type Mutation, rounds } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../src/controller/api/client.ts';
import { Transport } from '../src/controller/api/transport.ts';
import { ApiError } from '../src/controller/errors.ts';
import type { KubeObject } from '../src/controller/objects/kube-object.ts';
import { BACKUP_RESTORE, BACKUP_SCHEDULE, BOT_MODULE, IPC_CONFIG } from '../src/resource-types/kinds.ts';
import { desiredRestoreJob } from '../src/resources/backup-restore/desired/restore-job.ts';
import { restoreRejectionText } from '../src/resources/backup-restore/own-fields.ts';
import { desiredCronJob } from '../src/resources/backup-schedule/desired/cron-job.ts';
import { desiredVerificationCronJob } from '../src/resources/backup-schedule/desired/verification.ts';
import { backupFields, verificationFields } from '../src/resources/backup-schedule/own-fields.ts';
import { desiredBootstrapJob } from '../src/resources/bot-module/desired/bootstrap-job.ts';
import { desiredDeployment } from '../src/resources/bot-module/desired/deployment.ts';
import { desiredService } from '../src/resources/bot-module/desired/extras.ts';
import { desiredVolumeClaim } from '../src/resources/bot-module/desired/volume-claim.ts';
import { moduleFields } from '../src/resources/bot-module/own-fields.ts';
import { desiredStatefulSet } from '../src/resources/ipc-config/desired/workload.ts';
import { ipcRejectionText } from '../src/resources/ipc-config/own-fields.ts';
import { rejectionText } from '../src/resources/rejection-text.ts';
import { kubeConfigOf } from './controller/runtime.ts';
import { EVERY_POD_FIELD } from './every-pod-field.ts';
import { botModule, readyStore } from './fixtures/bot-modules.ts';

const NAMESPACE = 'bots';

/** Values that the definitions let through in some field, and that the API server refuses there. */
const WRONG: readonly Json[] = [null, -1, 1e10, '', 'a b'];

/** An object that the operator makes, and how it reports a rejection of it. */
type Made = readonly [object: object | undefined, report: (message: string) => string];

const module = botModule({ moduleName: 'm' });
const tool = { store: readyStore, backupTool: { image: 'example/b:1', env: [] } };
const backup = { id: 'id', key: 'key' };

function madeForModule(resource: BotModule): readonly Made[] {
  const report = (message: string) => rejectionText(message, moduleFields(resource, undefined));
  const none = { configChecksum: undefined, apiTokenChecksum: undefined, secretChecksum: undefined, claimUid: undefined, nats: undefined };
  return [
    desiredDeployment({ module: resource, operatorApiUrl: '', stopped: false, hasSingleWriter: false, ...none }),
    desiredVolumeClaim(resource, { marks: {}, existing: undefined }),
    desiredBootstrapJob({ module: resource, backup, ...tool }),
    desiredService(resource),
  ].map((object) => [object, report]);
}

function madeForSchedule(schedule: BackupSchedule): readonly Made[] {
  const { verification, schedule: cron } = schedule.spec;
  const input = { schedule, module, ...tool };
  const backups = desiredCronJob({ ...input, name: 'backups', cron, held: false, besideModule: false }, undefined);
  const verifications =
    verification?.schedule === undefined
      ? undefined
      : desiredVerificationCronJob({ ...input, verification, unpackedBytes: undefined }, { name: 'verify', cron: verification.schedule });
  return [
    [backups, (message) => rejectionText(message, backupFields(schedule, module))],
    [verifications, (message) => rejectionText(message, verificationFields(schedule, module))],
  ];
}

const madeForIpcConfig = (ipcConfig: IpcConfig): readonly Made[] => [
  [desiredStatefulSet({ ipcConfig, defaultImage: 'nats:2', configChecksum: 'x', routesUseTls: false }), ipcRejectionText],
];

const madeForRestore = (restore: BackupRestore): readonly Made[] => [
  [desiredRestoreJob({ restore, module, backup, ...tool }), (message) => restoreRejectionText(message, { restore, module })],
];

const KINDS = {
  BotModule: [BOT_MODULE, madeForModule],
  IpcConfig: [IPC_CONFIG, madeForIpcConfig],
  BackupSchedule: [BACKUP_SCHEDULE, madeForSchedule],
  BackupRestore: [BACKUP_RESTORE, madeForRestore],
} as const;

/** Maps, in which a new key is a value. In other objects, it is an unknown field, which the API server drops. */
const MAPS: ReadonlySet<unknown> = new Set([
  'limits',
  'requests',
  'matchLabels',
  'nodeSelector',
  'podLabels',
  'podAnnotations',
  'annotations',
]);

const isOfMap = ({ path, value }: Mutation): boolean => value !== 'x' || MAPS.has(path.at(-2));

/** Fields of which a wrong value makes another one wrong, which the rejection names. */
const RELATED: Readonly<Record<string, string>> = {
  'spec.volumes': 'spec.volumeMounts',
  'spec.terminationGracePeriodSeconds': 'spec.lifecycle',
};

const pathText = (path: Mutation['path']): string =>
  path.reduce<string>((text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}.${key}`), 'spec');

/** The field of a resource below which a rejection must name one. */
const topOf = (path: string): string =>
  /^spec\.(?:nats\.(?:managed|tls)\.|verification\.|bootstrapFromBackup\.)?[A-Za-z]+/.exec(path)?.[0] ?? path;

/** Paths of made objects that no resource has. */
const FOREIGN_PATH = /spec\.template|jobTemplate|volumeClaimTemplates|(?<![A-Za-z])containers\[0\]|podMetricsEndpoints/;

/** Whether a rejection because of this field names a field of the resource, and no other path. */
const isClear = (text: string, path: string): boolean =>
  !FOREIGN_PATH.test(text) && [topOf(path), RELATED[topOf(path)] ?? topOf(path)].some((field) => text.includes(field));

describe('rejections of objects that the operator makes', () => {
  const world = useWorld();
  const { signal } = new AbortController();
  let transport: Transport;
  let client: Client;

  beforeAll(async () => {
    await world.kube.createNamespace(NAMESPACE);
    transport = new Transport(kubeConfigOf({ kubeconfig: world.kube.kubeconfig }));
    client = new Client(transport);
  });
  afterAll(() => transport?.close());

  async function refusalOf(request: Promise<unknown>): Promise<ApiError | undefined> {
    try {
      await request;
      return undefined;
    } catch (error) {
      if (error instanceof ApiError) return error;
      throw error;
    }
  }

  /** The rejections of the objects made for a resource, as reported; `undefined` if the definition does not accept it. */
  async function rejections(kind: keyof typeof KINDS, spec: Json, known: Set<string>): Promise<readonly string[] | undefined> {
    const [{ apiVersion, plural }, made] = KINDS[kind];
    const resource = { apiVersion, kind, metadata: { name: 'a', namespace: NAMESPACE }, spec };
    const stored: { object?: KubeObject } = {};
    const create = async () => {
      stored.object = await client.create<KubeObject>({ apiVersion, kind, plural }, resource, { signal, dryRun: true });
    };
    if ((await refusalOf(create())) !== undefined) return undefined;
    const reported: string[] = [];
    for (const [object, report] of made(stored.object as never)) {
      const text = JSON.stringify(object);
      if (object === undefined || known.has(text)) continue;
      known.add(text);
      const refusal = await refusalOf(dryRun(object as KubeObject));
      if (refusal !== undefined) reported.push(`${refusal.code} ${report(refusal.message)}`);
    }
    return reported;
  }

  function dryRun({ metadata, ...object }: KubeObject): Promise<void> {
    const { name, namespace = NAMESPACE, labels, annotations } = metadata;
    const type = { apiVersion: object.apiVersion, kind: object.kind, plural: `${object.kind.toLowerCase()}s` };
    return client.dryRun(type, { ...object, metadata: { name, namespace, ...defined({ labels, annotations }) } }, signal);
  }

  it.each(Object.keys(KINDS) as (keyof typeof KINDS)[])('for a %s name its fields', async (kind) => {
    const base = EVERY_POD_FIELD[kind] as unknown as Json;
    const known = new Set<string>();
    expect(await rejections(kind, base, known)).toEqual([]);
    const left = rounds(base, WRONG).flat().filter(isOfMap);
    const unclear: string[] = [];
    let count = 0;
    const work = async (): Promise<void> => {
      for (let mutation = left.pop(); mutation !== undefined; mutation = left.pop()) {
        const path = pathText(mutation.path);
        for (const text of (await rejections(kind, mutated(base, [mutation]), known)) ?? []) {
          count += 1;
          if (!isClear(text, path)) unclear.push(`${path} = ${JSON.stringify(mutation.value)}: ${text}`);
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, work));
    expect(unclear).toEqual([]);
    expect(count).toBeGreaterThan(10);
  });
});
