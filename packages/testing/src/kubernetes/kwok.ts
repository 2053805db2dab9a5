import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { binary } from '../programs/binaries.ts';
import { certificateAuthority } from '../certificates/certificates.ts';
import { eventually } from '../waiting/eventually.ts';
import type { KubectlClient } from './kubectl.ts';
import { KWOK_STAGES, SLOW_STAGES } from './kwok-stages.ts';
import { freePort } from '../processes/ports.ts';
import { ServerProcess } from '../processes/server-process.ts';

export interface KwokOptions {
  /** Initial number of nodes; default 1. */
  readonly nodes?: number;
  /** Pods of Jobs run for 1 to 4 seconds and one in eight fails; deleted pods take up to 2 seconds to end. Default: all at once. */
  readonly slowPods?: boolean;
  /** Ports of loopback that `kubectl port-forward` leads to, by port of the pod. */
  readonly forwards?: Readonly<Record<number, number>>;
}

/** Simulates kubelets: nodes are Ready, pods on them run, complete or crash, without containers. */
export interface Kwok extends AsyncDisposable {
  /** Adds a Ready node with capacity for any number of pods, and returns its name. */
  addNode(name?: string): Promise<string>;
  stop(): Promise<void>;
  /** The end of its log. */
  log(lines?: number): string;
}

/** Cluster of the simulated nodes; kwok's log is in the cluster's folder. */
export type KwokCluster = KubectlClient & { readonly folder: string };

// Only the stages of kwok that take no time. With `general`, each pod would spend seconds between its states.
const STAGE_FOLDERS = ['node/fast', 'node/heartbeat-with-lease', 'pod/fast'];

/**
 * Starts kwok for a cluster that has a scheduler. A pod becomes Ready, and completes when a Job owns it; the metadata of
 * {@link kwokPod} make it fail.
 *
 * @throws {ServerError} when it does not start.
 * @example
 * await using kube = await startControlPlane({ scheduler: true });
 * await using kwok = await startKwok(kube);
 */
export async function startKwok(cluster: KwokCluster, { nodes = 1, slowPods = false, forwards = {} }: KwokOptions = {}): Promise<Kwok> {
  const own = join(cluster.folder, 'kwok-stages.yaml');
  const stages = slowPods ? [...KWOK_STAGES, ...SLOW_STAGES] : KWOK_STAGES;
  const configurations = [...stages, portForwards(forwards)];
  writeFileSync(own, configurations.map((each) => JSON.stringify(each)).join('\n---\n'));
  const server = await ServerProcess.start({
    name: 'kwok',
    command: binary('kwok'),
    args: [
      ...['--kubeconfig', cluster.kubeconfig, '--manage-all-nodes', '--node-lease-duration-seconds', '40'],
      ...(Object.keys(forwards).length === 0 ? [] : await kubeletServer(cluster.folder)),
      ...[...STAGE_FOLDERS.flatMap(stageFiles), own].flatMap((file) => ['--config', file]),
    ],
    folder: cluster.folder,
    isReady: () => Promise.resolve(true),
  });
  const kwok = new RunningKwok(server, cluster);
  try {
    for (let index = 0; index < nodes; index++) await kwok.addNode();
  } catch (error) {
    await kwok.stop();
    throw error;
  }
  return kwok;
}

/** Configures where forwarded ports of all pods lead. */
const portForwards = (forwards: Readonly<Record<number, number>>): object => ({
  apiVersion: 'kwok.x-k8s.io/v1alpha1',
  kind: 'ClusterPortForward',
  metadata: { name: 'all' },
  spec: {
    forwards: Object.entries(forwards).map(([port, target]) => ({ ports: [Number(port)], target: { port: target, address: '127.0.0.1' } })),
  },
});

/** Flags that make kwok serve the API of a kubelet for all nodes, to which the API server passes on port forwards. */
async function kubeletServer(folder: string): Promise<string[]> {
  const port = await freePort();
  const { certificate, key } = await (await certificateAuthority('kwok')).issue({ commonName: 'kwok', hosts: ['127.0.0.1'] });
  writeFileSync(join(folder, 'kwok.crt'), certificate);
  writeFileSync(join(folder, 'kwok.key'), key, { mode: 0o600 });
  return [
    ...['--server-address', `127.0.0.1:${port}`, '--node-ip', '127.0.0.1', '--node-port', String(port)],
    ...['--tls-cert-file', 'kwok.crt', '--tls-private-key-file', 'kwok.key'],
  ];
}

class RunningKwok implements Kwok {
  readonly #server: ServerProcess;
  readonly #cluster: KwokCluster;
  #nodes = 0;

  constructor(server: ServerProcess, cluster: KwokCluster) {
    this.#server = server;
    this.#cluster = cluster;
  }

  async addNode(name = `kwok-${++this.#nodes}`): Promise<string> {
    const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' };
    await this.#cluster.apply({ apiVersion: 'v1', kind: 'Node', metadata: { name, labels } });
    const what = `node ${name} to be Ready, without taints`;
    await eventually(async () => isUsable(await this.#cluster.get<Node>('node', name)), { what });
    return name;
  }

  async stop(): Promise<void> {
    await this.#server.stop({ signal: 'SIGKILL' });
  }

  log(lines?: number): string {
    return this.#server.logTail(lines);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

interface Node {
  readonly spec: { readonly taints?: readonly object[] };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

function isUsable({ spec, status }: Node): boolean {
  return spec.taints === undefined && (status.conditions ?? []).some((each) => each.type === 'Ready' && each.status === 'True');
}

function stageFiles(folder: string): string[] {
  const path = join(binary('kwok-stages'), folder);
  return readdirSync(path)
    .filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml')
    .map((name) => join(path, name));
}
