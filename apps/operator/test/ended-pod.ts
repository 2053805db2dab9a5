import { eventually, type ControlPlane } from '@eeveebot/testing';
import type { Pod } from '../src/resource-types/kubernetes.ts';

/** How the container of a pod ended. */
export interface Ending {
  readonly exitCode: number;
  /** Content of its termination log: an object as JSON. */
  readonly message: object;
  /** Phase of the pod. Default: that of a pod without other containers. */
  readonly phase?: 'Running';
}

/**
 * Acts as the kubelet for the newest pod of a Job in a cluster without nodes: waits for the pod, then ends its container.
 *
 * @returns the pod as it was created.
 */
export async function endPodOf(
  kube: ControlPlane,
  job: { readonly namespace: string; readonly name: string },
  { exitCode, message, phase }: Ending,
): Promise<Pod> {
  const pod = await eventually(
    async () => {
      const { items } = await kube.get<{ items: readonly Pod[] }>('pods', '-n', job.namespace, '-l', `job-name=${job.name}`);
      return items.find(({ status }) => status?.phase === 'Pending');
    },
    { what: `a pod of Job ${job.name}` },
  );
  const now = new Date().toISOString();
  const terminated = { exitCode, message: JSON.stringify(message), startedAt: now, finishedAt: now };
  const status = {
    phase: phase ?? (exitCode === 0 ? 'Succeeded' : 'Failed'),
    containerStatuses: [{ name: 'backup', image: 'x', imageID: '', ready: false, restartCount: 0, state: { terminated } }],
  };
  const patch = JSON.stringify({ status });
  await kube.kubectl(['patch', 'pod', pod.metadata.name, '-n', job.namespace, '--subresource=status', '--type=merge', '-p', patch]);
  return pod;
}
