import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MODULE_ENV } from '@eeveebot/contract';
import { NatsClient } from '@eeveebot/libeevee';
import { CliError } from '../cli-error.ts';
import { reportWhileRunning } from '../console/slow-work.ts';
import { type Bus, startBus } from './bus.ts';
import { ModuleProcess } from './module-process.ts';
import { shownEnd } from './shown-end.ts';
import { withoutConnection, withoutOtherBots } from './variables-of-bots.ts';

/** A module of a bot that runs here. */
export interface BotPart {
  readonly name: string;
  readonly file: string;
  readonly folder: string;
  readonly nodeFlags: readonly string[];
  /** Variables in addition to those of this process. Read at each start. */
  readonly env?: () => NodeJS.ProcessEnv;
  /** Least severe level of its log that is shown, unless LOG_LEVEL is set. */
  readonly logLevel: string;
}

/** Settings of {@link LocalBot.start}. */
export interface LocalBotOptions {
  readonly parts: readonly BotPart[];
  /** Path of a NATS server to use instead of a bus in this process. */
  readonly natsServer: string | undefined;
  /** Folder for the data of the modules; default: a temporary one. */
  readonly data: string | undefined;
  /** Called with each line that a part writes. */
  readonly wrote: (part: string, line: string) => void;
  /** Called when a part ended although it was not asked to, or failed while it stopped. */
  readonly crashed: (part: string, reason: string) => void;
  /** Ends the start: parts that are not ready are stopped. */
  readonly signal: AbortSignal;
  /** Called when a part could not be started again, for example because its file with variables is missing. */
  readonly notRestarted: (part: string, error: CliError) => void;
}

/** Longest step when the clock is moved: modules renew their registrations each minute, and the router forgets them after five. */
const STEP_MS = 60_000;

/** End of the years with four digits: dates far beyond it do not exist in JavaScript. */
const LATEST_MS = Date.UTC(10_000, 0) - 1;

/** Maximum number of steps when the clock is moved, so that moving it by a year takes seconds. */
const MOST_STEPS = 500;

/** Time without messages after which a module on an older libeevee, whose work cannot be followed, counts as idle. */
const QUIET_MS = 250;

/** Maximum number of rounds to wait for idle modules: a module may publish endlessly on its own. */
const MOST_ROUNDS = 1_000;

/** Matches every subject. */
const EVERYTHING = '>';

/** A bot on this machine: a bus, and a process for each part. */
export class LocalBot {
  readonly nats: NatsClient;
  readonly busName: string;
  readonly #options: LocalBotOptions;
  readonly #bus: Bus;
  readonly #dataFolder: string;
  readonly #processes = new Map<string, ModuleProcess>();
  #messages = 0;
  #offsetMs = 0;
  readonly #stopping = new AbortController();
  #stopped: Promise<void> | undefined;
  /** Starts and restarts, one after the other. Never rejects after the first start. */
  #changing: Promise<unknown> = Promise.resolve();

