import { liveUser } from '../../backup-jobs/live-volume.ts';
import { isAlreadyExists } from '../../controller/errors.ts';
import { DEPLOYMENT } from '../../resource-types/kubernetes.ts';
import { moduleDeploymentName } from '@eeveebot/contract';
import { BACKUP_JOB } from '../../resource-types/kinds.ts';
import { recordApplied } from '../applied-events.ts';
import { keyOf } from '../watching.ts';
import { runningDeployment } from './checks.ts';
import { desiredRestoreJob } from './desired/restore-job.ts';
import { addFinalizer } from './finalizer.ts';
import { observeRestore, type ObservedRestore } from './observe.ts';
import { restorePlan, type RestorePlan } from './plan.ts';
import { heldUp, type Deps, type Step } from './step.ts';

type Start = Extract<RestorePlan, { action: 'start' }>;
type Release = Extract<RestorePlan, { action: 'release' }>;

/** Creates the Job suspended: its name is recorded first, then it is released. */
export async function start(plan: Start, observed: ObservedRestore, deps: Deps): Promise<Step> {
  const { settings, context } = deps;
  const { module, store, backup } = plan;
  const { restore, volumeClaim } = observed;
  return settings.volumeLocks.with(keyOf(module), async () => {
    const obstacle = await obstacleNow(plan, restore.metadata, deps);
    if (obstacle !== undefined) return heldUp(obstacle, { observed, backup, job: undefined }, deps);
    await addFinalizer(restore, context);
    const { backupTool } = settings;
    const job = desiredRestoreJob({ restore, module, store, backup, backupTool, claimUid: volumeClaim?.metadata.uid });
    // A Job that another operator has just created, and that is not in the cache yet, may be running: an apply would suspend it.
    const applied = await context.writer.create(BACKUP_JOB, job, context.signal).catch(unlessExists);
    if (applied === undefined) return heldUp(`Job ${job.metadata.name} already exists`, { observed, backup, job: undefined }, deps);
    recordApplied(restore, [applied], context.events);
    return { progress: { phase: 'started', jobName: applied.object.metadata.name, backup } };
  });
}

/** @throws ApiError unless the object exists already. */
function unlessExists(error: unknown): undefined {
  if (!isAlreadyExists(error)) throw error;
  return undefined;
}

/** Releases the Job, whose name is recorded by now. */
export async function release(plan: Release, observed: ObservedRestore, deps: Deps): Promise<Step> {
  const { settings, context } = deps;
  const { job, module } = plan;
  return settings.volumeLocks.with(keyOf(module), async () => {
    const obstacle = await obstacleNow(plan, observed.restore.metadata, deps);
    if (obstacle !== undefined) return heldUp(obstacle, { observed, backup: undefined, job }, deps);
    const { namespace = '', name, uid } = job.metadata;
    await context.writer.patch(BACKUP_JOB, { namespace, name }, { metadata: { uid }, spec: { suspend: false } }, context.signal);
    return { progress: { phase: 'watched', outcome: { phase: 'running', message: '' } } };
  });
}

/** Checks for changes since the lock was requested, then asks the API server: the cache can be seconds behind. */
async function obstacleNow(
  plan: Start | Release,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  { stopTimes, context }: Deps,
): Promise<string | undefined> {
  const observed = observeRestore({ namespace, name }, context.cache);
  const again = observed && restorePlan(observed, stopTimes.dueInMs(observed.restore, context.clock));
  if (again?.action !== plan.action) return 'the module or its volume has just changed: checking again';
  const module = plan.module.metadata.name;
  const user = await liveUser({ namespace, module, except: plan.action === 'release' ? plan.job.metadata.uid : undefined }, context);
  if (user !== undefined) return user;
  const deployment = await context.writer.read(DEPLOYMENT, { namespace, name: moduleDeploymentName(module) }, context.signal);
  return runningDeployment(deployment, module);
}
