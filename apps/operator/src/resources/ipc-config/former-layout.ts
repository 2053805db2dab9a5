import { natsSelector } from '@eeveebot/contract';
import { delayedBy } from '../../controller/objects/deletion.ts';
import { controllerOf } from '../../controller/objects/owners.ts';
import type { Deployment, Pod, StatefulSet } from '../../resource-types/kubernetes.ts';
import { hasPodEnded } from '../../resource-types/pod-phase.ts';
import { natsTopology } from './desired/topology.ts';
import type { ObservedIpc } from './observe.ts';

/** Remaining objects of the layout that a managed NATS had before replicas or JetStream changed it. */
export interface FormerLayout {
  /** The workload of the other kind, if the operator may delete it: its own, or that of a former release. */
  readonly workload: Deployment | StatefulSet | undefined;
  /** Its pods that have not ended. */
  readonly pods: readonly Pod[];
}

/**
 * Remaining objects of the former layout. While there are any, the new one must not start: its servers and the old one would not be
 * connected, and modules could only reach modules on the same side.
 */
export function formerLayout({ ipcConfig, deployment, statefulSet, pods }: ObservedIpc): FormerLayout {
  const { stateful } = natsTopology(ipcConfig);
  const workload = stateful ? deployment : statefulSet;
  const ownerKind = stateful ? 'ReplicaSet' : 'StatefulSet';
  const selector = Object.entries(natsSelector(ipcConfig.metadata.name));
  const controller = workload && controllerOf(workload);
  const isOurs =
    controller === undefined
      ? selector.every(([key, value]) => workload?.spec?.selector.matchLabels?.[key] === value)
      : controller.uid === ipcConfig.metadata.uid;
  return {
    workload: isOurs ? workload : undefined,
    pods: pods.filter((pod) => pod.metadata.ownerReferences?.some(({ kind }) => kind === ownerKind) === true && !hasPodEnded(pod)),
  };
}

/** Reason why the desired servers do not start yet; `undefined` when nothing blocks them. */
export function leavingFirst(observed: ObservedIpc): string | undefined {
  const { workload, pods } = formerLayout(observed);
  if (pods.length > 0) {
    const names = pods.map(({ metadata }) => metadata.name).toSorted();
    return `the layout changes, and running servers of both layouts would split the bot: waiting for pod ${names.join(', ')} to end`;
  }
  return workload && `the layout changes: ${workload.kind} ${workload.metadata.name} is being deleted${delayedBy(workload)}`;
}
