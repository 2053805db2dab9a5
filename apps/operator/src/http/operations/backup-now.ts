import { runsBackupCommand } from '@eeveebot/contract';
import type { BotModule } from '@eeveebot/crds';
import { backupNowJob } from '../../backup-jobs/backup-now-job.ts';
import { isUnfinished } from '../../backup-jobs/job-outcome.ts';
import { targetVerdict } from '../../backup-jobs/target.ts';
import { isAlreadyExists } from '../../controller/errors.ts';
import { conditionOf } from '../../controller/objects/status.ts';
import { BACKUP_JOB } from '../../resource-types/kinds.ts';
import { CRON_JOB, type CronJob } from '../../resource-types/kubernetes.ts';
import { observeModule, type ObservedModule } from '../../resources/bot-module/observe.ts';
import { RequestError } from '../request-error.ts';
import type { BackupStarted } from '../schemas.ts';
import type { OperationDeps } from './deps.ts';

/**
 * Starts a backup of a module from the CronJob of its BackupSchedule, as `kubectl create job --from=cronjob/…` does.
 *
 * @throws RequestError 409 when it cannot be backed up now.
 */
export function startBackup(module: BotModule, deps: OperationDeps, signal: AbortSignal): Promise<BackupStarted> {
  const { namespace, name } = module.metadata;
  return deps.volumeLocks.with({ namespace, name }, () => start(module, deps, signal));
}

async function start(module: BotModule, deps: OperationDeps, signal: AbortSignal): Promise<BackupStarted> {
  const { client, writer, cache, events } = deps;
  const { namespace, name } = module.metadata;
  const observed = observeModule({ namespace, name }, cache);
  if (observed === undefined) throw new RequestError(404, 'Not Found', `BotModule ${name} has just been deleted`);
  const known = cronJobOf(observed);
  const request = requestAfter(observed);
  const cronJob = await client.get(CRON_JOB, { namespace, name: known.metadata.name }, { signal });
  if (cronJob === undefined) throw cannot(module, `its CronJob ${known.metadata.name} has just been deleted`);
  const job = backupNowJob(cronJob.metadata, { ...cronJob.spec?.jobTemplate }, request);
  try {
    await writer.create(BACKUP_JOB, job, signal);
  } catch (error) {
    if (isAlreadyExists(error)) throw cannot(module, `Job ${job.metadata.name} has just been created for that`);
    throw error;
  }
  events.record(module, {
    type: 'Normal',
    reason: 'BackupStarted',
    message: `Created Job ${job.metadata.name} (requested over the HTTP API)`,
  });
  return { message: `BotModule ${name} in namespace ${namespace} is being backed up`, job: job.metadata.name };
}

const cannot = ({ metadata }: BotModule, why: string): RequestError =>
  new RequestError(409, 'Conflict', `BotModule ${metadata.name} cannot be backed up now: ${why}`);

/**
 * Names the request by the latest backup Job before it. Two replicas that are asked at the same time do not see each other's Job yet: with
 * equal names, only one of them can create it.
 */
function requestAfter({ jobs }: ObservedModule): string {
  const latest = jobs
    .filter((job) => runsBackupCommand(job, 'backup'))
    .map(({ metadata: { creationTimestamp = '', uid = '' } }) => `${creationTimestamp} ${uid}`)
    .toSorted()
    .at(-1);
  return `http ${latest ?? 'first'}`;
}

/** The CronJob to start from, as cached: without its job template. */
function cronJobOf(observed: ObservedModule): CronJob {
  const { module, cronJob } = observed;
  if (module.spec.backupSchedule === undefined) throw cannot(module, 'it has no BackupSchedule (spec.backupSchedule)');
  const verdict = targetVerdict(observed);
  if (!verdict.eligible) throw cannot(module, verdict.message);
  if (verdict.heldBy !== undefined) throw cannot(module, verdict.heldBy);
  if (cronJob === undefined) {
    const scheduled = conditionOf(module.status, 'BackupScheduled');
    throw cannot(module, scheduled?.message ?? 'its BackupSchedule is not reconciled yet');
  }
  const running = observed.jobs.find((job) => runsBackupCommand(job, 'backup') && isUnfinished(job));
  if (running !== undefined) throw cannot(module, `Job ${running.metadata.name} is already backing it up`);
  return cronJob;
}
