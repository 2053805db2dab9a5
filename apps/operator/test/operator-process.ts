import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { operatorBundle } from './operator-bundle.ts';

/** An operator in its own process. */
export class OperatorProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  output = '';

  constructor(env: Readonly<Record<string, string>>) {
    const { PATH = '', HOME = '' } = process.env;
    this.#child = spawn(process.execPath, [operatorBundle()], { env: { PATH, HOME, ...env } });
    this.#ended = once(this.#child, 'exit');
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
  }

  /** Sends SIGTERM. */
  terminate(): void {
    this.#child.kill('SIGTERM');
  }

  /** Sends SIGKILL, as in a crash: no cleanup runs. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Sends SIGSTOP: it misses all events, including those of its connections and timers. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  /** Sends SIGCONT to a frozen process. */
  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  /** Sends SIGUSR2, which ends a process that has no handler for it. */
  notify(): void {
    this.#child.kill('SIGUSR2');
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** @returns the exit code, once the process has exited. */
  async code(): Promise<number | null> {
    await this.#ended;
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.hasEnded) this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
