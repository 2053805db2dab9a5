import { ANNOTATION, defined, MODULE_CONTAINER_NAME, moduleSelector } from '@eeveebot/contract';
import {
  type BackupSchedule,
  type BackupScheduledReason,
  BOT_MODULE_REASONS,
  type BotModule,
  type BotModuleReason,
  type BotModuleStatus,
  type ExtrasInSyncReason,
  type LastBackup,
} from '@eeveebot/crds';
import { backupProblem } from '../../backup-jobs/backup-problem.ts';
import { isLive } from '../../backup-jobs/claim-marks.ts';
import { lastBackup } from '../../backup-jobs/last-backup.ts';
import { knownVerifications } from '../../backup-jobs/last-verification.ts';
import { refusalText, targetVerdict } from '../../backup-jobs/target.ts';
import { volumeHolderProblem } from '../../backup-jobs/volume-holder.ts';
import { refusedChangeText } from '../../controller/errors.ts';
import { delayedBy, deletionText } from '../../controller/objects/deletion.ts';
import { readinessConditions, restatedConditions, type StatedReady } from '../../controller/objects/progress.ts';
import { type NewCondition, readyOf } from '../../controller/objects/status.ts';
import { deletionState } from '../../diagnosis/pod-problem.ts';
import { deploymentHealth, type WorkloadHealth } from '../../diagnosis/workload-health.ts';
import type { CronJob } from '../../resource-types/kubernetes.ts';
import { hasPodEnded } from '../../resource-types/pod-phase.ts';
import { desiredDisruptionBudget, desiredPodMonitor, desiredService } from './desired/extras.ts';
import type { ObservedModule } from './observe.ts';
import type { ModuleOutcome } from './outcome.ts';
import { ownDeployment } from './own-deployment.ts';
import type { ModulePlan } from './plan.ts';
import { isPaused } from '../paused.ts';
import { rejectionText } from '../rejection-text.ts';
import { moduleFields } from './own-fields.ts';

type Ready = StatedReady<BotModuleReason>;

/**
 * The whole status of a module, computed from the observed state. Only the transition times of unchanged conditions, and the last backup
 * and verification, whose Jobs may be gone, come from the old status.
 */
export function moduleStatus(given: {
  readonly observed: ObservedModule;
  readonly plan: ModulePlan;
  readonly outcome: ModuleOutcome;
  readonly now: Date;
}): BotModuleStatus {
  const { observed, plan, outcome, now } = given;
  const { module, pods } = observed;
  const deployment = ownDeployment(observed);
  const health = deployment === undefined ? undefined : deploymentHealth(deployment, pods, observed.eventCauses);
  const restoreProblem = volumeHolderProblem(observed.toolWork, observed.eventCauses);
  const ready =
    outcome.rejection === undefined
      ? unlessRefused(
          outcome,
          readyCondition(plan, outcome, { health, restoreProblem, deleted: deletedText(observed), remains: remainsText(observed) }),
        )
      : rejected(outcome.rejection, module, plan);
  const generation = module.metadata.generation ?? 0;
  const ended = { jobs: observed.jobs, pods: observed.jobPods, now };
  const backup = lastBackup({ known: module.status?.lastBackup, ...ended });
  const stated = [
    ...readinessConditions(ready, BOT_MODULE_REASONS),
    ...bootstrapCondition(observed, ready),
    ...volumeInSync(observed, outcome),
    ...backupCondition(observed, backup, now),
    ...extrasInSync(observed, outcome),
  ];
  return {
    observedGeneration: generation,
    conditions: restatedConditions({ known: module.status?.conditions, stated, generation, now }),
    replicas: health?.replicas ?? 0,
    readyReplicas: health?.readyReplicas ?? 0,
    selector: selectorText(module),
    ...(deployment === undefined ? {} : imageOf(deployment)),
    ...defined({ lastBackup: backup }),
    ...knownVerifications({ known: module.status ?? {}, ...ended }),
  };
}

/** An object of the pods that is being deleted: they are not those of the spec before it is created again. */
const deletedText = ({ module, deployment, configMap }: ObservedModule): string | undefined =>
  deletionText([deployment, module.spec.moduleConfig === undefined ? undefined : configMap]);

/**
 * Describes what still runs of a disabled module. The pods of a Deployment whose deletion waits for a finalizer run on, for an unlimited time, and
 * so may a pod on a node that does not respond.
 */