  private constructor(options: LocalBotOptions, bus: Bus) {
    this.#options = options;
    this.#bus = bus;
    this.busName = bus.name;
    this.#dataFolder = options.data === undefined ? mkdtempSync(join(tmpdir(), 'eevee-data-')) : resolve(options.data);
    // With an empty name, it reads no file that the shell names.
    this.nats = new NatsClient({ natsHost: bus.host, natsToken: bus.token, name: 'eevee-cli', caFile: '' });
    if (options.signal.aborted) this.#stopping.abort();
    options.signal.addEventListener('abort', () => this.#stopping.abort());
  }

  /**
   * Starts all parts, and waits until they are ready or have ended.
   *
   * @throws CliError when the NATS server does not start.
   */
  static async start(options: LocalBotOptions): Promise<LocalBot> {
    const bot = new LocalBot(options, await startBus(options.natsServer));
    try {
      await bot.nats.connect({ signal: options.signal });
      await bot.nats.subscribe(EVERYTHING, () => {
        bot.#messages++;
      });
      bot.#changing = Promise.all(options.parts.map((part) => bot.#startPart(part)));
      await bot.#changing;
      await bot.settled();
      return bot;
    } catch (error) {
      await bot.stop();
      throw error;
    }
  }

  /** Time of the bot, in milliseconds since 1970. */
  get nowMs(): number {
    return Date.now() + this.#offsetMs;
  }

  /** Names of the parts that run. */
  get running(): readonly string[] {
    return [...this.#processes.values()].filter(({ isEnded }) => !isEnded).map(({ name }) => name);
  }

  /** Names of the parts that are starting, or have not handled everything that they received. */
  get busy(): readonly string[] {
    return [...this.#processes.values()].filter(({ isBusy, isEnded }) => isBusy && !isEnded).map(({ name }) => name);
  }

  /** Waits until the parts that are being restarted are ready, or have ended. */
  async ready(): Promise<void> {
    await this.#changing;
  }

  /** Waits until all messages are delivered and handled, and their answers as well. */
  async settled(): Promise<void> {
    await this.#changing;
    let seen = -1;
    for (let round = 0; seen !== this.#messages && round < MOST_ROUNDS; round++) {
      seen = this.#messages;
      await this.nats.nats?.flush();
      const connections = await Promise.all([...this.#processes.values()].map((each) => each.settle()));
      if (connections.includes(0)) await delay(QUIET_MS);
      await this.nats.nats?.flush();
    }
  }

  /** Moves the clock of all parts, in steps after which each has answered the others. @throws CliError when that is too far. */
  async advance(ms: number): Promise<void> {
    if (this.nowMs + ms > LATEST_MS) throw new CliError('the clock can be moved to the year 9999, but no further');
    const stepMs = Math.max(STEP_MS, Math.ceil(ms / MOST_STEPS));
    for (let leftMs = ms; leftMs > 0; leftMs -= stepMs) {
      const movedMs = Math.min(stepMs, leftMs);
      this.#offsetMs += movedMs;
      await Promise.all([...this.#processes.values()].map((each) => each.advance(movedMs)));
      await this.settled();
    }
  }

  /** Stops a part and starts it again: no message is handled by old code after that. */
  restart(name: string): Promise<void> {
    const restarted = this.#changing.then(() => this.#restart(name));
    this.#changing = restarted;
    return restarted;
  }

  async #restart(name: string): Promise<void> {
    const part = this.#options.parts.find((each) => each.name === name);
    if (part === undefined || this.#isStopping) return;
    await this.#processes.get(name)?.stop();
    try {
      await this.#startPart(part);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      this.#options.notRestarted(name, error);
    }
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Stops all parts, then the bus, and removes temporary data. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    // A part that never becomes ready would be waited for endlessly.
    this.#stopping.abort();
    await this.#changing;
    await Promise.all([...this.#processes.values()].map((each) => each.stop()));
    await this.nats.close();
    await this.#bus.stop();
    if (this.#options.data === undefined) rmSync(this.#dataFolder, { recursive: true, force: true });
  }

  async #startPart(part: BotPart): Promise<void> {
    if (this.#isStopping) return;
    const data = join(this.#dataFolder, part.name.replaceAll(/[^\w.-]/g, '_'));
    mkdirSync(data, { recursive: true });
    const started = ModuleProcess.start({
      ...part,
      env: {
        LOG_LEVEL: part.logLevel,
        ...withoutOtherBots(process.env),
        ...withoutConnection(part.env?.() ?? {}),
        [MODULE_ENV.natsHost]: this.#bus.host,
        [MODULE_ENV.natsToken]: this.#bus.token,
        [MODULE_ENV.httpApiPort]: '0',
        [MODULE_ENV.moduleData]: data,
      },
      wrote: (line) => this.#options.wrote(part.name, line),
    });
    this.#processes.set(part.name, started);
    void started.ended.then((ended) => {
      if (started.hasFailed(ended) || !(started.isStopping || this.#isStopping)) {
        this.#options.crashed(part.name, shownEnd(ended));
      }
    });
    // Sets its clock to that of the other parts.
    const stop = (): void => void started.stop();
    this.#stopping.signal.addEventListener('abort', stop);
    const done = reportWhileRunning((seconds) => this.#options.wrote(part.name, `still starting after ${seconds} s`));
    if (this.#offsetMs > 0) await started.advance(this.#offsetMs);
    await started.started.catch(() => undefined);
    done();
    this.#stopping.signal.removeEventListener('abort', stop);
  }
}
