import { randomUUID } from 'node:crypto';
import { incomingMessageSubject } from '@eeveebot/contract';
import type { ChatMessage, ChatMessageType } from '../chat/answers.ts';
import { mergedConfig } from '../config/load.ts';
import { configDefaults, validConfig } from '../module/config.ts';
import type { ModuleContext } from '../module/contexts.ts';
import type { BotModule } from '../module/define-module.ts';
import { ModuleRun } from '../module/module-run.ts';
import { NatsClient } from '../nats/client.ts';
import { type BusAddress, MemoryBus } from './memory-bus.ts';
import { intervalMs } from './rate-limiter.ts';
import type { IncomingMessage, RegisteredBroadcast, RegisteredCommand, RegisteredHelp } from './registrations.ts';
import { TestRouter } from './test-router.ts';

/** Who says something, and where. */
export type Speaker = Pick<IncomingMessage, 'platform' | 'network' | 'instance' | 'channel' | 'user' | 'userHost'>;

/** Something the bot said or did. */
export interface Outgoing extends Required<ChatMessage> {
  readonly type: ChatMessageType;
}

/** For {@link startTestBot}. */
export interface TestBotOptions {
  /** What the module's configuration file would hold. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** A NATS server to use; without one, a bus in this process. */
  readonly bus?: BusAddress;
  /** How many of the module run. Default 1. */
  readonly replicas?: number;
  /** Who speaks unless `say` is told otherwise. */
  readonly speaker?: Partial<Speaker>;
  /** Default `eevee`. */
  readonly botNick?: string;
  /** What calls a command. Default `!`. */
  readonly prefix?: string;
  /** How long a turn of the conversation may take, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
}

const SPEAKER: Speaker = {
  platform: 'test',
  network: 'test',
  instance: 'test',
  channel: '#test',
  user: 'tester',
  userHost: 'tester@example.org',
};

/** What the router's clock shows at first. */
const START = Date.UTC(2026, 0, 1);

/** How long handlers may go on at the end, as at a shutdown. */
const DRAIN_LIMIT_MS = 3_000;

const asSaid = ({ type, text }: Outgoing): string => (type === 'action.outgoing' ? `/me ${text}` : text);

const escaped = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);

