import type { BotModule, Condition } from '@eeveebot/crds';
import { beforeAll } from 'vitest';
import { useOperator } from './use-operator.ts';
import { makeVolumes, s3Store, storeArchive, untilReady } from './world.ts';

/** Id of the backups that {@link useBackupWorld} stores. */
export const BACKUP_ID = '0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5d';

/** A module's spec with a volume that can be backed up. */
export const WITH_VOLUME = { persistentVolumeClaim: { accessModes: ['ReadWriteOnce' as const] } };

type Kind = Parameters<typeof untilReady>[1]['kind'];

/** An operator with nodes, volumes and the S3Store `store`, and what tests of backups do in its namespace. */
export function useBackupWorld() {
  const names = Array.from({ length: 20 }, (_, index) => `volume-${index}`);
  const world = useOperator({ nodes: true, s3: true, prepare: ({ kube }) => makeVolumes(kube, names) });
  beforeAll(() => world.kube.apply(...s3Store('store', world.namespace, world.s3)));
  const kubectl = (...args: readonly string[]) => world.kube.kubectl([...args, '-n', world.namespace]);
  return {
    world,
    ready: (kind: Kind, name: string, reason: string) => untilReady(world.kube, { kind, name, namespace: world.namespace }, reason),
    get: <T>(kind: string, name: string) => world.kube.get<T & { metadata: { uid?: string } }>(kind, name, '-n', world.namespace),
    exists: (kind: string, name: string) => kubectl('get', kind, name, '-o', 'name', '--ignore-not-found').then((text) => text !== ''),
    patch: (kind: string, name: string, body: object) => kubectl('patch', kind, name, '--type=merge', '-p', JSON.stringify(body)),
    remove: (kind: string, name: string) => kubectl('delete', kind, name),
    conditionOf: async (name: string, type: string, where = world.namespace): Promise<Condition | undefined> =>
      (await world.kube.get<BotModule>('botmodule', name, '-n', where)).status?.conditions?.find((condition) => condition.type === type),
    /** Puts a backup of a module into the bucket. */
    store: (module: string, namespace = world.namespace) => storeArchive(world.s3, { namespace, module, id: BACKUP_ID }),
    /** Warnings of the operator about reconciles that failed, other than for a store that does not respond. */
    failures: () =>
      world.operator.warnings.filter((line) => line.startsWith('cannot reconcile') && !/could not be (?:queried|searched)/.test(line)),
  };
}
