import { randomUUID } from 'node:crypto';
import { chatEventSubject, incomingMessageSubject } from '@eeveebot/contract';
import type { BroadcastRegistration, ChatEvent, CommandRegistration, EventRegistration, HelpUpdate } from '../chat/payloads.ts';
import { durationMs } from '../duration.ts';
import type { ModuleContext } from '../module/contexts.ts';
import type { HandlerFailure } from '../module/message-handling.ts';
import type { ModuleRun } from '../module/module-run.ts';
import type { NatsClient } from '../nats/client.ts';
import { escaped } from '../regex/escaped.ts';
import type { Store } from '../store/store.ts';
import type { BusAddress } from './memory-bus.ts';
import { PLACE, type Speaker, speakerOf } from './speaker.ts';
import type { TestBotOptions } from './test-bot-options.ts';
import type { TestClock } from './test-clock.ts';
import { TestConnector } from './test-connector.ts';
import { TestRouter } from './test-router.ts';
import { endedWithin, timersMover } from './timers.ts';
import { asSaid, type Outgoing, type OutgoingNotice, Transcript } from './transcript.ts';

/** Time limit for handlers at the end, as at a shutdown. */
const DRAIN_LIMIT_MS = 3_000;

function advancedMs(time: string | number): number {
  const ms = typeof time === 'number' ? time : durationMs(time);
  if (ms === undefined) throw new RangeError(`"${time}" is not a duration such as 30s, 1h30m or 2d`);
  return ms;
}

/** A bus, and how this harness closes it. */
export interface Bus {
  readonly address: BusAddress;
  stop(): Promise<void>;
}

/** The parts of a replica that the bot uses. Without methods that take a configuration, so that its type does not depend on one. */
type Replica<Config, State> = Pick<ModuleRun<Config, State>, 'start' | 'idle' | 'drain' | 'stop'> & {
  readonly context: ModuleContext<Config, State>;
};

interface Parts<Config, State> {
  readonly options: TestBotOptions;
  readonly bus: Bus;
  readonly nats: NatsClient;
  readonly runs: readonly Replica<Config, State>[];
  readonly errors: readonly HandlerFailure[];
  readonly clock: TestClock;
  /** Passes the content of the configuration file to all replicas. */
  readonly configure: (config: Readonly<Record<string, unknown>>) => Promise<void>;
}

/**
 * A bot with one module, and a test user in its channel.
 *
 * There are no sleeps: a turn of the conversation is over when the bus has delivered all messages and the module has handled them.
 */
export class TestBot<Config = unknown, State = unknown> implements AsyncDisposable {
  /** All messages of the bot so far. */
  readonly outgoing: Outgoing[];
  /** All notices so far, including those of the router about limits. */
  readonly notices: OutgoingNotice[];
  /** Handlers that threw, timed out, or were stopped, so far. */
  readonly errors: readonly HandlerFailure[];
  readonly #parts: Parts<Config, State>;
  readonly #router: TestRouter;
  readonly #connector = new TestConnector();
  readonly #transcript = new Transcript();
  /** Messages whose turn is not over, by trace, each with the traces of those said during its turn. */
  readonly #concurrent = new Map<string, Set<string>>();
  #stopped: Promise<void> | undefined;

  /** Called by `startTestBot`. */
  constructor(parts: Parts<Config, State>) {
    this.#parts = parts;
    this.errors = parts.errors;
    this.outgoing = this.#transcript.outgoing;
    this.notices = this.#transcript.notices;
    this.#router = new TestRouter(parts.nats, parts.clock);
  }

