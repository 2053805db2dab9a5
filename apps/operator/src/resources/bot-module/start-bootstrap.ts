import type { S3Store } from '@eeveebot/crds';
import { passedOverText } from '../../backup/passed-over.ts';
import type { BackupSearch } from '../../backup/search.ts';
import type { ReconcileContext } from '../../controller/types.ts';
import { recordApplied } from '../applied-events.ts';
import { BACKUP_JOB } from '../types.ts';
import { desiredBootstrapJob } from './desired/bootstrap-job.ts';
import type { ObservedModule } from './observe.ts';

/** What looking for the backup came to. */
export interface Found {
  readonly reason: 'Bootstrapping' | 'WaitingForBackup' | 'Pending';
  readonly message: string;
  readonly retryAfterMs?: number;
}

/** Asks the store for the backup, and starts the Job that restores it. `undefined` while the store is being asked. */
export async function startBootstrap(
  { module }: ObservedModule,
  store: S3Store,
  { backupSearch, backupImage }: { readonly backupSearch: BackupSearch; readonly backupImage: string },
  context: ReconcileContext,
): Promise<Found | undefined> {
  const backupId = module.spec.bootstrapFromBackup?.backupId;
  const searched = backupSearch.find({ by: module.metadata.uid ?? '', store, module, backupId }, context);
  if ('asking' in searched) return undefined;
  if ('problem' in searched) return { reason: 'Pending', message: searched.problem.message };
  if ('error' in searched) {
    // The store may hold a backup: the module is not started on an empty volume.
    const message = `S3Store ${store.metadata.name} could not be asked for backups: ${searched.error.message}`;
    return { reason: 'Pending', message, retryAfterMs: searched.retryAfterMs };
  }
  if (searched.found === undefined) {
    const which = backupId === undefined ? 'no backup' : `no backup ${backupId}`;
    const message = `there is ${which} of module ${module.spec.moduleName} in S3Store ${store.metadata.name} yet; it is looked for again on its own`;
    return { reason: 'WaitingForBackup', message, retryAfterMs: searched.retryAfterMs };
  }
  const { found } = searched;
  const passedOver = passedOverText(found);
  const job = desiredBootstrapJob({ module, store, backup: found, defaultImage: backupImage });
  recordApplied(module, await context.writer.apply(BACKUP_JOB, job, context.signal), context.events);
  const message = [`backup ${found.id} is being restored`, ...(passedOver === undefined ? [] : [passedOver])].join('; ');
  if (passedOver !== undefined) context.events.record(module, { type: 'Warning', reason: 'BackupsPassedOver', message });
  return { reason: 'Bootstrapping', message };
}
