import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { BotModule, BotModuleSpecInput, Condition, IpcConfig } from '@eeveebot/crds';
import { eventually, type ControlPlane } from '@eeveebot/testing';

let namespaces = 0;

/** A namespace that no other test uses. */
export async function newNamespace(kube: ControlPlane): Promise<string> {
  const name = `bots-${++namespaces}`;
  await kube.createNamespace(name);
  return name;
}

/** A BotModule as a user writes it. */
export const botModule = (name: string, namespace: string, spec: Partial<BotModuleSpecInput> = {}): object => ({
  apiVersion: 'eevee.bot/v1',
  kind: 'BotModule',
  metadata: { name, namespace },
  spec: { moduleName: name, image: 'eevee/echo:1', ...spec },
});

/** An IpcConfig as a user writes it. */
export const ipcConfig = (
  name: string,
  namespace: string,
  nats: object = { managed: { enabled: true }, token: { generate: true } },
): object => ({
  apiVersion: 'eevee.bot/v1',
  kind: 'IpcConfig',
  metadata: { name, namespace },
  spec: { nats },
});

/** Volumes that claims can be bound to: the test cluster has no provisioner. */
export async function makeVolumes(kube: ControlPlane, names: readonly string[]): Promise<void> {
  await kube.apply(
    ...names.map((name) => ({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name },
      spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/nowhere' } },
    })),
  );
}

/** An S3Store on a server, and the Secret with its credentials. */
export const s3Store = (
  name: string,
  namespace: string,
  s3: { readonly endpoint: string; readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } },
  spec: object = {},
): readonly object[] => [
  {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `${name}-credentials`, namespace },
    stringData: { id: s3.credentials.accessKeyId, key: s3.credentials.secretAccessKey },
  },
  {
    apiVersion: 'eevee.bot/v1',
    kind: 'S3Store',
    metadata: { name, namespace },
    spec: {
      endpoint: s3.endpoint,
      bucket: 'backups',
      pathStyle: true,
      accessId: { secretKeyRef: { secret: { name: `${name}-credentials` }, key: 'id' } },
      accessKey: { secretKeyRef: { secret: { name: `${name}-credentials` }, key: 'key' } },
      ...spec,
    },
  },
];

/** A BackupSchedule as a user writes it. */
export const backupSchedule = (name: string, namespace: string, spec: object = {}): object => ({
  apiVersion: 'eevee.bot/v1',
  kind: 'BackupSchedule',
  metadata: { name, namespace },
  spec: { schedule: '30 3 * * *', s3Store: { name: 'store' }, ...spec },
});

/** A BackupRestore as a user writes it. */
export const backupRestore = (name: string, namespace: string, module: string, spec: object = {}): object => ({
  apiVersion: 'eevee.bot/v1',
  kind: 'BackupRestore',
  metadata: { name, namespace },
  spec: { botModule: { name: module }, s3Store: { name: 'store' }, ...spec },
});

/**
 * Limits the objects of a namespace, and waits until the API server does so: it enforces only quotas that their controller has counted.
 *
 * @param hard e.g. `{ pods: '0' }`.
 */
export async function limitObjects(
  kube: ControlPlane,
  { name, namespace, hard }: { readonly name: string; readonly namespace: string; readonly hard: Readonly<Record<string, string>> },
): Promise<void> {
  await kube.apply({ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name, namespace }, spec: { hard } });
  const quota = () => kube.get<{ readonly status?: { readonly hard?: object } }>('resourcequota', name, '-n', namespace);
  await eventually(async () => (await quota()).status?.hard, { what: `quota ${name} to count` });
}

/**
 * Waits until Ready has this reason at the newest generation.
 *
 * @param part of its message: the reason may be known before its cause, such as the state of a pod.
 * @returns the condition.
 */
export async function untilReady(
  kube: ControlPlane,
  resource: {
    readonly kind: 'botmodule' | 'ipcconfig' | 's3store' | 'backupschedule' | 'backuprestore';
    readonly name: string;
    readonly namespace: string;
  },
  reason: string,
  part = '',
): Promise<Condition> {
  const { kind, name, namespace } = resource;
  return eventually(
    async () => {
      const { metadata, status } = await kube.get<BotModule | IpcConfig>(kind, name, '-n', namespace);
      const ready = status?.conditions?.find(({ type }) => type === 'Ready');
      const found = ready?.reason === reason && ready.message.includes(part) && status?.observedGeneration === metadata.generation;
      if (!found) throw new Error(`Ready is ${ready?.status} ${ready?.reason}: ${ready?.message}`);
      return ready;
    },
    { what: `${kind} ${name} to be ${reason}` },
  );
}

/** Writes something in the place of a backup's archive, without a sidecar, into the bucket of {@link s3Store}. */
export function storeArchive(
  s3: { readonly folder: string },
  { namespace, module, id }: Record<'namespace' | 'module' | 'id', string>,
): void {
  const file = join(s3.folder, 'buckets/backups', namespace, module, `${id}.tar.gz`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, 'whatever');
}
