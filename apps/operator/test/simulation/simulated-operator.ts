import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type ControlPlane, freePort } from '@eeveebot/testing';
import { ApiServerProxy } from '../controller/api-server-proxy.ts';
import { isWrite, kubeconfigOf } from '../killed-operator.ts';
import { OperatorProcess } from '../operator-process.ts';
import { ApiDisturbances } from './api-disturbances.ts';
import { seeded } from './random.ts';

/** Time for which a frozen operator misses every change. */
const FROZEN_MS = 2_000;

/** Longer than a Lease that is not renewed keeps others out. */
const OUTLIVED_LEASE_MS = 8_000;

/** Moves the time of day of a process. */
const MOVABLE_CLOCK = new URL('movable-clock.mjs', import.meta.url).href;

/** Maximum delay of a write before it reaches the API server: others write between the decision and its effect. */
const WRITE_DELAY_MS = 60;

/** The operator of a history: a process that is killed and restarted, behind a connection that can be slow. */
export class SimulatedOperator implements AsyncDisposable {
  readonly #env: Readonly<Record<string, string>>;
  readonly #proxy: ApiServerProxy;
  readonly #clockFile: string;
  /** Troubles with the API server. */
  readonly api: ApiDisturbances;
  #process: OperatorProcess | undefined;
  #earlierOutput = '';
  #thaw: (() => void) | undefined;
  #writesToKill: number | undefined;
  #restarting: Promise<void> | undefined;
  #second: OperatorProcess | undefined;

  private constructor(
    proxy: ApiServerProxy,
    { clockFile, env }: { readonly clockFile: string; readonly env: Readonly<Record<string, string>> },
  ) {
    this.#proxy = proxy;
    this.#clockFile = clockFile;
    this.#env = env;
    this.api = new ApiDisturbances(proxy);
    const random = seeded(1);
    proxy.arriving = async (request) => {
      if (isWrite(request)) await pause(random.below(WRITE_DELAY_MS));
      this.api.arriving();
    };
    proxy.answered = (request) => this.#isDelivered(request);
  }

  static async before({ kube, namespace }: { readonly kube: ControlPlane; readonly namespace: string }): Promise<SimulatedOperator> {
    const proxy = await ApiServerProxy.before(kube.kubeconfig);
    const kubeconfig = join(kube.folder, `${namespace}.simulated.kubeconfig`);
    writeFileSync(kubeconfig, JSON.stringify(kubeconfigOf(proxy.url)));
    const clockFile = join(kube.folder, `${namespace}.clock`);
    writeFileSync(clockFile, '0');
    const clock = { CLOCK_FILE: clockFile, NODE_OPTIONS: `--import=${MOVABLE_CLOCK}` };
    return new SimulatedOperator(proxy, {
      clockFile,
      env: { KUBECONFIG: kubeconfig, NAMESPACE: namespace, LOG_FORMAT: 'json', ...clock },
    });
  }

  async start(): Promise<void> {
    this.#process = await this.#newProcess();
  }

  async #newProcess(): Promise<OperatorProcess> {
    return new OperatorProcess({ ...this.#env, HTTP_API_PORT: String(await freePort()) });
  }

  /** Starts another operator beside it, which a later call replaces, and {@link calm} kills. */
  async startSecond(): Promise<void> {
    const before = this.#second;
    this.#second = await this.#newProcess();
    await this.#kill(before);
  }

  /** Sets the time of day of its processes. @param offsetS seconds from the true time. */
  setClock(offsetS: number): void {
    writeFileSync(this.#clockFile, String(offsetS));
    // A process that has just been started reads the file by itself, and has no handler yet.
    for (const process of [this.#process, this.#second]) if (process?.output.includes('{') === true) process.notify();
  }

  async #kill(process: OperatorProcess | undefined): Promise<void> {
    await process?.[Symbol.asyncDispose]();
    this.#earlierOutput += process?.output ?? '';
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

  /** Freezes the process for a while: it acts on stale state afterwards, and another one may have taken over. */
  freeze(isOutlived = false): void {
    this.#thaw?.();
    const frozen = this.#process;
    frozen?.freeze();
    const timer = setTimeout(() => this.#thaw?.(), isOutlived ? OUTLIVED_LEASE_MS : FROZEN_MS);
    this.#thaw = () => {
      clearTimeout(timer);
      this.#thaw = undefined;
      frozen?.thaw();
    };
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
    this.api.calm();
    this.#thaw?.();
    this.setClock(0);
    const second = this.#second;
    this.#second = undefined;
    await this.#kill(second);
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
}
