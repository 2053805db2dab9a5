import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { MODULE_START_CHANNEL, NATS_CLIENT_CHANNEL } from '@eeveebot/contract';
import { eeveeLogo } from '@eeveebot/libeevee';
import type { Report, Request, Stop } from '../child/messages.ts';
import { CliError } from '../cli-error.ts';
import { RUNNER } from './parts.ts';

/** Settings of {@link ModuleProcess.start}. */
export interface ModuleProcessOptions {
  readonly name: string;
  readonly file: string;
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly nodeFlags: readonly string[];
  /** Called with each line of its output. */
  readonly wrote: (line: string) => void;
}

/** End of a process. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A module needs up to five seconds to stop by itself. */
const STOP_LIMIT_MS = 6_000;

/** Exit codes of modules that stopped, or that do not handle the signal. */
const CLEAN_EXIT_CODES: ReadonlySet<number> = new Set([0, 130, 143]);

const LOGO_LINES: ReadonlySet<string> = new Set(eeveeLogo.split('\n'));

/** A module in a process of its own, as the cluster runs it. */
export class ModuleProcess {
  readonly name: string;
  /** Settles when its entry point has run and the module has started, or when the process ends. */
  readonly started: Promise<void>;
  readonly ended: Promise<Ended>;
  #child: ChildProcess;
  #isStarted = false;
  #isEnded = false;
  #isStopping = false;
  #requests = 0;
  readonly #pending = new Map<number, (connections: number) => void>();

  private constructor({ name, file, folder, env, nodeFlags, wrote }: ModuleProcessOptions) {
    this.name = name;
    this.#child = fork(RUNNER, [file, NATS_CLIENT_CHANNEL, MODULE_START_CHANNEL], {
      cwd: folder,
      env,
      execArgv: [...nodeFlags],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const output = [this.#child.stdout, this.#child.stderr].filter((stream) => stream !== null).map((stream) => followLines(stream, wrote));
    const started = Promise.withResolvers<void>();
    this.started = started.promise;
    // The caller of the start handles it; an end before that is reported there.
    this.started.then(
      () => (this.#isStarted = true),
      () => undefined,
    );
    this.#child.on('message', (message: Report) => {
      if (message.report === 'started') started.resolve();
      else this.#done(message.request, message.connections);
    });
    const exited = Promise.withResolvers<Ended>();
    this.#child.once('error', (error) => {
      wrote(`cannot start ${process.execPath}: ${error.message}`);
      exited.resolve({ code: 1, signal: null });
    });
    this.#child.once('exit', (code, signal) => exited.resolve({ code, signal }));
    this.ended = exited.promise.then(async (ended) => {
      this.#isEnded = true;
      // Its last lines explain the failure.
      await Promise.all(output);
      for (const request of this.#pending.keys()) this.#done(request, 1);
      started.reject(new CliError(`${name} ended with ${ended.signal ?? `code ${ended.code}`} before it was ready`));
      return ended;
    });
  }

  /** Starts the process of a module. */
  static start(options: ModuleProcessOptions): ModuleProcess {
    return new ModuleProcess(options);
  }

  /** Whether it is starting, or has not answered a request. */
  get isBusy(): boolean {
    return !this.#isStarted || this.#pending.size > 0;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Whether it was asked to stop: its end is expected. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Whether it failed after its start, also when it was asked to stop: it may crash at the same moment. */
  hasFailed({ code }: Ended): boolean {
    return this.#isStarted && code !== null && !CLEAN_EXIT_CODES.has(code);
  }

  /**
   * Waits until the module has handled what it received.
   *
   * @returns the number of connections that it follows: 0 when its work cannot be followed.
   */
  settle(): Promise<number> {
    return this.#request((request) => ({ request, do: 'settle' }));
  }

  /** Moves the clock of the module. */
  async advance(ms: number): Promise<void> {
    await this.#request((request) => ({ request, do: 'advance', ms }));
  }

  /** Stops the module as a pod is stopped, and kills it if it does not end. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.#isEnded) return;
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), STOP_LIMIT_MS);
    if (this.#child.connected) this.#child.send({ do: 'stop' } satisfies Stop, () => undefined);
    else this.#child.kill('SIGTERM');
    await this.ended;
    clearTimeout(kill);
  }

  #request(build: (request: number) => Request): Promise<number> {
    if (this.#isEnded || !this.#child.connected) return Promise.resolve(1);
    const request = ++this.#requests;
    const { promise, resolve } = Promise.withResolvers<number>();
    this.#pending.set(request, resolve);
    // If the process ends first, that settles the promise.
    this.#child.send(build(request), () => undefined);
    return promise;
  }

  #done(request: number, connections: number): void {
    this.#pending.get(request)?.(connections);
    this.#pending.delete(request);
  }
}

/** Passes on the lines of a stream, without the logo that a module prints at its start. Settles at its end. */
async function followLines(stream: Readable, wrote: (line: string) => void): Promise<void> {
  const lines = createInterface({ input: stream, crlfDelay: Infinity });
  lines.on('line', (line) => {
    if (!LOGO_LINES.has(line)) wrote(line);
  });
  await once(lines, 'close');
}
