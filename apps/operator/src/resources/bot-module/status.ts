import { ANNOTATION, moduleSelector } from '@eeveebot/contract';
import type { BotModule, BotModuleReason, BotModuleStatus } from '@eeveebot/crds';
import { lastBackup } from '../../backup/last-backup.ts';
import { knownVerifications } from '../../backup/last-verification.ts';
import { targetVerdict } from '../../backup/target.ts';
import { withCondition, type NewCondition } from '../../controller/status.ts';
import { deploymentHealth, type WorkloadHealth } from '../../workload/workload-health.ts';
import type { ObservedModule } from './observe.ts';
import type { ModulePlan } from './plan.ts';
import type { ModuleOutcome } from './reconcile.ts';

type Ready = Pick<NewCondition, 'status' | 'message'> & { readonly reason: BotModuleReason };

/** Ready's status for each phase of the Deployment. */
const STATUS_OF_PHASE = { Creating: 'Unknown', Updating: 'Unknown', Ready: 'True', Unavailable: 'False' } as const;

/** Ready's status for what looking for a backup came to. */
const STATUS_OF_SEARCH = { Bootstrapping: 'Unknown', WaitingForBackup: 'False', Pending: 'Unknown' } as const;

/**
 * The whole status of a module, computed afresh. Taken from the old one are only the transition times of unchanged
 * conditions, and the last backup and verification, whose Jobs may be gone.
 */
export function moduleStatus(given: {
  readonly observed: ObservedModule;
  readonly plan: ModulePlan;
  readonly outcome: ModuleOutcome;
  readonly now: Date;
}): BotModuleStatus {
  const { observed, plan, outcome, now } = given;
  const { module, deployment, pods } = observed;
  const health = deployment === undefined ? undefined : deploymentHealth(deployment, pods, observed.witnesses);
  const ready =
    outcome.rejection === undefined ? unlessRefused(outcome, readyCondition(plan, outcome, health)) : rejected(outcome.rejection);
  const generation = module.metadata.generation ?? 0;
  const ended = { jobs: observed.jobs, pods: observed.jobPods };
  const backup = lastBackup({ known: module.status?.lastBackup, ...ended });
  const stated = [{ type: 'Ready', ...ready }, ...bootstrapped(observed, ready), ...backupScheduled(observed)].map((condition) => ({
    ...condition,
    observedGeneration: generation,
  }));
  return {
    observedGeneration: generation,
    conditions: conditionsOf(module, stated, now),
    replicas: health?.replicas ?? 0,
    readyReplicas: health?.readyReplicas ?? 0,
    selector: selectorText(module),
    ...(deployment === undefined ? {} : imageOf(deployment)),
    ...(backup === undefined ? {} : { lastBackup: backup }),
    ...knownVerifications({ known: module.status ?? {}, ...ended }),
  };
}

/** Those that are stated now, and no others: in the order they had. */
function conditionsOf({ status }: BotModule, stated: readonly NewCondition[], now: Date): NonNullable<BotModuleStatus['conditions']> {
  const kept = (status?.conditions ?? []).filter(({ type }) => stated.some((condition) => condition.type === type));
  return stated.reduce<NonNullable<BotModuleStatus['conditions']>>(
    (conditions, condition) => withCondition(conditions, condition, now),
    kept,
  );
}

/** A request that was refused for now: what runs may be well, but is not what was asked for. */
function unlessRefused({ refusal }: ModuleOutcome, ready: Ready): Ready {
  if (refusal === undefined) return ready;
  const message = `the API server refuses what is to be done, and is asked again: ${refusal.message}`;
  return { status: ready.status === 'False' ? 'False' : 'Unknown', reason: 'Pending', message };
}

