import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assetPath } from './assets.ts';
import { eventually } from './eventually.ts';
import type { Kubectl } from './kubectl.ts';
import { KWOK_STAGES } from './kwok-stages.ts';
import { ServerProcess } from './processes/server-process.ts';

export interface KwokOptions {
  /** Nodes to begin with; default 1. */
  readonly nodes?: number;
}

/** Plays the kubelets: nodes are Ready, pods on them run, complete or crash, and no container exists. */
export interface Kwok {
  /** Adds a Ready node with room for any number of pods, and gives its name. */
  addNode(name?: string): Promise<string>;
  stop(): Promise<void>;
  /** The end of its log. */
  log(lines?: number): string;
}

/** The cluster that kwok plays in. */
export interface KwokCluster {
  readonly kubeconfig: string;
  readonly folder: string;
  readonly kubectl: Kubectl;
}

// Of kwok's own stages those that take no time. `general` would make each pod wait seconds between its states.
const STAGE_FOLDERS = ['node/fast', 'node/heartbeat-with-lease', 'pod/fast'];

/**
 * Starts kwok for a cluster. `startControlPlane({ kwok: true })` does it with a scheduler.
 *
 * A pod becomes Ready, and completes when a Job owns it. The labels of `kwokPod` make it fail.
 */
export async function startKwok(cluster: KwokCluster, { nodes = 1 }: KwokOptions = {}): Promise<Kwok> {
  const own = join(cluster.folder, 'kwok-stages.yaml');
  writeFileSync(own, KWOK_STAGES.map((stage) => JSON.stringify(stage)).join('\n---\n'));
  const server = await ServerProcess.start({
    name: 'kwok',
    command: assetPath('kwok'),
    args: [
      ...['--kubeconfig', cluster.kubeconfig, '--manage-all-nodes', '--node-lease-duration-seconds', '40'],
      ...[...STAGE_FOLDERS.flatMap(stageFiles), own].flatMap((file) => ['--config', file]),
    ],
    folder: cluster.folder,
    isReady: () => Promise.resolve(true),
  });
  const kwok = new RunningKwok(server, cluster.kubectl);
  try {
    for (let index = 0; index < nodes; index++) await kwok.addNode();
  } catch (error) {
    await kwok.stop();
    throw error;
  }
  return kwok;
}

class RunningKwok implements Kwok {
  readonly #server: ServerProcess;
  readonly #kubectl: Kubectl;
  #nodes = 0;

  constructor(server: ServerProcess, kubectl: Kubectl) {
    this.#server = server;
    this.#kubectl = kubectl;
  }

  async addNode(name = `kwok-${++this.#nodes}`): Promise<string> {
    const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' };
    await this.#kubectl(['apply', '-f', '-'], { input: { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } } });
    const ready = ['get', 'node', name, '-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].status} {.spec.taints}'];
    await eventually(async () => (await this.#kubectl(ready)).trim() === 'True', { what: `node ${name} to be Ready, without taints` });
    return name;
  }

  async stop(): Promise<void> {
    await this.#server.stop({ signal: 'SIGKILL' });
  }

  log(lines?: number): string {
    return this.#server.logTail(lines);
  }
}

function stageFiles(folder: string): string[] {
  const path = join(assetPath('kwok-stages'), folder);
  return readdirSync(path)
    .filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml')
    .map((name) => join(path, name));
}
