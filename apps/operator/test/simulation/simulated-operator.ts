import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type ControlPlane, freePort } from '@eeveebot/testing';
import { ApiServerProxy } from '../controller/api-server-proxy.ts';
import { isWrite, kubeconfigOf } from '../killed-operator.ts';
import { OperatorProcess } from '../operator-process.ts';
import { seeded } from './random.ts';

/** Time for which a frozen operator misses every change. */
const FROZEN_MS = 2_000;

/** Maximum delay of a write before it reaches the API server: others write between the decision and its effect. */
const WRITE_DELAY_MS = 60;

/** The operator of a history: a process that is killed and restarted, behind a connection that can be slow. */
export class SimulatedOperator implements AsyncDisposable {
  readonly #env: Readonly<Record<string, string>>;
  readonly #proxy: ApiServerProxy;
  readonly #laggingUntil = new Map<string, number>();
  #process: OperatorProcess | undefined;
  #earlierOutput = '';
  #thaw: (() => void) | undefined;
  #writesToKill: number | undefined;
  #restarting: Promise<void> | undefined;

  private constructor(proxy: ApiServerProxy, env: Readonly<Record<string, string>>) {
    this.#proxy = proxy;
    this.#env = env;
    const random = seeded(1);
    proxy.arriving = async (request) => {
      if (isWrite(request)) await pause(random.below(WRITE_DELAY_MS));
    };
    proxy.answered = (request) => this.#isDelivered(request);
    proxy.passing = ({ url }) => this.#whileLagging(url);
  }

  static async before({ kube, namespace }: { readonly kube: ControlPlane; readonly namespace: string }): Promise<SimulatedOperator> {
    const proxy = await ApiServerProxy.before(kube.kubeconfig);
    const kubeconfig = join(kube.folder, `${namespace}.simulated.kubeconfig`);
    await writeFile(kubeconfig, JSON.stringify(kubeconfigOf(proxy.url)));
    return new SimulatedOperator(proxy, { KUBECONFIG: kubeconfig, NAMESPACE: namespace, LOG_FORMAT: 'json' });
  }

  async start(): Promise<void> {
    this.#process = new OperatorProcess({ ...this.#env, HTTP_API_PORT: String(await freePort()) });
  }

  /** Kills the process with SIGKILL, as in a crash, and starts another. */
  async killAndStart(): Promise<void> {
    await this.#restart((process) => process.kill());
  }

  /** Stops the process with SIGTERM, and starts another. */
  async terminateAndStart(): Promise<void> {
    await this.#restart((process) => process.terminate());
  }

  /**
   * Kills the process once the API server has carried out its `count`-th write from now, before it gets the response, and starts another.
   */
  killAtWrite(count: number): void {
    this.#writesToKill = count;
  }

  /** Freezes the process for a while: it acts on stale state afterwards. */
  freeze(): void {
    this.#thaw?.();
    const frozen = this.#process;
    frozen?.freeze();
    const timer = setTimeout(() => this.#thaw?.(), FROZEN_MS);
    this.#thaw = () => {
      clearTimeout(timer);
      this.#thaw = undefined;
      frozen?.thaw();
    };
  }

  /** Delays changes of one resource, while those of the others arrive at once. @param resource such as `pods`. */
  lag(resource: string, ms: number): void {
    this.#laggingUntil.set(resource, Date.now() + ms);
  }

  /** Log of all its processes. */
  get output(): string {
    return this.#earlierOutput + (this.#process?.output ?? '');
  }

  /** Whether the process exited by itself. */
  get hasCrashed(): boolean {
    return this.#restarting === undefined && this.#process?.hasEnded === true;
  }

  /** Ends all disturbances: the process runs, and sees every change at once. */
  async calm(): Promise<void> {
    this.#writesToKill = undefined;
    this.#laggingUntil.clear();
    this.#thaw?.();
    await this.#restarting;
  }

  /** Ends the process, and starts no other. */
  async end(): Promise<void> {
    await this.calm();
    await this.#process?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    await this.#proxy[Symbol.asyncDispose]();
  }

  /** One restart at a time: the exit of a process that is being replaced is not another crash. */
  async #restart(end: (process: OperatorProcess) => void): Promise<void> {
    const before = this.#restarting;
    const restarting = (async () => {
      await before;
      this.#thaw?.();
      const ended = this.#process;
      if (ended !== undefined) end(ended);
      await ended?.code();
      this.#earlierOutput += ended?.output ?? '';
      await this.start();
    })();
    this.#restarting = restarting;
    await restarting;
    if (this.#restarting === restarting) this.#restarting = undefined;
  }

  #isDelivered(request: { readonly method: string; readonly url: string }): boolean {
    if (this.#writesToKill === undefined || !isWrite(request)) return true;
    this.#writesToKill -= 1;
    if (this.#writesToKill > 0) return true;
    this.#writesToKill = undefined;
    void this.killAndStart();
    return false;
  }

  async #whileLagging(url: string): Promise<void> {
    const resource = url.includes('watch=') ? url.split('?')[0]?.split('/').at(-1) : undefined;
    if (resource === undefined) return;
    for (;;) {
      const leftMs = (this.#laggingUntil.get(resource) ?? 0) - Date.now();
      if (leftMs <= 0) return;
      await pause(leftMs);
    }
  }
}