function remainsText(observed: ObservedModule): string | undefined {
  const deployment = ownDeployment(observed);
  if (deployment?.metadata.deletionTimestamp !== undefined)
    return `Deployment ${deployment.metadata.name} is being deleted${delayedBy(deployment)}`;
  const pod = observed.pods.find((candidate) => !hasPodEnded(candidate));
  return pod && `pod ${pod.metadata.name} ${deletionState(pod) ?? 'has not ended'}`;
}

/** After a temporary refusal, what runs may be healthy but does not match the spec. */
function unlessRefused({ refusal }: ModuleOutcome, ready: Ready): Ready {
  if (refusal === undefined) return ready;
  const message = refusedChangeText(refusal);
  return { reason: 'Pending', message };
}

function readyCondition(
  plan: ModulePlan,
  { found, held }: ModuleOutcome,
  {
    health,
    restoreProblem,
    deleted,
    remains,
  }: {
    readonly health: WorkloadHealth | undefined;
    readonly restoreProblem: string | undefined;
    readonly deleted: string | undefined;
    readonly remains: string | undefined;
  },
): Ready {
  switch (plan.action) {
    case 'reject':
      return invalidSpec(withHeld(plan.message, held));
    case 'wait':
      return { reason: 'Pending', message: withHeld(plan.message, held) };
    case 'disable':
      return remains === undefined
        ? { reason: 'Disabled', message: 'spec.enabled is false: the module is stopped, and its data is kept' }
        : { reason: 'Updating', message: `spec.enabled is false: the module is being stopped: ${remains}` };
    case 'bootstrap':
      return bootstrapReady(plan, found);
    case 'run':
      if (held !== undefined) return { reason: 'Pending', message: held.message };
      if (plan.stoppedBy !== undefined) {
        const obstacle = restoreProblem === undefined ? '' : `, which makes no progress: ${restoreProblem}`;
        return { reason: 'Updating', message: `stopped while ${plan.stoppedBy} restores its volume${obstacle}` };
      }
      if (deleted !== undefined) return { reason: 'Updating', message: deleted };
      return health === undefined
        ? { reason: 'Creating', message: 'the Deployment is being created' }
        : { reason: health.phase, message: health.message };
  }
}

/** A message that also says why pods that the module had before are not started again. */
const withHeld = (message: string, held: ModuleOutcome['held']): string => (held === undefined ? message : `${message}; ${held.message}`);

function bootstrapReady({ bootstrap }: Extract<ModulePlan, { action: 'bootstrap' }>, found: ModuleOutcome['found']): Ready {
  switch (bootstrap.phase) {
    case 'look':
      return found === undefined
        ? { reason: 'Pending', message: 'looking for the backup' }
        : { reason: found.reason, message: found.message };
    case 'restoring':
      return { reason: 'Bootstrapping', message: bootstrap.message };
    case 'failed':
      return { reason: 'BootstrapRestoreFailed', message: bootstrap.message };
    case 'waiting':
    case 'stopping':
    case 'outdated':
      return { reason: 'Pending', message: bootstrap.message };
  }
}

const rejected = (rejection: string, module: BotModule, plan: ModulePlan): Ready =>
  invalidSpec(rejectionText(rejection, moduleFields(module, plan.action === 'run' ? plan.nats : undefined)));

const invalidSpec = (message: string): Ready => ({ reason: 'InvalidSpec', message });

/** Whether the volume has its initial data. */
function bootstrapCondition({ module, volumeClaim }: ObservedModule, ready: Ready): readonly NewCondition[] {
  if (module.spec.bootstrapFromBackup === undefined) return [];
  const isDone = isLive(volumeClaim);
  return [
    isDone
      ? { type: 'Bootstrapped', status: 'True', reason: 'VolumeInUse', message: 'the volume contains its data: it is not restored again' }
      : { type: 'Bootstrapped', ...ready, status: BOT_MODULE_REASONS[ready.reason].status === 'False' ? 'False' : 'Unknown' },
  ];
}

/** Whether the objects beside the pods match the spec. */
function extrasInSync({ module }: ObservedModule, { extraProblems }: ModuleOutcome): readonly NewCondition[] {
  if (extraProblems === undefined) return [];
  if (extraProblems.length > 0) {
    const reason = extraProblems.some((problem) => problem.reason === 'NotApplied') ? 'NotApplied' : 'KindNotAvailable';
    return [{ type: 'ExtrasInSync', status: 'False', reason, message: extraProblems.map(({ message }) => message).join('; ') }];
  }
  const kinds = [desiredService(module), desiredDisruptionBudget(module), desiredPodMonitor(module)].flatMap((made) => made?.kind ?? []);
  if (kinds.length === 0) return [];
  return [
    {
      type: 'ExtrasInSync',
      status: 'True',
      reason: 'Applied' satisfies ExtrasInSyncReason,
      message: `in sync with the spec: ${kinds.join(', ')}`,
    },
  ];
}

