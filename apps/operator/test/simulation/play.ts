import type { KubernetesObject } from '@kubernetes/client-node';
import { setTimeout as pause } from 'node:timers/promises';
import type { Condition } from '@eeveebot/crds';
import { eventually } from '@eeveebot/testing';
import type { PersistentVolumeClaim, Pod } from '../../src/kubernetes.ts';
import { quiet } from '../quiet.ts';
import { startOperator } from '../running-operator.ts';
import { act, setTheStage } from './act.ts';
import type { Step } from './history.ts';
import { type Violation, VolumeInvariants } from './invariants.ts';
import { personalViolations, removePersonal } from './personal-objects.ts';
import type { SimulatedCluster } from './simulated-cluster.ts';
import { SimulatedOperator } from './simulated-operator.ts';
import { watchObjects } from './watch-objects.ts';

/** How long the world may take to settle after the last step: a restore's deadline is longer, but nothing holds it up any more. */
const SETTLED_WITHIN_MS = 150_000;

const KINDS = 'botmodules,ipcconfigs,s3stores,backupschedules,backuprestores';

/** Result of a history. */
export interface Played {
  /** The first thing that was broken; none when the history is good. */
  readonly violation: Violation | undefined;
  /** Steps that were taken: up to the one that broke it. */
  readonly steps: number;
  /** How many pods ran with a volume, by what they did. */
  readonly pods: { readonly modules: number; readonly backups: number; readonly restores: number };
  /** Log of the operator's processes. */
  readonly log: string;
}

/** Plays a history in a namespace of its own, until an invariant breaks or the world has settled after it. */
export async function play(history: readonly Step[], cluster: SimulatedCluster, namespace: string): Promise<Played> {
  await cluster.makeNamespace(namespace);
  cluster.setStoreAnswers(true);
  await using operator = new SimulatedOperator({ kubeconfig: cluster.kube.kubeconfig, namespace });
  const volumes = new VolumeInvariants();
  const violations: Violation[] = [];
  const { kubeconfig } = cluster.kube;
  const stopWatches = await Promise.all([
    watchObjects<PersistentVolumeClaim>(kubeconfig, `/api/v1/namespaces/${namespace}/persistentvolumeclaims`, (change, claim) =>
      volumes.claimChanged(change, claim),
    ),
    watchObjects<Pod>(kubeconfig, `/api/v1/namespaces/${namespace}/pods`, (change, pod) =>
      violations.push(...volumes.podChanged(change, pod)),
    ),
  ]);
  const personal: KubernetesObject[] = [];
  const stage = { cluster, namespace, operator, personalObjectMade: (object: KubernetesObject) => void personal.push(object) };
  let steps = 0;
  try {
    await setTheStage(stage);
    await operator.start();
    for (const { thenMs, ...action } of history) {
      await act(action, stage);
      await pause(thenMs);
      steps += 1;
      violations.push(...(await personalViolations(personal, cluster)));
      if (operator.hasCrashed) violations.push({ invariant: 'converges', message: 'the operator ended by itself' });
      if (violations.length > 0) break;
    }
    if (violations.length === 0) violations.push(...(await personalViolations(personal, cluster)));
    await removePersonal(personal, cluster);
    if (violations.length === 0) violations.push(...(await endsQuietly(stage)));
  } finally {
    for (const stop of stopWatches) stop();
  }
  const { modules, backups, restores } = volumes.seen;
  const pods = { modules: modules.size, backups: backups.size, restores: restores.size };
  return { violation: violations[0], steps, pods, log: operator.output };
}

/** Takes the obstacles away, waits until the world has settled, and lets another operator look at it. */
async function endsQuietly({ cluster, namespace, operator }: Parameters<typeof act>[1]): Promise<readonly Violation[]> {
  cluster.setStoreAnswers(true);
  const kubectl = (...args: readonly string[]): Promise<string> => cluster.kube.kubectl(['-n', namespace, ...args]);
  await kubectl('delete', 'resourcequota', 'jobs', '--ignore-not-found');
  await kubectl('annotate', KINDS, '--all', 'eevee.bot/paused-');
  try {
    await eventually(() => settled(cluster, namespace), {
      ...{ what: 'the resources to settle', timeoutMs: SETTLED_WITHIN_MS, intervalMs: 1_000 },
    });
  } catch (error) {
    return [{ invariant: 'converges', message: String(error) }];
  }
  await operator[Symbol.asyncDispose]();
  await using second = await startOperator({ kubeconfig: cluster.kube.kubeconfig, namespace });
  try {
    await quiet(second, () => second.requests());
  } catch {
    const message = `an operator that was started afresh goes on writing; it warned: ${second.warnings.slice(-5).join('; ')}`;
    return [{ invariant: 'second pass is silent', message }];
  }
  const before = await second.requests();
  await kubectl('annotate', KINDS, '--all', '--overwrite', 'test/touched=again');
  await quiet(second, () => second.reconciles());
  const sent = (await second.requests()) - before;
  return sent === 0 ? [] : [{ invariant: 'second pass is silent', message: `an unchanged world was worth ${sent} requests` }];
}

interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly generation?: number; readonly deletionTimestamp?: string };
  readonly status?: { readonly observedGeneration?: number; readonly conditions?: readonly Condition[] };
}

/** Reasons for which a resource waits for its user. */
const RESTING = new Set(['InvalidSpec', 'BootstrapRestoreFailed', 'Failed', 'BackupsFailing', 'BotModuleNotFound']);

/** Whether each resource has a verdict on its newest generation. @throws Error that names one which has not. */
async function settled(cluster: SimulatedCluster, namespace: string): Promise<true> {
  const { items } = await cluster.kube.get<{ items: readonly Resource[] }>(KINDS, '-n', namespace);
  for (const { kind, metadata, status } of items) {
    const ready = status?.conditions?.find(({ type }) => type === 'Ready');
    const isResting = ready?.status === 'True' || RESTING.has(ready?.reason ?? '');
    const isCurrent = status?.observedGeneration === metadata.generation && metadata.deletionTimestamp === undefined;
    if (!isResting || !isCurrent) {
      throw new Error(
        `${kind} ${metadata.name} is ${ready?.status} ${ready?.reason} (${ready?.message}) at generation ${status?.observedGeneration} of ${metadata.generation}`,
      );
    }
  }
  return true;
}
