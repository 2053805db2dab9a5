import type { S3Store } from '@eeveebot/crds';
import type { BackupTool } from '../../backup-jobs/backup-tool.ts';
import { liveUser } from '../../backup-jobs/live-volume.ts';
import type { VolumeLocks } from '../../backup-jobs/volume-lock.ts';
import type { ObjectKey } from '../../controller/objects/object-key.ts';
import type { ReconcileContext } from '../../controller/run/definition.ts';
import { BACKUP_JOB } from '../../resource-types/kinds.ts';
import { passedOverText } from '../../stores/passed-over.ts';
import type { BackupSearch } from '../../stores/search.ts';
import { recordApplied } from '../applied-events.ts';
import { desiredBootstrapJob } from './desired/bootstrap-job.ts';
import { observeModule, type ObservedModule } from './observe.ts';
import { modulePlan } from './plan.ts';

/** Outcome of the search for the backup. */
export interface Found {
  readonly reason: 'Bootstrapping' | 'WaitingForBackup' | 'Pending';
  readonly message: string;
  readonly retryAfterMs?: number;
}

/** Delay between checks for obstacles to a restore: pods of users are not watched. */
const OBSTACLE_MS = 5_000;

/** Searches the store for the backup, and starts the Job that restores it. `undefined` while the store has not answered. */
export async function startBootstrap(
  { module }: ObservedModule,
  store: S3Store,
  settings: { readonly backupSearch: BackupSearch; readonly backupTool: BackupTool; readonly volumeLocks: VolumeLocks },
  context: ReconcileContext,
): Promise<Found | undefined> {
  const backupId = module.spec.bootstrapFromBackup?.backupId;
  const searched = settings.backupSearch.find({ by: module.metadata.uid ?? '', store, module, backupId }, context);
  if ('asking' in searched) return undefined;
  if ('problem' in searched) return { reason: 'Pending', message: searched.problem.message };
  if ('error' in searched) {
    // The store may have a backup: the module must not start on an empty volume.
    const message = `S3Store ${store.metadata.name} could not be searched for backups: ${searched.error.message}`;
    return { reason: 'Pending', message, retryAfterMs: searched.retryAfterMs };
  }
  if (searched.found === undefined) {
    const which = backupId === undefined ? 'no backup' : `no backup ${backupId}`;
    const message = `there is ${which} of module ${module.spec.moduleName} in S3Store ${store.metadata.name} yet; the operator keeps looking for it`;
    return { reason: 'WaitingForBackup', message, retryAfterMs: searched.retryAfterMs };
  }
  const { found } = searched;
  const passedOver = passedOverText(found);
  const { namespace, name } = module.metadata;
  const obstacle = await settings.volumeLocks.with({ namespace, name }, async () => {
    const now = observeModule({ namespace, name }, context.cache);
    const inTheWay = await obstacleNow(now, { namespace, name }, context);
    if (inTheWay !== undefined) return inTheWay;
    const claimUid = now?.volumeClaim?.metadata.uid;
    const job = desiredBootstrapJob({ module, store, backup: found, backupTool: settings.backupTool, claimUid });
    recordApplied(module, [await context.writer.create(BACKUP_JOB, job, context.signal)], context.events);
    return undefined;
  });
  if (obstacle !== undefined) return { reason: 'Pending', message: obstacle, retryAfterMs: OBSTACLE_MS };
  const message = [`backup ${found.id} is being restored`, ...(passedOver === undefined ? [] : [passedOver])].join('; ');
  if (passedOver !== undefined) context.events.record(module, { type: 'Warning', reason: 'BackupsPassedOver', message });
  return { reason: 'Bootstrapping', message };
}

/**
 * Checks the module again after the store has answered, which can take long: it may have been disabled, or a BackupRestore may have been
 * created. Then asks the API server for what the cache does not have.
 */
async function obstacleNow(observed: ObservedModule | undefined, key: ObjectKey, context: ReconcileContext): Promise<string | undefined> {
  const plan = observed && modulePlan(observed);
  if (plan?.action !== 'bootstrap' || plan.bootstrap.phase !== 'look')
    return 'the module, its volume or a restore of it changed while the store was searched: checking again';
  return liveUser({ namespace: key.namespace, module: key.name }, context);
}