function readyCondition(plan: ModulePlan, { found }: ModuleOutcome, health: WorkloadHealth | undefined): Ready {
  switch (plan.action) {
    case 'reject':
      return rejected(plan.message);
    case 'wait':
      return { status: 'Unknown', reason: 'Pending', message: plan.message };
    case 'disable':
      return { status: 'False', reason: 'Disabled', message: 'spec.enabled is false: the module does not run, its data is kept' };
    case 'bootstrap':
      return bootstrapping(plan, found);
    case 'run':
      if (plan.stoppedBy !== undefined) {
        return { status: 'Unknown', reason: 'Updating', message: `stopped while BackupRestore ${plan.stoppedBy} restores its volume` };
      }
      return health === undefined
        ? { status: 'Unknown', reason: 'Creating', message: 'the Deployment is being created' }
        : { status: STATUS_OF_PHASE[health.phase], reason: health.phase, message: health.message };
  }
}

function bootstrapping({ bootstrap }: Extract<ModulePlan, { action: 'bootstrap' }>, found: ModuleOutcome['found']): Ready {
  switch (bootstrap.phase) {
    case 'look':
      return found === undefined
        ? { status: 'Unknown', reason: 'Pending', message: 'the backup is looked for' }
        : { status: STATUS_OF_SEARCH[found.reason], reason: found.reason, message: found.message };
    case 'restoring':
      return { status: 'Unknown', reason: 'Bootstrapping', message: bootstrap.message };
    case 'failed':
      return { status: 'False', reason: 'BootstrapRestoreFailed', message: bootstrap.message };
    case 'waiting':
      return { status: 'Unknown', reason: 'Pending', message: bootstrap.message };
  }
}

const rejected = (message: string): Ready => ({ status: 'False', reason: 'InvalidSpec', message });

/** Whether the volume holds what it is to begin with. */
function bootstrapped({ module, volumeClaim }: ObservedModule, ready: Ready): readonly NewCondition[] {
  if (module.spec.bootstrapFromBackup === undefined) return [];
  const isDone = volumeClaim?.metadata.annotations?.[ANNOTATION.bootstrapped] === 'true';
  return [
    isDone
      ? { type: 'Bootstrapped', status: 'True', reason: 'VolumeInUse', message: 'the volume holds its data: it is not restored again' }
      : { type: 'Bootstrapped', ...ready, status: ready.status === 'True' ? 'Unknown' : ready.status },
  ];
}

/** Whether backups of the volume are made. */
function backupScheduled(observed: ObservedModule): readonly NewCondition[] {
  const { module, backupSchedule, cronJob } = observed;
  const name = module.spec.backupSchedule?.name;
  if (name === undefined) return [];
  const about = (status: NewCondition['status'], reason: string, message: string): readonly NewCondition[] => [
    { type: 'BackupScheduled', status, reason, message },
  ];
  if (backupSchedule === undefined) {
    return about(
      'False',
      'BackupScheduleNotFound',
      `spec.backupSchedule.name is ${name}, and there is no such BackupSchedule in namespace ${module.metadata.namespace}: create it or correct the name`,
    );
  }
  const verdict = targetVerdict(observed);
  if (!verdict.eligible) return about('False', verdict.reason, verdict.message);
  if (verdict.heldBy !== undefined) return about('False', 'OnHold', `backups rest: ${verdict.heldBy}`);
  const ready = backupSchedule.status?.conditions?.find(({ type }) => type === 'Ready');
  if (cronJob === undefined)
    return about('False', ready?.reason ?? 'Pending', `BackupSchedule ${name}: ${ready?.message ?? 'not reconciled yet'}`);
  if (backupSchedule.spec.suspend) return about('False', 'Suspended', `BackupSchedule ${name} is suspended`);
  return about('True', 'CronJobCreated', `CronJob ${cronJob.metadata.name} backs it up at ${backupSchedule.spec.schedule}`);
}

/** The scale subresource wants its selector as text. */
const selectorText = (module: BotModule): string =>
  Object.entries(moduleSelector(module.metadata.name))
    .map(([key, value]) => `${key}=${value}`)
    .join(',');

function imageOf(deployment: NonNullable<ObservedModule['deployment']>): { image?: string } {
  const image = deployment.spec?.template.spec?.containers[0]?.image;
  return image === undefined ? {} : { image };
}
