import type { BotModule, S3Store } from '@eeveebot/crds';
import { StoreError, type StoredBackup } from '@eeveebot/object-store';
import { BACKUP_SCHEDULE, S3_STORE } from '../../resource-types/kinds.ts';
import { storeLocation, storeReferences } from '../../stores/store-access.ts';
import { RequestError } from '../request-error.ts';
import type { Backup } from '../schemas.ts';
import type { OperationDeps } from './deps.ts';

/**
 * A module's backups in the stores that it is backed up to or was restored from, newest first.
 *
 * @throws RequestError 409 when it names no usable store, 502 when a store does not respond: never returns an incomplete list.
 */
export async function moduleBackups(module: BotModule, deps: OperationDeps, signal: AbortSignal): Promise<readonly Backup[]> {
  const found = await Promise.all(namedStores(module, deps).map((store) => backupsIn(store, module, deps, signal)));
  return found.flat().toSorted((a, b) => b.time.localeCompare(a.time));
}

const cannot = ({ metadata }: BotModule, why: string): RequestError =>
  new RequestError(409, 'Conflict', `the backups of BotModule ${metadata.name} cannot be listed: ${why}`);

function namedStores(module: BotModule, { cache }: OperationDeps): readonly S3Store[] {
  const { namespace } = module.metadata;
  const { backupSchedule, bootstrapFromBackup } = module.spec;
  const schedule = backupSchedule && cache.store(BACKUP_SCHEDULE).get({ namespace, name: backupSchedule.name });
  if (backupSchedule !== undefined && schedule === undefined) {
    throw cannot(module, `there is no BackupSchedule ${backupSchedule.name} in namespace ${namespace}`);
  }
  const names = [schedule?.spec.s3Store.name, bootstrapFromBackup?.s3Store.name].filter((name) => name !== undefined);
  if (names.length === 0) throw cannot(module, 'it has no store: set spec.backupSchedule or spec.bootstrapFromBackup');
  return [...new Set(names)].map((name) => {
    const store = cache.store(S3_STORE).get({ namespace, name });
    if (store === undefined) throw cannot(module, `there is no S3Store ${name} in namespace ${namespace}`);
    return store;
  });
}

async function backupsIn(
  store: S3Store,
  module: BotModule,
  { cache, writer, secrets, objectStores }: OperationDeps,
  signal: AbortSignal,
): Promise<readonly Backup[]> {
  const { name, namespace } = store.metadata;
  try {
    const location = await storeLocation(store, storeReferences(store, cache), { writer, signal, secrets });
    if ('reason' in location) throw cannot(module, `S3Store ${name}: ${location.message}`);
    const stored = await objectStores.backups(location, { namespace, moduleName: module.spec.moduleName }, signal);
    return stored.map((backup) => backupOf(backup, name));
  } catch (error) {
    if (error instanceof StoreError) throw new RequestError(502, 'Bad Gateway', `S3Store ${name}: ${error.message}`);
    throw error;
  }
}

const backupOf = (
  { id, key, takenAt, sizeBytes, compression, hasSidecar, verified, failed, held }: StoredBackup,
  s3Store: string,
): Backup => ({
  id,
  key,
  s3Store,
  time: takenAt.toISOString(),
  sizeBytes,
  compression,
  described: hasSidecar,
  verified,
  failed,
  held,
});
