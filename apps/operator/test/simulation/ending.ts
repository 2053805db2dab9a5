import { moduleVolumeClaimName } from '@eeveebot/contract';
import type { BackupRestore, BackupSchedule, BotModule, Condition, IpcConfig } from '@eeveebot/crds';
import { eventually } from '@eeveebot/testing';
import { isHolding } from '../../src/backup-jobs/restores.ts';
import { endedPodsOf } from '../../src/backup-jobs/volume-holder.ts';
import { readyOf } from '../../src/controller/objects/status.ts';
import type { CronJob, Deployment, PersistentVolumeClaim, Pod } from '../../src/resource-types/kubernetes.ts';
import { quiet } from '../quiet.ts';
import { startOperator } from '../running-operator.ts';
import { STOP_TIMEOUT_S } from './act.ts';
import { claimsOf, type Violation } from './invariants.ts';
import type { SimulatedCluster } from './simulated-cluster.ts';
import type { Stage } from './stage.ts';
import { type Settled, untrueStatuses } from './truth.ts';

/** Limit for the resources to settle after the last step: shorter than a restore's deadline, but nothing blocks a restore any more. */
const SETTLED_WITHIN_MS = 150_000;

/** Limit for a restore that cannot begin to keep its module stopped, once the operator can write. */
const COMES_BACK_WITHIN_MS = (STOP_TIMEOUT_S + 40) * 1_000;

/** Limit for a status to become true after all that changed last: an operator may first have to get the Lease of another one. */
const STATUS_DELAY_MS = 30_000;

const KINDS = 'botmodules,ipcconfigs,s3stores,backupschedules,backuprestores';

/**
 * Waits until no restore keeps a module stopped, with obstacles in place; then removes them, waits until all resources have settled, and
 * starts another operator, which must have nothing to do.
 */
export async function endsQuietly(stage: Stage): Promise<readonly Violation[]> {
  const { cluster, namespace, operator } = stage;
  await operator.calm();
  const kubectl = (...args: readonly string[]): Promise<string> => cluster.kube.kubectl(['-n', namespace, ...args]);
  await kubectl('annotate', 'botmodules,backuprestores', '--all', 'eevee.bot/paused-');
  try {
    await eventually(() => modulesAreBack(cluster, namespace), {
      ...{ what: 'the modules to be given back', timeoutMs: COMES_BACK_WITHIN_MS, intervalMs: 500 },
    });
  } catch (error) {
    return [{ invariant: 'modules come back', message: String(error) }];
  }
  cluster.setStoreAnswers(true);
  await kubectl('delete', 'resourcequota', 'jobs', '--ignore-not-found');
  await kubectl('annotate', KINDS, '--all', 'eevee.bot/paused-');
  try {
    await releaseClaims(stage);
    await eventually(() => settled(cluster, namespace), {
      ...{ what: 'the resources to settle', timeoutMs: SETTLED_WITHIN_MS, intervalMs: 1_000 },
    });
  } catch (error) {
    return [{ invariant: 'converges', message: String(error) }];
  }
  const untrue = await untrueFor(STATUS_DELAY_MS, stage);
  if (untrue.length > 0) return untrue;
  await operator.end();
  await using second = await startOperator({ kubeconfig: cluster.kube.kubeconfig, namespace });
  try {
    await quiet(second, () => second.requests());
  } catch {
    const message = `an operator that was started afresh keeps writing; it warned: ${second.warnings.slice(-5).join('; ')}`;
    return [{ invariant: 'second pass is silent', message }];
  }
  const before = await second.requests();
  await kubectl('annotate', KINDS, '--all', '--overwrite', 'test/touched=again');
  await quiet(second, () => second.reconciles());
  const sent = (await second.requests()) - before;
  return sent === 0 ? [] : [{ invariant: 'second pass is silent', message: `an unchanged world was worth ${sent} requests` }];
}

/** Statuses that stay untrue for this long. */
async function untrueFor(ms: number, stage: Stage): Promise<readonly Violation[]> {
  let untrue: readonly Violation[] = [];
  const areTrue = async (): Promise<boolean> => {
    untrue = untrueStatuses(await settledObjects(stage));
    return untrue.length === 0;
  };
  await eventually(areTrue, { timeoutMs: ms, intervalMs: 1_000 }).catch(() => undefined);
  return untrue;
}

async function settledObjects({ cluster, namespace }: Pick<Stage, 'cluster' | 'namespace'>): Promise<Settled> {
  const list = async <T>(kind: string): Promise<readonly T[]> =>
    (await cluster.kube.get<{ items: readonly T[] }>(kind, '-n', namespace)).items;
  return {
    modules: await list<BotModule>('botmodules'),
    ipcConfigs: await list<IpcConfig>('ipcconfigs'),
    schedules: await list<BackupSchedule>('backupschedules'),
    deployments: await list<Deployment>('deployments'),
    cronJobs: await list<CronJob>('cronjobs'),
  };
}

