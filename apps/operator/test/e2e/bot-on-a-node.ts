import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LABEL, moduleDeploymentName, moduleVolumeClaimName } from '@eeveebot/contract';
import type { BotModule, BotModuleSpecInput, Condition, IpcConfig } from '@eeveebot/crds';
import { allImages, applicationImageName, eventually, Helm, type Node, startNode } from '@eeveebot/testing';
import type { Deployment, PersistentVolumeClaim, Pod } from '../../src/resource-types/kubernetes.ts';

export const NAMESPACE = 'bots';
/** Another namespace that the operator watches. */
export const SECOND_NAMESPACE = 'irc-bots';
export const IPC_CONFIG = 'bot';
export const ECHO_IMAGE = applicationImageName('echo-module');

/** Deployment of the operator, under the chart's name for release `eevee`. */
export const OPERATOR = 'eevee-operator';

/** A whole node with the umbrella chart of this repository installed, with real images. */
export class BotOnANode implements AsyncDisposable {
  readonly node: Node;
  readonly helm: Helm;
  /** For files of tests; removed at the end. */
  readonly folder: string;

  private constructor(node: Node, helm: Helm, folder: string) {
    this.node = node;
    this.helm = helm;
    this.folder = folder;
  }

  /** Starts the node and installs operator, NATS and a module `echo`. */
  static async start(): Promise<BotOnANode> {
    const node = await startNode({ images: allImages() });
    const folder = mkdtempSync(join(tmpdir(), 'eevee-e2e-'));
    const bot = new BotOnANode(node, await Helm.withCharts(folder, node.kubeconfig), folder);
    try {
      for (const name of [NAMESPACE, SECOND_NAMESPACE]) await node.kubectl(['create', 'namespace', name]);
      await bot.install();
      return bot;
    } catch (error) {
      await bot[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Installs or upgrades the release. @param more fields of the module `echo`. */
  async install(more: object = {}): Promise<void> {
    const values = {
      operator: { operator: { operator: { env: { watchNamespaces: [NAMESPACE, SECOND_NAMESPACE] } } } },
      bot: {
        ipcConfig: { name: IPC_CONFIG, spec: { nats: { managed: { enabled: true }, token: { generate: true } } } },
        botModules: [{ name: 'echo', spec: { ...moduleSpec('echo'), ...more } }],
      },
    };
    const args = ['upgrade', '--install', 'eevee', this.helm.chart('eevee'), '-n', NAMESPACE, '--values', '-'];
    await this.helm.run([...args, '--timeout', '3m'], { input: JSON.stringify(values) });
  }

  /** Creates modules and waits until they are Ready. */
  async startModules(...modules: readonly { readonly name: string; readonly spec?: Partial<BotModuleSpecInput> }[]): Promise<void> {
    await this.node.apply(
      ...modules.map(({ name, spec = {} }) => ({
        apiVersion: 'eevee.bot/v1',
        kind: 'BotModule',
        metadata: { name, namespace: NAMESPACE },
        spec: { ...moduleSpec(name), ...spec },
      })),
    );
    for (const { name } of modules) await this.untilReady(name);
  }

  /** Waits until a module's Ready has this reason at its newest generation. */
  async untilReady(name: string, reason = 'Ready'): Promise<Condition> {
    return this.#until('botmodule', name, reason);
  }

  async untilIpcReady(): Promise<Condition> {
    return this.#until('ipcconfig', IPC_CONFIG, 'Ready');
  }

  async patchModule(name: string, spec: object): Promise<void> {
    await this.kubectl('patch', 'botmodule', name, '--type=merge', '-p', JSON.stringify({ spec }));
  }

  kubectl(...args: readonly string[]): Promise<string> {
    return this.node.kubectl(['-n', NAMESPACE, ...args]);
  }

  deployment(module: string): Promise<Deployment> {
    return this.node.get<Deployment>('deployment', moduleDeploymentName(module), '-n', NAMESPACE);
  }

  claim(module: string): Promise<PersistentVolumeClaim> {
    return this.node.get<PersistentVolumeClaim>('pvc', moduleVolumeClaimName(module), '-n', NAMESPACE);
  }

  /** Pods that match, sorted by name, except for those that are being deleted. */
  async pods(selector: string): Promise<readonly Pod[]> {
    const { items } = await this.node.get<{ items: readonly Pod[] }>('pods', '-l', selector, '-n', NAMESPACE);
    return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  /**
   * Runs a line of JavaScript in a ready pod of the module's current Deployment. A Ready status may be older than that Deployment, and pods
   * of a deleted one keep running for a while.
   *
   * @returns its output.
   */
  async runInModule(module: string, line: string): Promise<string> {
    const pod = await eventually(() => this.#readyPod(module), { what: `a ready pod of ${module}`, intervalMs: 200 });
    return this.kubectl('exec', pod, '--', 'node', '-e', line);
  }

  /** Whether an object exists. */
  async has(kind: string, name: string): Promise<boolean> {
    return (await this.kubectl('get', kind, name, '--ignore-not-found', '-o', 'name')) !== '';
  }

  async stopOperator(): Promise<void> {
    await this.kubectl('scale', 'deployment', OPERATOR, '--replicas=0');
    await eventually(async () => (await this.#operatorPods()) === 0, { what: 'the operator to be gone' });
  }

  async startOperator(): Promise<void> {
    await this.kubectl('scale', 'deployment', OPERATOR, '--replicas=1');
    await this.kubectl('rollout', 'status', 'deployment', OPERATOR, '--timeout=120s');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.node.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #readyPod(module: string): Promise<string | undefined> {
    const { metadata } = await this.deployment(module);
    const selector = `${LABEL.module}=${module}`;
    const { items: sets } = await this.node.get<{ items: readonly Owned[] }>('replicasets', '-l', selector, '-n', NAMESPACE);
    const owners = sets.filter((set) => isOwnedBy(set, [metadata.uid])).map((set) => set.metadata.uid);
    return (await this.pods(selector)).find((pod) => isOwnedBy(pod, owners) && isReady(pod))?.metadata.name;
  }

  async #operatorPods(): Promise<number> {
    const { items } = await this.node.get<{ items: readonly Pod[] }>('pods', '-l', 'app.kubernetes.io/name=operator', '-n', NAMESPACE);
    return items.length;
  }

  async #until(kind: 'botmodule' | 'ipcconfig', name: string, reason: string): Promise<Condition> {
    return eventually(
      async () => {
        const { metadata, status } = await this.node.get<BotModule | IpcConfig>(kind, name, '-n', NAMESPACE);
        const ready = status?.conditions?.find(({ type }) => type === 'Ready');
        const isSo = ready?.reason === reason && status?.observedGeneration === metadata.generation;
        if (!isSo) throw new Error(`Ready is ${ready?.status} ${ready?.reason}: ${ready?.message}`);
        return ready;
      },
      { what: `${kind} ${name} to be ${reason}`, intervalMs: 200 },
    );
  }
}

interface Owned {
  readonly metadata: { readonly uid?: string; readonly ownerReferences?: readonly { readonly uid: string }[] };
}

const isOwnedBy = ({ metadata }: Owned, owners: readonly (string | undefined)[]): boolean =>
  metadata.ownerReferences?.some(({ uid }) => owners.includes(uid)) === true;

const isReady = ({ status }: Pod): boolean =>
  status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;

/** A module that runs the echo image. */
function moduleSpec(name: string): BotModuleSpecInput {
  return {
    moduleName: name,
    image: ECHO_IMAGE,
    ipcConfig: IPC_CONFIG,
    metrics: true,
    // Many modules start on one small machine.
    readinessProbe: { httpGet: { path: '/health', port: 9000 }, periodSeconds: 1 },
  };
}