/** Whether the claim matches the spec; unchanged if the claim was not checked. */
function volumeInSync({ module }: ObservedModule, { volume }: ModuleOutcome): readonly NewCondition[] {
  if (module.spec.persistentVolumeClaim === undefined) return [];
  if (volume === undefined) return (module.status?.conditions ?? []).filter(({ type }) => type === 'VolumeInSync');
  const { problems, reason } = volume;
  if (problems.length > 0) return [{ type: 'VolumeInSync', status: 'False', reason, message: problems.join('; ') }];
  return [{ type: 'VolumeInSync', status: 'True', reason, message: 'the volume claim matches spec.persistentVolumeClaim, or is larger' }];
}

/** Whether the volume is backed up. */
function backupCondition(observed: ObservedModule, backup: LastBackup | undefined, now: Date): readonly NewCondition[] {
  const { module, backupSchedule } = observed;
  const name = module.spec.backupSchedule?.name;
  if (name === undefined) return [];
  if (backupSchedule === undefined) {
    const message = `spec.backupSchedule.name is ${name}, but there is no such BackupSchedule in namespace ${module.metadata.namespace}: create it or correct the name`;
    return [{ type: 'BackupScheduled', status: 'False', reason: 'BackupScheduleNotFound' satisfies BackupScheduledReason, message }];
  }
  const obstacle = backupObstacle(observed, backupSchedule, { backup, now });
  if (obstacle !== undefined) return [{ type: 'BackupScheduled', status: 'False', ...obstacle }];
  const { cronJob } = observed;
  const schedule = cronJob?.spec?.schedule ?? backupSchedule.spec.schedule;
  const message = `CronJob ${cronJob?.metadata.name} backs it up at ${schedule}`;
  return [{ type: 'BackupScheduled', status: 'True', reason: 'CronJobCreated' satisfies BackupScheduledReason, message }];
}

/** Why the volume is not backed up. */
function backupObstacle(
  observed: ObservedModule,
  schedule: BackupSchedule,
  { backup, now }: { readonly backup: LastBackup | undefined; readonly now: Date },
): Pick<NewCondition, 'reason' | 'message'> | undefined {
  const { cronJob, jobs, jobPods, eventCauses } = observed;
  const { name } = schedule.metadata;
  const verdict = targetVerdict(observed);
  if (!verdict.eligible) return { reason: verdict.reason, message: refusalText(verdict, cronJob) };
  if (verdict.heldBy !== undefined)
    return { reason: 'OnHold' satisfies BackupScheduledReason, message: `backups are suspended: ${verdict.heldBy}` };
  if (cronJob === undefined) {
    const { reason = 'Pending', message = 'not reconciled yet' } = readyOf(schedule.status) ?? {};
    return { reason, message: `BackupSchedule ${name}: ${message}` };
  }
  if (schedule.spec.suspend) return { reason: 'Suspended' satisfies BackupScheduledReason, message: `BackupSchedule ${name} is suspended` };
  if (cronJob.spec?.suspend === true)
    return { reason: 'OnHold' satisfies BackupScheduledReason, message: suspendedText(cronJob, schedule) };
  const problem = backupProblem({ schedule, jobs, pods: jobPods, eventCauses, lastBackup: backup }, now);
  return problem === undefined ? undefined : { reason: 'BackupFailing' satisfies BackupScheduledReason, message: problem };
}

/** Nothing holds the backups any more, and the schedule resumes its CronJobs when it is reconciled. */
function suspendedText({ metadata }: CronJob, schedule: BackupSchedule): string {
  const { status = 'Unknown', message = 'not reconciled yet' } = readyOf(schedule.status) ?? {};
  const cause = isPaused(schedule)
    ? `is paused (annotation ${ANNOTATION.paused})`
    : status === 'True'
      ? 'resumes it'
      : `is not Ready: ${message}`;
  return `CronJob ${metadata.name} is suspended; BackupSchedule ${schedule.metadata.name} ${cause}`;
}

/** The scale subresource needs the selector as text. */
const selectorText = (module: BotModule): string =>
  Object.entries(moduleSelector(module.metadata.name))
    .map(([key, value]) => `${key}=${value}`)
    .join(',');

function imageOf(deployment: NonNullable<ObservedModule['deployment']>): { image?: string } {
  const image = deployment.spec?.template.spec?.containers.find(({ name }) => name === MODULE_CONTAINER_NAME)?.image;
  return image === undefined ? {} : { image };
}