/**
 * Stops modules whose claim is being deleted, removes ended pods that keep the claim, as the status asks for, and starts the modules again:
 * that decision is left to the user.
 *
 * @throws TimedOutError when a claim remains.
 */
async function releaseClaims({ cluster, namespace }: Stage): Promise<void> {
  const { items: claims } = await cluster.kube.get<{ items: readonly PersistentVolumeClaim[] }>('pvc', '-n', namespace);
  const { items: modules } = await cluster.kube.get<{ items: readonly BotModule[] }>('botmodules', '-n', namespace);
  for (const { metadata } of claims) {
    const module = modules.find(({ metadata: { name } }) => moduleVolumeClaimName(name) === metadata.name)?.metadata.name;
    if (metadata.deletionTimestamp === undefined || module === undefined) continue;
    const resize = async (size: number): Promise<string> =>
      cluster.kube.kubectl(['patch', 'botmodule', module, '-n', namespace, '--type=merge', '-p', JSON.stringify({ spec: { size } })]);
    await resize(0);
    await removeEndedPods(metadata.name, { cluster, namespace });
    const isGone = async (): Promise<true> => {
      const { items } = await cluster.kube.get<{ items: readonly PersistentVolumeClaim[] }>('pvc', '-n', namespace);
      if (items.some((claim) => claim.metadata.uid === metadata.uid))
        throw new Error(await usersText(metadata.name, { cluster, namespace }));
      return true;
    };
    await eventually(isGone, { what: `volume claim ${metadata.name} to go`, timeoutMs: SETTLED_WITHIN_MS, intervalMs: 500 });
    await resize(1);
  }
}

/** The pods that keep a claim. */
async function usersText(claim: string, { cluster, namespace }: Pick<Stage, 'cluster' | 'namespace'>): Promise<string> {
  const { items } = await cluster.kube.get<{ items: readonly Pod[] }>('pods', '-n', namespace);
  const users = items.filter((pod) => claimsOf(pod).includes(claim));
  const texts = users.map(({ metadata: { name, deletionTimestamp, finalizers = [] }, status }) =>
    [name, status?.phase, ...(deletionTimestamp === undefined ? [] : ['deleted', deletionTimestamp]), ...finalizers].join(' '),
  );
  return `its pods are: ${texts.join('; ')}`;
}

async function removeEndedPods(claim: string, { cluster, namespace }: Pick<Stage, 'cluster' | 'namespace'>): Promise<void> {
  const { items } = await cluster.kube.get<{ items: readonly Pod[] }>('pods', '-n', namespace);
  const names = endedPodsOf(items, claim).map(({ metadata }) => metadata.name);
  if (names.length > 0) await cluster.kube.kubectl(['delete', 'pods', ...names, '-n', namespace, '--ignore-not-found', '--wait=false']);
}

/** Whether no restore claims a module. @throws Error that names one that does. */
async function modulesAreBack(cluster: SimulatedCluster, namespace: string): Promise<true> {
  const { items: restores } = await cluster.kube.get<{ items: readonly BackupRestore[] }>('backuprestores', '-n', namespace);
  const holder = restores.find(isHolding);
  if (holder !== undefined)
    throw new Error(`BackupRestore ${holder.metadata.name} holds ${holder.spec.botModule.name}: ${readyText(holder.status)}`);
  const { items: modules } = await cluster.kube.get<{ items: readonly BotModule[] }>('botmodules', '-n', namespace);
  const stopped = modules.find(({ status }) => readyOf(status)?.message.startsWith('stopped while') === true);
  if (stopped !== undefined) throw new Error(`BotModule ${stopped.metadata.name} is ${readyText(stopped.status)}`);
  return true;
}

const readyText = (status: Resource['status']): string => {
  const ready = readyOf(status);
  return `${ready?.status} ${ready?.reason} (${ready?.message})`;
};

interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly generation?: number; readonly deletionTimestamp?: string };
  readonly status?: { readonly observedGeneration?: number; readonly conditions?: readonly Condition[] };
}

/** Reasons for which a resource waits for its user. */
const RESTING = new Set(['InvalidSpec', 'BootstrapRestoreFailed', 'Failed', 'BackupsFailing', 'BotModuleNotFound']);

/** Whether each resource has a verdict on its newest generation. @throws Error that names one that does not. */
async function settled(cluster: SimulatedCluster, namespace: string): Promise<true> {
  const { items } = await cluster.kube.get<{ items: readonly Resource[] }>(KINDS, '-n', namespace);
  for (const { kind, metadata, status } of items) {
    const ready = readyOf(status);
    const isResting = ready?.status === 'True' || RESTING.has(ready?.reason ?? '');
    const isCurrent = status?.observedGeneration === metadata.generation && metadata.deletionTimestamp === undefined;
    if (!isResting || !isCurrent) {
      throw new Error(
        `${kind} ${metadata.name} is ${readyText(status)} at generation ${status?.observedGeneration} of ${metadata.generation}`,
      );
    }
  }
  return true;
}
