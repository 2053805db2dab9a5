import type { S3Store } from '@eeveebot/crds';
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
  /** To be tried again, after the status has been written. */
  readonly error?: Error;
}

/** Asks the store for the backup, and starts the Job that restores it. */
export async function startBootstrap(
  { module }: ObservedModule,
  store: S3Store,
  { backupSearch, backupImage }: { readonly backupSearch: BackupSearch; readonly backupImage: string },
  context: ReconcileContext,
): Promise<Found> {
  const backupId = module.spec.bootstrapFromBackup?.backupId;
  const searched = await backupSearch.find({ by: module.metadata.uid ?? '', store, module, backupId }, context);
  if ('problem' in searched) return { reason: 'Pending', message: searched.problem.message };
  if ('error' in searched) {
    // That says nothing of what the store holds: the module is not started on an empty volume.
    const message = `S3Store ${store.metadata.name} could not be asked for backups: ${searched.error.message}`;
    return { reason: 'Pending', message, error: searched.error };
  }
  if (searched.found === undefined) {
    const which = backupId === undefined ? 'no backup' : `no backup ${backupId}`;
    const message = `there is ${which} of module ${module.spec.moduleName} in S3Store ${store.metadata.name} yet; it is looked for again on its own`;
    return { reason: 'WaitingForBackup', message, retryAfterMs: searched.retryAfterMs };
  }
  const job = desiredBootstrapJob({ module, store, backup: searched.found, defaultImage: backupImage });
  recordApplied(module, await context.writer.apply(BACKUP_JOB, job, context.signal), context.events);
  return { reason: 'Bootstrapping', message: `backup ${searched.found.id} is being restored` };
}