/** What the work gave, or `undefined` when the time is up before. */
async function endedWithin<Value>(limitMs: number, work: Promise<Value>): Promise<{ readonly value: Value } | undefined> {
  const timeUp = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => timeUp.resolve(undefined), limitMs);
  try {
    return await Promise.race([work.then((value) => ({ value })), timeUp.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** A bus, and how this harness leaves it. */
interface Bus {
  readonly address: BusAddress;
  stop(): Promise<void>;
}

/** What is asked of a replica. It takes no configuration, so that a bot is one whatever its module is configured with. */
type Replica<Config> = Pick<ModuleRun<Config>, 'start' | 'idle' | 'stop'> & { readonly context: ModuleContext<Config> };

interface Parts<Config> {
  readonly options: TestBotOptions;
  readonly bus: Bus;
  readonly nats: NatsClient;
  readonly runs: readonly Replica<Config>[];
  /** Gives all replicas what the configuration file would hold. */
  readonly configure: (config: Readonly<Record<string, unknown>>) => Promise<void>;
}

/**
 * A bot of one module, and you in its channel.
 *
 * Nothing sleeps: a turn of the conversation is over when the bus has carried all there is and the module
 * has handled all that it got.
 */
export class TestBot<Config = unknown> implements AsyncDisposable {
  /** Everything the bot said so far. */
  readonly outgoing: Outgoing[] = [];
  readonly #parts: Parts<Config>;
  readonly #router: TestRouter;
  /** Messages heard on the bus: as long as there are new ones, a turn goes on. */
  #heard = 0;
  readonly #traces = new Set<string>();
  #watchers: (() => void)[] = [];
  #stopped: Promise<void> | undefined;

  /** Made by {@link startTestBot}. */
  constructor(parts: Parts<Config>) {
    this.#parts = parts;
    this.#router = new TestRouter(parts.nats, START);
  }

  /** Starts listening, then the module. Called by {@link startTestBot}. */
  async start(): Promise<void> {
    const { nats, runs } = this.#parts;
    await this.#router.start();
    await nats.subscribe('>', (_subject, msg) => {
      this.#heard++;
      if (/^chat\.(?:message|action)\.outgoing\./.test(msg.subject)) this.outgoing.push(msg.json<Outgoing>());
      for (const look of this.#watchers) look();
    });
    for (const run of runs) await run.start();
    await this.settled();
  }

  /** The module as its handlers see it; of several replicas, the first. */
  get module(): ModuleContext<Config> {
    const [run] = this.#parts.runs;
    if (run === undefined) throw new RangeError('a test bot of no replicas has no module');
    return run.context;
  }

  /** Commands that the router knows. */
  get commands(): readonly RegisteredCommand[] {
    return this.#router.standing(this.#router.commands);
  }

  /** Broadcasts that the router knows. */
  get broadcasts(): readonly RegisteredBroadcast[] {
    return this.#router.standing(this.#router.broadcasts);
  }

  /** What help says. */
  get help(): readonly RegisteredHelp[] {
    return [...this.#router.help.values()];
  }

  /**
   * Says something in a channel.
   *
   * @returns what the bot said to that, anywhere, once it is done; actions as `/me waves`.
   * @throws Error when a handler is not done in time.
   * @example
   * expect(await bot.say('!echo hi')).toEqual(['hi']);
   * await bot.say('!echo hi', { user: 'fox', channel: '#other' });
   */
  async say(text: string, speaker: Partial<Speaker> = {}): Promise<string[]> {
    const { options, nats } = this.#parts;
    const from: Speaker = { ...SPEAKER, ...options.speaker, ...speaker };
    const trace = randomUUID();
    this.#traces.add(trace);
    const before = this.outgoing.length;
    const subject = incomingMessageSubject({ ...from, nick: from.user });
    const message = {
      ...from,
      ...{ producer: 'test', subject, moduleUUID: nats.instanceUUID, type: 'chat.message.incoming', trace, text, rawEvent: {} },
      botNick: options.botNick ?? 'eevee',
      commonPrefixRegex: `^${escaped(options.prefix ?? '!')}`,
    };
    await nats.publish(subject, JSON.stringify(message));
    await this.settled();
    // What others said meanwhile is answered to them.
    return this.outgoing
      .slice(before)
      .filter((each) => each.trace === trace || !this.#traces.has(each.trace))
      .map(asSaid);
  }

  /**
   * Moves the router's clock on, e.g. `'1m'` or milliseconds; rate limits pass, and calls that they held back are made. Registrations
   * are asked for again half-way through their ten minutes; those that no module renews, and those whose `ttl` is over, are forgotten.
   *
   * @returns what the bot said to those.
   */
  async advance(time: string | number): Promise<string[]> {
    const before = this.outgoing.length;
    await this.#router.advance(typeof time === 'number' ? time : intervalMs(time), () => this.settled());
    return this.outgoing.slice(before).map(asSaid);
  }

  /**
   * Changes what the module's configuration file holds.
   *
   * @throws EeveeError `EEVEE_CONFIG_INVALID`; the module goes on with the configuration it had.
   */
  async changeConfig(config: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#parts.configure(config);
    await this.settled();
  }

  /** Restarts the router: it knows nothing, and asks all modules to register again. */
  async restartRouter(): Promise<void> {
    await this.#router.restart();
    await this.settled();
  }

  /**
   * Waits for what the bot does on its own time; looks again after each message on the bus.
   *
   * @param look gives what is waited for, or `undefined` or `false` as long as it is not there.
   * @throws Error when it is not there in time.
   * @example
   * await bot.until(() => bot.outgoing.find(({ text }) => text === 'Time is up!'));
   */
  async until<Found>(look: () => Found | undefined | false): Promise<Found> {
    const { promise, resolve, reject } = Promise.withResolvers<Found>();
    const watcher = (): void => {
      try {
        const found = look();
        if (found !== undefined && found !== false) resolve(found);
      } catch (error) {
        reject(error);
      }
    };
    this.#watchers.push(watcher);
    try {
      watcher();
      return await this.#inTime(promise, 'what was waited for did not come');
    } finally {
      this.#watchers = this.#watchers.filter((each) => each !== watcher);
    }
  }

  /** Waits until the bus has carried all there is, and the module has handled all that it got. */
  settled(): Promise<void> {
    return this.#inTime(this.#settle(), 'a handler is not done');
  }

  /** Stops the module as SIGTERM does: what was delivered is handled, then `onStop` runs. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #settle(): Promise<void> {
    const { nats, runs } = this.#parts;
    for (let heard = -1; heard !== this.#heard;) {
      heard = this.#heard;
      // What was published is with the bus, then with the module, then handled, and what it said is with the bus, and here.
      await nats.nats?.flush();
      for (const run of runs) await run.context.nats.nats?.flush();
      for (const run of runs) await run.idle();
      for (const run of runs) await run.context.nats.nats?.flush();
      await nats.nats?.flush();
    }
  }

  get #limitMs(): number {
    return this.#parts.options.timeoutMs ?? 10_000;
  }

  async #inTime<Value>(work: Promise<Value>, failure: string): Promise<Value> {
    const ended = await endedWithin(this.#limitMs, work);
    if (ended === undefined) throw new Error(`${failure} after ${this.#limitMs} ms`);
    return ended.value;
  }

  async #stop(): Promise<void> {
    const { runs, nats, bus } = this.#parts;
    const drained = Promise.all(runs.map((run) => run.context.nats.drain()));
    // A handler that hangs is not waited for: stopping ends it.
    await endedWithin(Math.min(this.#limitMs, DRAIN_LIMIT_MS), drained);
    for (const run of runs) await run.stop();
    await drained;
    await nats.close();
    await bus.stop();
  }
}

/**
 * Runs a module as a bot of its own: with a router that knows its commands and a bus to talk over, in this
 * process. Its log shows warnings and errors unless `LOG_LEVEL` says otherwise.
 *
 * @throws what `onStart` throws, or EeveeError `EEVEE_CONFIG_INVALID`.
 * @example
 * await using bot = await startTestBot(echo);
 * expect(await bot.say('!echo hi')).toEqual(['hi']);
 */
export async function startTestBot<Config>(
  { definition }: Pick<BotModule<Config>, 'definition'>,
  options: TestBotOptions = {},
): Promise<TestBot<Config>> {
  process.env['LOG_LEVEL'] ??= 'warn';
  const valid = (config: Readonly<Record<string, unknown>>): Promise<Config> =>
    validConfig(definition, mergedConfig(configDefaults(definition), config));
  const config = await valid(options.config ?? {});
  const bus: Bus = options.bus === undefined ? await MemoryBus.start() : { address: options.bus, stop: () => Promise.resolve() };
  const { host, token } = bus.address;
  const client = (name: string): NatsClient => new NatsClient({ natsHost: host, natsToken: token, name });
  const nats = client('test-router');
  const clients = Array.from({ length: options.replicas ?? 1 }, () => client(definition.name));
  const startTimeMs = Date.now();
  const runs = clients.map((each) => new ModuleRun(definition, { nats: each, config, startTimeMs }));
  const configure = async (changed: Readonly<Record<string, unknown>>): Promise<void> => {
    for (const run of runs) await run.configure(await valid(changed));
  };
  const bot = new TestBot({ options, bus, nats, runs, configure });
  try {
    await Promise.all([nats, ...clients].map((each) => each.connect()));
    await bot.start();
    return bot;
  } catch (error) {
    await bot.stop();
    throw error;
  }
}
