import { freePort } from '@eeveebot/testing';
import { setTimeout as pause } from 'node:timers/promises';
import { OperatorProcess } from '../operator-process.ts';

/** How long a frozen operator misses what happens. */
const FROZEN_MS = 2_000;

/** The operator of a history: a process that is killed and started again. */
export class SimulatedOperator implements AsyncDisposable {
  readonly #env: Readonly<Record<string, string>>;
  #process: OperatorProcess | undefined;
  #earlierOutput = '';

  constructor(given: { readonly kubeconfig: string; readonly namespace: string }) {
    this.#env = { KUBECONFIG: given.kubeconfig, NAMESPACE: given.namespace, LOG_FORMAT: 'json' };
  }

  async start(): Promise<void> {
    this.#process = new OperatorProcess({ ...this.#env, HTTP_API_PORT: String(await freePort()) });
  }

  /** Ends the process as a crash does, and starts another. */
  async killAndStart(): Promise<void> {
    this.#process?.kill();
    await this.#restart();
  }

  /** Ends the process with SIGTERM, and starts another. */
  async terminateAndStart(): Promise<void> {
    this.#process?.terminate();
    await this.#restart();
  }

  /** Holds the process still for a while: what it acts on afterwards is old. */
  async freeze(): Promise<void> {
    const frozen = this.#process;
    frozen?.freeze();
    await pause(FROZEN_MS);
    frozen?.thaw();
  }

  /** Log of all its processes. */
  get output(): string {
    return this.#earlierOutput + (this.#process?.output ?? '');
  }

  /** Whether it ended without being asked to. */
  get hasCrashed(): boolean {
    return this.#process?.hasEnded === true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process?.thaw();
    await this.#process?.[Symbol.asyncDispose]();
  }

  async #restart(): Promise<void> {
    await this.#process?.code();
    this.#earlierOutput += this.#process?.output ?? '';
    await this.start();
  }
}
