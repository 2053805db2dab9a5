import { randomUUID } from 'node:crypto';
import { chatEventSubject, incomingMessageSubject } from '@eeveebot/contract';
import type { ChatMessage, ChatMessageType } from '../chat/answers.ts';
import type {
  BroadcastRegistration,
  ChannelNotice,
  ChatEvent,
  CommandRegistration,
  EventRegistration,
  HelpUpdate,
  PersonalNotice,
} from '../chat/payloads.ts';
import { mergedConfig } from '../config/load.ts';
import { configDefaults, validConfig } from '../module/config.ts';
import type { ModuleContext } from '../module/contexts.ts';
import type { BotModule } from '../module/define-module.ts';
import type { HandlerFailure } from '../module/message-handling.ts';
import { ModuleRun } from '../module/module-run.ts';
import { NatsClient } from '../nats/client.ts';
import { intervalMs } from '../routing/index.ts';
import { type BusAddress, MemoryBus } from './memory-bus.ts';
import { TestRouter } from './test-router.ts';
import { type AdvanceTimers, endedWithin, timersMover } from './timers.ts';

/** A speaker and a place. */
export interface Speaker {
  readonly platform: string;
  readonly network: string;
  readonly instance: string;
  /** In a private message the nick. */
  readonly channel: string;
  /** Default `tester`; with only `user`, that without its `~`. */
  readonly nick: string;
  /** As on IRC, the ident: `~` and the nick unless given. */
  readonly user: string;
  readonly userHost: string;
  /** The account at the network's services. */
  readonly account?: string;
  /** Whether it is said to the bot only. */
  readonly private?: boolean;
  /** Whether it is done (`/me waves`) rather than said. */
  readonly action?: boolean;
}

/** A notice to one person (`target`), or to a channel. */
export type OutgoingNotice = PersonalNotice | ChannelNotice;

/** Something the bot said or did. */
export interface Outgoing extends Required<ChatMessage> {
  readonly type: ChatMessageType;
}

/** For {@link startTestBot}. */
export interface TestBotOptions {
  /** Content of the module's configuration file. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** A NATS server to use; without one, a bus in this process. */
  readonly bus?: BusAddress;
  /** How many of the module run. Default 1. */
  readonly replicas?: number;
  /** The speaker, for fields that `say` does not give. */
  readonly speaker?: Partial<Speaker>;
  /** Default `eevee`. */
  readonly botNick?: string;
  /** The prefix of commands. Default `!`. */
  readonly prefix?: string;
  /** How long a turn of the conversation may take, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
  /**
   * Moves the timers of this process on where the test has faked them, e.g. `(ms) => mock.timers.tick(ms)` of `node:test`. Those that
   * vitest, jest and sinon fake are found without it.
   */
  readonly advanceTimers?: AdvanceTimers;
}

const PLACE = { platform: 'test', network: 'test', instance: 'test', channel: '#test' };

const NICK = 'tester';

/** The whole speaker: an ident differs from the nick, so a module that mixes them up is found out. */
function speakerOf(given: Partial<Speaker>): Speaker {
  const nick = given.nick ?? given.user?.replace(/^~/, '') ?? NICK;
  const channel = given.private === true ? nick : PLACE.channel;
  return { ...PLACE, channel, nick, user: `~${nick}`, userHost: `${nick}@example.org`, ...given };
}

/** The router's clock at first. */
const START = Date.UTC(2026, 0, 1);

/** The longest that a timer can wait: where timers are faked, pings would be over before the server can answer. */
const NEVER_MS = 2 ** 31 - 1;

/** How long handlers may go on at the end, as at a shutdown. */
const DRAIN_LIMIT_MS = 3_000;

const asSaid = ({ type, text }: Outgoing): string => (type === 'action.outgoing' ? `/me ${text}` : text);

const escaped = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);

/** A bus, and how this harness leaves it. */
interface Bus {
  readonly address: BusAddress;
  stop(): Promise<void>;
}

/** The parts of a replica that the bot uses. It takes no configuration, so that its type does not depend on one. */
type Replica<Config> = Pick<ModuleRun<Config>, 'start' | 'idle' | 'stop'> & { readonly context: ModuleContext<Config> };

