import { type ControlPlane } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/controller/objects/kube-object.ts';
import type { ResourceType } from '../../src/controller/objects/resource-type.ts';
import { BACKUP_RESTORE, BACKUP_SCHEDULE, BOT_MODULE, IPC_CONFIG, S3_STORE } from '../../src/resource-types/kinds.ts';
import { backupRestore, backupSchedule, botModule, ipcConfig, newNamespace, s3Store } from '../world.ts';
import { Runtime } from './runtime.ts';

type WithStatus = KubeObject & { readonly status?: Readonly<Record<string, unknown>> };

const KINDS = [BOT_MODULE, IPC_CONFIG, S3_STORE, BACKUP_SCHEDULE, BACKUP_RESTORE] as unknown as readonly ResourceType<WithStatus>[];

/** Longer than the API server accepts. */
const LONG = Array.from({ length: 2_000 }, (_, index) => `module number ${index} is not well`).join('; ');
const LIMIT = 2_050;

const condition = { type: 'Ready', status: 'False', reason: 'Pending', lastTransitionTime: '2026-01-01T00:00:00Z', message: LONG };
const ended = { time: '2026-01-01T00:00:00Z', result: 'Failed', message: LONG };
/** Messages of a status outside its conditions. */
const MORE: Readonly<Record<string, object>> = {
  BotModule: { lastBackup: ended, lastVerified: ended },
  BackupSchedule: { targets: [{ module: 'a', lastBackup: ended, lastVerified: ended }] },
};

describe('status with messages of 60,000 characters', () => {
  const servers = useWorld();
  let kube: ControlPlane;
  let namespace: string;
  let runtime: Runtime;

  beforeAll(async () => {
    ({ kube } = servers);
    namespace = await newNamespace(kube);
    const unreachable = { endpoint: 'http://127.0.0.1:1', credentials: { accessKeyId: 'id', secretAccessKey: 'key' } };
    await kube.apply(
      botModule('long', namespace),
      ipcConfig('long', namespace),
      ...s3Store('long', namespace, unreachable),
      backupSchedule('long', namespace),
      backupRestore('long', namespace, 'long'),
    );
    const controllers = KINDS.map((type) => ({ name: type.plural, type, watches: [], reconcile: async () => {} }));
    runtime = new Runtime({ kubeconfig: kube.kubeconfig, controllers, namespace });
    await runtime.synced();
  });
  afterAll(async () => {
    await runtime?.[Symbol.asyncDispose]();
  });

  it.each(KINDS.map((type) => [type.kind, type] as const))('is written, each message bounded, for a %s', async (kind, type) => {
    const { cache, writer } = runtime.manager;
    const object = cache.store(type).get({ namespace, name: 'long' });
    if (object === undefined) throw new Error(`no ${kind}`);
    const status = { observedGeneration: 1, conditions: [condition], ...MORE[kind] };
    await writer.writeStatus(type, object, status, AbortSignal.timeout(60_000));
    const written = JSON.stringify((await kube.get<WithStatus>(type.plural, 'long', '-n', namespace)).status);
    const messages = [...written.matchAll(/"message":"(?<text>[^"]*)"/g)].map(({ groups }) => groups?.['text'] ?? '');
    expect(messages).toHaveLength(JSON.stringify(status).split('"message"').length - 1);
    for (const message of messages) {
      expect(message).toMatch(/^module number 0 is not well; .*; and \d+ more$/);
      expect(message.length).toBeLessThan(LIMIT);
    }
  });
});