  /** Subscribes, then starts the module. Called by `startTestBot`. */
  async start(): Promise<void> {
    const { nats, runs } = this.#parts;
    await this.#router.start();
    if (this.#parts.options.connectorAnswers ?? true) await this.#connector.start(nats);
    await nats.subscribe('>', (_subject, msg) => this.#transcript.take(msg));
    for (const run of runs) await run.start();
    await this.settled();
  }

  /** Context of the module; of several replicas, the first. */
  get module(): ModuleContext<Config, State> {
    const [run] = this.#parts.runs;
    if (run === undefined) throw new RangeError('a test bot without replicas has no module');
    return run.context;
  }

  /** Store of the module, in memory; of several replicas, that of the first. */
  get store(): Store {
    return this.module.store;
  }

  /** Commands registered with the router. */
  get commands(): readonly CommandRegistration[] {
    return this.#router.commands;
  }

  /** Broadcasts registered with the router. */
  get broadcasts(): readonly BroadcastRegistration[] {
    return this.#router.broadcasts;
  }

  /** Events registered with the router. */
  get events(): readonly EventRegistration[] {
    return this.#router.events;
  }

  /** Help of the module. */
  get help(): readonly HelpUpdate[] {
    return [...this.#router.help.values()];
  }

  /**
   * Sends a message to a channel.
   *
   * @returns texts that the bot sent in response, anywhere; actions as `/me waves`.
   * @throws Error when a handler has not finished in time.
   * @example
   * expect(await bot.say('!echo hi')).toEqual(['hi']);
   * await bot.say('!echo hi', { user: 'fox', channel: '#other' });
   */
  async say(text: string, speaker: Partial<Speaker> = {}): Promise<string[]> {
    const { options, nats } = this.#parts;
    const from = speakerOf(speaker, options.speaker);
    const trace = randomUUID();
    const others = new Set(this.#concurrent.keys());
    for (const each of this.#concurrent.values()) each.add(trace);
    this.#concurrent.set(trace, others);
    const before = this.outgoing.length;
    const subject = incomingMessageSubject({ ...from, nick: from.user });
    const message = {
      ...from,
      ...{ producer: 'test', subject, moduleUUID: nats.instanceUUID, type: 'chat.message.incoming', trace, text, rawEvent: {} },
      timestamp: new Date(this.#router.nowMs).toISOString(),
      botNick: options.botNick ?? 'eevee',
      commonPrefixRegex: `^${escaped(options.prefix ?? '!')}`,
    };
    await this.#inTime(nats.publish(subject, JSON.stringify(message)), 'the bus does not accept a message');
    await this.settled();
    this.#concurrent.delete(trace);
    // Answers to messages that others sent at the same time are returned to them, even if their turn is over already.
    return this.outgoing
      .slice(before)
      .filter((each) => each.trace === trace || !others.has(each.trace))
      .map(asSaid);
  }

  /**
   * Makes a user an admin of a channel, or no longer one. A module may remember the former answer for a minute: `advance('1m')`.
   *
   * @param place.channel default: that of the default sender.
   * @example
   * bot.setChannelAdmin('fox');
   * await bot.say('!ban owl', { nick: 'fox' });
   */
  setChannelAdmin(nick: string, place: { readonly channel?: string; readonly isAdmin?: boolean } = {}): void {
    const { channel = this.#parts.options.speaker?.channel ?? PLACE.channel, isAdmin = true } = place;
    this.#connector.setAdmin({ channel, nick }, isAdmin);
  }

  /**
   * Sends an event of a channel: `join`, `part`, `kick` and others.
   *
   * @returns texts that the bot sent in response.
   * @example
   * await bot.event({ eventType: 'join', nick: 'fox' });
   */
  async event(event: Partial<ChatEvent> & Pick<ChatEvent, 'eventType'>): Promise<string[]> {
    const { options, nats } = this.#parts;
    const { nick, channel, user, ...place } = speakerOf(typeof event.nick === 'string' ? { nick: event.nick } : {}, options.speaker);
    const { platform, network, instance, userHost } = place;
    const timestamp = new Date(this.#router.nowMs).toISOString();
    const whole = { platform, network, instance, channel, nick, user, userHost, timestamp, ...event };
    const before = this.outgoing.length;
    await this.#inTime(nats.publish(chatEventSubject(whole), JSON.stringify(whole)), 'the bus does not accept an event');
    await this.settled();
    return this.outgoing.slice(before).map(asSaid);
  }

  /**
   * Advances the clock, e.g. by `'1m'` or milliseconds: schedules run, rate limits expire, and calls that waited for them run. Each minute, the router
   * requests registrations again, and removes those that were not renewed for five. Timers that the test has faked advance too, so that
   * reminders of a module fire.
   *
   * @returns texts that the bot sent during this time.
   */
  async advance(time: string | number): Promise<string[]> {
    const before = this.outgoing.length;
    const passed = async (ms: number): Promise<void> => void (await timersMover(this.#parts.options.advanceTimers)?.(ms));
    await this.#router.advance(advancedMs(time), () => this.settled(), passed);
    return this.outgoing.slice(before).map(asSaid);
  }

  /**
   * Changes the content of the module's configuration file.
   *
   * @throws EeveeError `EEVEE_CONFIG_INVALID`; the module keeps its previous configuration.
   */
  async changeConfig(config: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#inTime(this.#parts.configure(config), 'the module does not accept its configuration');
    await this.settled();
  }

  /** Restarts the router: it loses all registrations, and requests them again from all modules. */
  async restartRouter(): Promise<void> {
    this.#router.restart();
    await this.settled();
  }

  /**
   * Waits for something that the bot does asynchronously; checks after each message on the bus.
   *
   * @param look returns the result, or `undefined` or `false` until there is one.
   * @throws Error when there is no result in time.
   * @example
   * await bot.until(() => bot.outgoing.find(({ text }) => text === 'Time is up!'));
   */
  async until<Found>(look: () => Found | undefined | false): Promise<Found> {
    const { found, stop } = this.#transcript.watch(look);
    try {
      return await this.#inTime(found, 'the awaited condition was not met');
    } finally {
      stop();
    }
  }

  /** Waits until the bus has delivered all messages, and the module has handled them. */
  settled(): Promise<void> {
    return this.#inTime(this.#settle(), 'a handler has not finished');
  }

  /** Stops the module as SIGTERM does: delivered messages are handled, then `onStop` runs. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #settle(): Promise<void> {
    const { nats, runs } = this.#parts;
    for (let heard = -1; heard !== this.#transcript.heard || this.#router.isBusy;) {
      heard = this.#transcript.heard;
      // Published messages reach the bus, then the module, and are handled; then the answers reach the bus, and this client.
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
    const limitMs = Math.min(this.#limitMs, DRAIN_LIMIT_MS);
    // The router ends too. While this bot observes the bus, a search for another replica would take its whole time limit.
    const drained = Promise.all(runs.map((run) => run.drain(limitMs, { unregisters: false })));
    // Does not wait for a handler that hangs: stopping ends it.
    await endedWithin(limitMs, drained);
    const failures: unknown[] = [];
    for (const run of runs) await run.stop().catch((error: unknown) => failures.push(error));
    await drained;
    // The last answers of the module.
    await nats.nats?.flush();
    await this.#router.stop();
    await nats.close();
    await bus.stop();
    // The error of onStop, once nothing is left that would keep the process of the test alive.
    if (failures.length > 0) throw failures[0];
  }
}
