import type { KubernetesObject } from '@kubernetes/client-node';
import { setTimeout as pause } from 'node:timers/promises';
import type { BotModule } from '@eeveebot/crds';
import type { PersistentVolumeClaim, Pod } from '../../src/resource-types/kubernetes.ts';
import { act, setTheStage } from './act.ts';
import type { Step } from './actions.ts';
import { endsQuietly } from './ending.ts';
import { type Violation, VolumeInvariants } from './invariants.ts';
import { personalViolations, removePersonal } from './personal-objects.ts';
import type { SimulatedCluster } from './simulated-cluster.ts';
import { SimulatedOperator } from './simulated-operator.ts';
import { StartInvariant } from './start-invariant.ts';
import { watchObjects } from './watch-objects.ts';

/** Longer than a watch takes to report a change. */
const REPORTED_WITHIN_MS = 2_000;

/** Result of a history. */
export interface Played {
  /** The first violation; none when the history is good. */
  readonly violation: Violation | undefined;
  /** Number of steps carried out, including the one that caused the violation. */
  readonly steps: number;
  /** Number of pods that ran with a volume, by task. */
  readonly pods: { readonly modules: number; readonly backups: number; readonly restores: number; readonly bootstraps: number };
  /** Log of the operator's processes. */
  readonly log: string;
}

/**
 * Plays a history in its own namespace, until an invariant is violated or the resources have settled.
 *
 * @param given.only `steps`: skips the checks at the end.
 */
export async function play(
  history: readonly Step[],
  { cluster, namespace, only }: { readonly cluster: SimulatedCluster; readonly namespace: string; readonly only: 'steps' | 'everything' },
): Promise<Played> {
  await cluster.makeNamespace(namespace);
  cluster.setStoreAnswers(true);
  await using operator = await SimulatedOperator.before({ kube: cluster.kube, namespace });
  const volumes = new VolumeInvariants();
  const starts = new StartInvariant();
  const violations: Violation[] = [];
  const { kubeconfig } = cluster.kube;
  const inNamespace = (path: string): string => path.replace('NAMESPACE', `namespaces/${namespace}`);
  const stopWatches = await Promise.all([
    watchObjects<PersistentVolumeClaim>(kubeconfig, inNamespace('/api/v1/NAMESPACE/persistentvolumeclaims'), (change, claim) => {
      volumes.claimChanged(change, claim);
      starts.claimChanged(change, claim);
    }),
    watchObjects<Pod>(kubeconfig, inNamespace('/api/v1/NAMESPACE/pods'), (change, pod) => {
      starts.podChanged(change, pod);
      violations.push(...volumes.podChanged(change, pod));
    }),
    watchObjects<BotModule>(kubeconfig, inNamespace('/apis/eevee.bot/v1/NAMESPACE/botmodules'), (change, module) =>
      starts.moduleChanged(change, module),
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
      if (thenMs >= REPORTED_WITHIN_MS) violations.push(...starts.judge());
      if (operator.hasCrashed) violations.push({ invariant: 'converges', message: 'the operator ended by itself' });
      if (violations.length > 0) break;
    }
    if (violations.length === 0) violations.push(...(await personalViolations(personal, cluster)));
    await removePersonal(personal, cluster);
    if (only === 'steps') await pause(REPORTED_WITHIN_MS);
    else if (violations.length === 0) violations.push(...(await endsQuietly(stage)));
    violations.push(...starts.judge());
  } finally {
    for (const stop of stopWatches) stop();
  }
  const { modules, backups, restores, bootstraps } = volumes.seen;
  const pods = { modules: modules.size, backups: backups.size, restores: restores.size, bootstraps: bootstraps.size };
  return { violation: violations[0], steps, pods, log: operator.output };
}
