import {
  backupCronJobName,
  distinctBackupCronJobName,
  distinctVerificationCronJobName,
  LABEL,
  labelValue,
  runsBackupCommand,
  verificationCronJobName,
} from '@eeveebot/contract';
import type { BotModule } from '@eeveebot/crds';
import type { CacheReader } from '../controller/cache/cache-reader.ts';
import { controllerOf, isOfKind } from '../controller/objects/owners.ts';
import { BACKUP_SCHEDULE } from '../resource-types/kinds.ts';
import { CRON_JOB, type CronJob } from '../resource-types/kubernetes.ts';

/** Commands of the backup tool that CronJobs run. */
type ScheduledCommand = 'backup' | 'verify';

/** A BotModule and its BackupSchedule. */
export interface BackupPair {
  readonly namespace: string;
  readonly schedule: string;
  readonly module: string;
}

type NameOf = (schedule: string, module: string) => string;

/** Possible names of a CronJob: the plain name, and the one for the case that the plain name is not unique. */
const NAMES: Readonly<Record<ScheduledCommand, readonly [plain: NameOf, distinct: NameOf]>> = {
  backup: [backupCronJobName, distinctBackupCronJobName],
  verify: [verificationCronJobName, distinctVerificationCronJobName],
};

/** Index of BotModules by the plain name of their backup CronJob: several modules if the name is not unique. */
export const MODULES_BY_CRON_JOB_NAME = 'backupCronJobName';

/** Indexes a module by the plain name of its CronJob: `namespace/name`. */
export const byCronJobName = ({ metadata, spec }: BotModule): readonly string[] =>
  spec.backupSchedule === undefined ? [] : [`${metadata.namespace}/${backupCronJobName(spec.backupSchedule.name, metadata.name)}`];

/** The CronJob that runs `command` for this module on this schedule; never one that was made for another pair. */
export function cronJobOf(command: ScheduledCommand, pair: BackupPair, cache: CacheReader): CronJob | undefined {
  const { namespace, schedule, module } = pair;
  // The second name is a hash and rare: it is computed only if the first finds nothing.
  for (const nameOf of NAMES[command]) {
    const cronJob = cache.store(CRON_JOB).get({ namespace, name: nameOf(schedule, module) });
    if (cronJob !== undefined && isMadeFor(cronJob, command, pair)) return cronJob;
  }
  return undefined;
}

/**
 * Name of a pair's CronJob: that of the existing one, so that it is never renamed and keeps its Jobs; otherwise
 * the plain name, unless another pair of the namespace has the same.
 *
 * @param sharing modules of {@link MODULES_BY_CRON_JOB_NAME} for the pair's plain name, including its own.
 */
export function cronJobName(
  command: ScheduledCommand,
  { schedule, module }: BackupPair,
  given: { readonly existing: CronJob | undefined; readonly sharing: readonly BotModule[] },
): string {
  if (given.existing !== undefined) return given.existing.metadata.name;
  const [plain, distinct] = NAMES[command];
  return (given.sharing.length > 1 ? distinct : plain)(schedule, module);
}

function isMadeFor(cronJob: CronJob, command: ScheduledCommand, { schedule, module }: BackupPair): boolean {
  const { labels } = cronJob.metadata;
  const owner = controllerOf(cronJob);
  return (
    runsBackupCommand(cronJob, command) &&
    labels?.[LABEL.module] === labelValue(module) &&
    labels[LABEL.backupSchedule] === labelValue(schedule) &&
    (owner === undefined || (isOfKind(owner, BACKUP_SCHEDULE) && owner.name === schedule))
  );
}