interface Parts<Config> {
  readonly options: TestBotOptions;
  readonly bus: Bus;
  readonly nats: NatsClient;
  readonly runs: readonly Replica<Config>[];
  readonly errors: readonly HandlerFailure[];
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
  /** Notices so far, those of the router about limits too. */
  readonly notices: OutgoingNotice[] = [];
  /** Handlers that threw, took too long, or were stopped, so far. */
  readonly errors: readonly HandlerFailure[];
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
    this.errors = parts.errors;
    this.#router = new TestRouter(parts.nats, START);
  }

  /** Starts listening, then the module. Called by {@link startTestBot}. */
  async start(): Promise<void> {
    const { nats, runs } = this.#parts;
    await this.#router.start();
    await nats.subscribe('>', (_subject, msg) => {
      this.#heard++;
      if (/^chat\.(?:message|action)\.outgoing\./.test(msg.subject)) this.outgoing.push(msg.json<Outgoing>());
      if (msg.subject.startsWith('chat.notice.outgoing.')) this.notices.push(msg.json<OutgoingNotice>());
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
  get commands(): readonly CommandRegistration[] {
    return this.#router.commands;
  }

  /** Broadcasts that the router knows. */
  get broadcasts(): readonly BroadcastRegistration[] {
    return this.#router.broadcasts;
  }

  /** Events that the router hands on. */
  get events(): readonly EventRegistration[] {
    return this.#router.events;
  }

  /** Help of the module. */
  get help(): readonly HelpUpdate[] {
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
    const from = speakerOf({ ...options.speaker, ...speaker });
    const trace = randomUUID();
    this.#traces.add(trace);
    const before = this.outgoing.length;
    const subject = incomingMessageSubject({ ...from, nick: from.user });
    const message = {
      ...from,
      ...{ producer: 'test', subject, moduleUUID: nats.instanceUUID, type: 'chat.message.incoming', trace, text, rawEvent: {} },
      timestamp: new Date(this.#router.nowMs).toISOString(),
      botNick: options.botNick ?? 'eevee',
      commonPrefixRegex: `^${escaped(options.prefix ?? '!')}`,
    };
    await this.#inTime(nats.publish(subject, JSON.stringify(message)), 'the bus does not take a message');
    await this.settled();
    // Answers to messages of others that were said at the same time are returned to them.
    return this.outgoing
      .slice(before)
      .filter((each) => each.trace === trace || !this.#traces.has(each.trace))
      .map(asSaid);
  }

  /**
   * Has something happen in a channel: `join`, `part`, `kick` and others.
   *
   * @returns what the bot said to that.
   * @example
   * await bot.event({ eventType: 'join', nick: 'fox' });
   */
  async event(event: Partial<ChatEvent> & Pick<ChatEvent, 'eventType'>): Promise<string[]> {
    const { options, nats } = this.#parts;
    const { nick, channel, user, ...place } = speakerOf({
      ...options.speaker,
      ...(typeof event.nick === 'string' ? { nick: event.nick } : {}),
    });
    const { platform, network, instance, userHost } = place;
    const timestamp = new Date(this.#router.nowMs).toISOString();
    const whole = { platform, network, instance, channel, nick, user, userHost, timestamp, ...event };
    const before = this.outgoing.length;
    await this.#inTime(nats.publish(chatEventSubject(whole), JSON.stringify(whole)), 'the bus does not take an event');
    await this.settled();
    return this.outgoing.slice(before).map(asSaid);
  }

  /**
   * Moves the clock on, e.g. `'1m'` or milliseconds: rate limits pass, and calls that they held back are made. Each minute the router asks
   * modules to register again, and forgets what was not registered again for five. Timers move too where the test has faked them, so that
   * a module's reminders go off.
   *
   * @returns what the bot said in this time.
   */
  async advance(time: string | number): Promise<string[]> {
    const before = this.outgoing.length;
    const passed = async (ms: number): Promise<void> => void (await timersMover(this.#parts.options.advanceTimers)?.(ms));
    await this.#router.advance(typeof time === 'number' ? time : intervalMs(time), () => this.settled(), passed);
    return this.outgoing.slice(before).map(asSaid);
  }

  /**
   * Changes what the module's configuration file holds.
   *
   * @throws EeveeError `EEVEE_CONFIG_INVALID`; the module goes on with the configuration it had.
   */
  async changeConfig(config: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#inTime(this.#parts.configure(config), 'the module does not take its configuration');
    await this.settled();
  }

  /** Restarts the router: it knows nothing, and asks all modules to register again. */
  async restartRouter(): Promise<void> {
    this.#router.restart();
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
    for (let heard = -1; heard !== this.#heard || this.#router.isBusy;) {
      heard = this.#heard;
      // Published messages are with the bus, then with the module, then handled, and what it said is with the bus, and here.
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
    await this.#router.stop();
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
  const client = (name: string): NatsClient => new NatsClient({ natsHost: host, natsToken: token, name, pingIntervalMs: NEVER_MS });
  const nats = client('test-router');
  const clients = Array.from({ length: options.replicas ?? 1 }, () => client(definition.name));
  const startTimeMs = Date.now();
  const errors: HandlerFailure[] = [];
  const failed = (failure: HandlerFailure): unknown => errors.push(failure);
  const runs = clients.map((each) => new ModuleRun(definition, { nats: each, config, startTimeMs, failed }));
  const configure = async (changed: Readonly<Record<string, unknown>>): Promise<void> => {
    for (const run of runs) await run.configure(await valid(changed));
  };
  const bot = new TestBot({ options, bus, nats, runs, errors, configure });
  try {
    await Promise.all([nats, ...clients].map((each) => each.connect()));
    await bot.start();
    return bot;
  } catch (error) {
    await bot.stop();
    throw error;
  }
}
