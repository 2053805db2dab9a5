import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '@eeveebot/contract';
import { eventually, Helm, IRC_SELECTOR, S3_SELECTOR } from '@eeveebot/testing';
import type { DemoCluster } from './clusters.ts';

/** Values of an IpcConfig `demo` and a module `echo`. */
const VALUES = fileURLToPath(new URL('../../examples/values/demo.yaml', import.meta.url));
export const IPC_CONFIG = 'demo';
const RELEASE = 'eevee';

interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly generation?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly availableReplicas?: number;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
  };
}

interface Pod {
  readonly status: {
    readonly phase: string;
    readonly containerStatuses?: readonly {
      readonly state: { readonly waiting?: { readonly reason?: string; readonly message?: string } };
    }[];
  };
}

/**
 * Installs the umbrella chart with the demo's values.
 *
 * @param given.values further values of the bot, merged over those of the file. @param given.set arguments of helm's `--set`, merged over
 * all others.
 * @param given.set arguments of helm's `--set`, laid over all others.
 */
export async function installBot(
  cluster: DemoCluster,
  { values, set, signal }: { readonly values: object; readonly set: readonly string[]; readonly signal: AbortSignal },
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'eevee-demo-'));
  try {
    const helm = await Helm.withCharts(folder, cluster.kubeconfig);
    const where = ['--namespace', cluster.namespace, '--create-namespace'];
    const given = ['--values', VALUES, '--values', '-', ...set.flatMap((value) => ['--set', value])];
    await helm.run(['install', RELEASE, helm.chart('eevee'), ...where, ...given], {
      signal,
      input: JSON.stringify({ bot: values }),
      ...(cluster.context !== undefined && { context: cluster.context }),
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Applies objects in the demo's namespace. */
export async function applyObjects(cluster: DemoCluster, objects: readonly object[]): Promise<void> {
  await cluster.kubectl(['-n', cluster.namespace, 'apply', '-f', '-'], {
    input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
  });
}

/** Waits until a Deployment is available, and reports what delays it. */
export async function untilAvailable(cluster: DemoCluster, selector: string, waitingFor: (what: string) => void): Promise<void> {
  await eventually(
    async () => {
      const { items } = await get<{ items: readonly Resource[] }>(cluster, 'deployment', '-l', selector);
      const [deployment] = items;
      if (deployment === undefined) return false;
      const available = deployment.status?.conditions?.find(({ type }) => type === 'Available');
      waitingFor(`${deployment.metadata.name}: ${available?.status === 'True' ? 'available' : await whatPodsWaitFor(cluster, selector)}`);
      return available?.status === 'True';
    },
    { what: `a Deployment with ${selector} to be available`, timeoutMs: 120_000, intervalMs: 300 },
  );
}

/** The kubelet's messages about the pods that are not ready. */
async function whatPodsWaitFor(cluster: DemoCluster, selector: string): Promise<string> {
  const { items } = await get<{ items: readonly Pod[] }>(cluster, 'pod', '-l', selector);
  const words = items.map(({ status }) => {
    const waiting = status.containerStatuses?.find(({ state }) => state.waiting !== undefined)?.state.waiting;
    if (waiting === undefined) return status.phase === 'Running' ? 'its pod is not ready yet' : `its pod is ${status.phase}`;
    return [waiting.reason, waiting.message].filter((word) => word !== undefined).join(': ');
  });
  return words[0] ?? 'being created';
}

/** Waits until one of our resources is Ready, and reports its status. */
export async function untilReady(
  cluster: DemoCluster,
  { kind, name }: { readonly kind: string; readonly name: string },
  waitingFor: (what: string) => void,
): Promise<void> {
  await eventually(
    async () => {
      const { metadata, status } = await get<Resource>(cluster, kind, name);
      const ready = status?.conditions?.find(({ type }) => type === 'Ready');
      waitingFor(`${kind} ${name}: ${ready?.reason ?? 'not seen yet'}${ready?.message === undefined ? '' : `, ${ready.message}`}`);
      return ready?.status === 'True' && status?.observedGeneration === metadata.generation;
    },
    { what: `${kind} ${name} to be Ready`, timeoutMs: 120_000, intervalMs: 300 },
  );
}

/** Output of kubectl that explains a failed step. */
export async function diagnosis(cluster: DemoCluster): Promise<string> {
  const looks = [
    ['get', 'eevee,deployment,pod', '-n', cluster.namespace, '-o', 'wide'],
    ['logs', '-n', cluster.namespace, '--tail=20', '-l', S3_SELECTOR],
    ['logs', '-n', cluster.namespace, '--tail=20', '-l', IRC_SELECTOR],
    ['get', 'event', '-n', cluster.namespace, '--sort-by=.lastTimestamp'],
    ['logs', '-n', cluster.namespace, '--all-containers', '--prefix', '--tail=20', '-l', 'app.kubernetes.io/part-of=eevee'],
  ];
  const sections: string[] = [];
  for (const look of looks) {
    const text = await cluster.kubectl(look).catch((error: unknown) => messageOf(error));
    sections.push(`$ kubectl ${look.join(' ')}\n${text.trimEnd()}`);
  }
  return sections.join('\n\n');
}

async function get<T>(cluster: DemoCluster, ...args: readonly string[]): Promise<T> {
  return JSON.parse(await cluster.kubectl(['get', ...args, '-n', cluster.namespace, '-o', 'json'])) as T;
}
