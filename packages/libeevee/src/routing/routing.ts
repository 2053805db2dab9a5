import type { BroadcastRegistration, CommandRegistration, EventRegistration, ReportedCommand } from '../chat/payloads.ts';
import { Admission, type Call } from './admission.ts';
import { type Blocklist, type BlocklistEntry, blockingEntry } from './blocklist.ts';
import { CommandIndex } from './command-index.ts';
import { CommandPrefixes } from './command-prefixes.ts';
import type { Emit } from './decisions.ts';
import { MessageTexts, commandMatch, isEventFor, isInScope, isWanted } from './matching.ts';
import { type Message, type ReadMessage, readEvent, readMessage } from './message.ts';
import { type Pattern, Patterns } from './pattern.ts';
import { type GivenRegistration, type RegistrationOutcome, register } from './register.ts';
import { readBroadcast, readCommand, readEventRegistration } from './registrations.ts';
import { type Registered, Registry } from './registry.ts';
import { reportedCommand } from './report.ts';
import { type EvaluateBounded, PENDING, Trial } from './trial.ts';

/** Settings of a router. */
export interface RoutingSettings {
  readonly blocklist: readonly BlocklistEntry[];
  /** Minimum time between two notices about a limit to one user about one command, in milliseconds. */
  readonly cooldownMs: number;
  /** Maximum number of waiting calls of one limit. */
  readonly maxQueued: number;
}

export const DEFAULT_SETTINGS: RoutingSettings = { blocklist: [], cooldownMs: 15_000, maxQueued: 100 };

interface RoutingDeps {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /**
   * Milliseconds of a clock that is never set, by which registrations expire: set forward, the clock would make all of them expire at once.
   * Default: `now`.
   */
  readonly steadyNow?: () => number;
  readonly evaluate: EvaluateBounded;
  readonly settings?: Partial<RoutingSettings>;
}

/** Kinds of registrations. */
export type RegistrationKind = 'command' | 'broadcast' | 'event';

/** A registration that was not renewed in time. */
export interface ExpiredRegistration {
  readonly kind: RegistrationKind;
  readonly id: string;
  readonly name: string;
}

/** Decides about matched calls; by default {@link Admission.admit}. */
export type Admit = (call: Call, emit: Emit) => void;

/**
 * A router without a bus: it keeps the registrations of modules, and decides what happens to each message and event. It publishes nothing
 * and waits only for expressions that need the bounded engine; it passes decisions to `emit`.
 *
 * @example
 * const routing = new Routing({ now: Date.now, evaluate: (tasks) => regexes.evaluate(tasks) });
 * routing.registerCommand({ commandUUID: 'c-1', regex: String.raw`^echo\s+` });
 * await routing.route(payload, (decision) => act(decision));
 */
export class Routing {
  readonly commands = new Registry<CommandRegistration>();
  readonly broadcasts = new Registry<BroadcastRegistration>();
  readonly events = new Registry<EventRegistration>();
  readonly #registries = [
    ['command', this.commands],
    ['broadcast', this.broadcasts],
    ['event', this.events],
  ] as const;
  settings: RoutingSettings;
  readonly #now: () => number;
  readonly #steadyNow: () => number;
  readonly #evaluate: EvaluateBounded;
  readonly #patterns = new Patterns();
  readonly #prefixes = new CommandPrefixes(this.#patterns);
  readonly #index = new CommandIndex();
  /** Decides which calls the limits allow. */
  readonly admission: Admission;

  constructor({ now, steadyNow = now, evaluate, settings = {} }: RoutingDeps) {
    this.#now = now;
    this.#steadyNow = steadyNow;
    this.#evaluate = evaluate;
    this.settings = { ...DEFAULT_SETTINGS, ...settings };
    this.admission = new Admission({
      now,
      steadyNow,
      commands: this.commands,
      settings: () => this.settings,
      isBlocked: (message) => this.#isBlockedNow(message),
    });
  }

  /** Replaces the blocklist for later messages. */
  block({ entries }: Blocklist): void {
    this.settings = { ...this.settings, blocklist: entries };
  }

  registerCommand(payload: unknown, module?: string): RegistrationOutcome {
    return this.#register(this.commands, { payload, module, idField: 'commandUUID', read: readCommand });
  }

  registerBroadcast(payload: unknown, module?: string): RegistrationOutcome {
    return this.#register(this.broadcasts, { payload, module, idField: 'broadcastUUID', read: readBroadcast });
  }

  registerEvent(payload: unknown, module?: string): RegistrationOutcome {
    return this.#register(this.events, { payload, module, idField: 'eventUUID', read: readEventRegistration });
  }

  #register<Registration>(registry: Registry<Registration>, given: GivenRegistration<Registration>): RegistrationOutcome {
    return register(registry, given, { patterns: this.#patterns, nowMs: this.#steadyNow() });
  }

  /** Withdraws the registration of a module, as `Registry.withdraw` does. */
  unregister(kind: RegistrationKind, id: string, module?: string): 'removed' | 'shared' | 'unknown' {
    const registries = { command: this.commands, broadcast: this.broadcasts, event: this.events };
    return registries[kind].withdraw(id, module, this.#steadyNow());
  }

  /** Drops all state, like a restarted router. */
  clear(): void {
    for (const [, registry] of this.#registries) registry.clear();
    this.admission.clear();
  }

  /**
   * Decides about a payload of `chat.message.incoming.>`.
   *
   * @param admit decides about the calls of the message.
   * @returns a promise only when the bounded engine is needed; decisions that do not need it were emitted before.
   */
  route(payload: unknown, emit: Emit, admit: Admit = (call, out) => this.admission.admit(call, out)): void | Promise<void> {
    const read = readMessage(payload, this.#now());
    if ('problem' in read) {
      emit({ kind: 'invalid', problem: read.problem });
      return;
    }
    return this.#routeIfAllowed(read, new Trial(), { emit, admit });
  }

  #routeIfAllowed(read: ReadMessage, trial: Trial, to: { emit: Emit; admit: Admit }): void | Promise<void> {
    const { message } = read;
    const blocked = blockingEntry(this.settings.blocklist, message, trial);
    if (blocked === PENDING) return this.#afterAnswer(trial, to.emit, () => this.#routeIfAllowed(read, trial, to));
    if (blocked !== undefined) {
      to.emit({ kind: 'blocked', entry: blocked.name });
      return;
    }
    const texts = new MessageTexts(message, this.#prefixes.of(read.commonPrefixRegex), trial);
    const commands = this.#candidates(texts);
    return this.#offer({ message, trial, texts, commands, broadcasts: this.broadcasts.all, anyone: false, isCall: false }, to);
  }

  #candidates(texts: MessageTexts): readonly Registered<CommandRegistration>[] {
    const { all } = this.commands;
    this.#index.update(all);
    const every = texts.all;
    return every === undefined ? all : this.#index.candidates(every);
  }

  /**
   * Offers a message to commands; those that need the bounded engine are offered it again afterwards. Then offers it to broadcasts, with
   * the information whether it is a call.
   */
  #offer(offer: Offer, to: { emit: Emit; admit: Admit }): void | Promise<void> {
    const { message, trial, texts } = offer;
    let { anyone, isCall } = offer;
    const commands: Registered<CommandRegistration>[] = [];
    for (const command of offer.commands) {
      const match = commandMatch(command, texts, trial);
      if (match === undefined) continue;
      const isThere = isInScope(command, message, trial);
      if (isThere === false) continue;
      if (match === PENDING || isThere === PENDING) {
        commands.push(command);
        continue;
      }
      anyone = true;
      isCall ||= texts.needsPrefix(command.registration);
      to.admit({ commandUUID: command.id, message, match }, to.emit);
    }
    const offered = { ...offer, commands, anyone, isCall };
    return commands.length > 0 ? this.#afterAnswer(trial, to.emit, () => this.#offer(offered, to)) : this.#deliver(offered, to.emit);
  }

  /** Offers a message to broadcasts; those that need the bounded engine are offered it again afterwards. */
  #deliver(offer: Offer, emit: Emit): void | Promise<void> {
    const { trial, isCall } = offer;
    let { anyone } = offer;
    const message = isCall ? ({ ...offer.message, call: true } as const) : offer.message;
    const broadcasts: Registered<BroadcastRegistration>[] = [];
    for (const broadcast of offer.broadcasts) {
      const wanted = isWanted(broadcast, message, trial);
      if (wanted === PENDING) broadcasts.push(broadcast);
      if (wanted !== true) continue;
      anyone = true;
      emit({ kind: 'deliver', broadcast: broadcast.registration, message });
    }
    if (broadcasts.length > 0) return this.#afterAnswer(trial, emit, () => this.#deliver({ ...offer, broadcasts, anyone }, emit));
    if (!anyone) emit({ kind: 'unmatched' });
  }

  async #afterAnswer(trial: Trial, emit: Emit, go: () => void | Promise<void>): Promise<void> {
    const { slow, failed } = await trial.answer(this.#evaluate);
    for (const pattern of slow) this.#reportSetAside(pattern, emit);
    if (failed > 0) emit({ kind: 'not-tried', expressions: failed });
    await go();
  }

  #reportSetAside(pattern: Pattern, emit: Emit): void {
    for (const [what, registry] of this.#registries) {
      for (const { id, name, regex, scopes } of registry.all) {
        if (regex === pattern || scopes.some(([, scope]) => scope === pattern)) emit({ kind: 'set-aside', what, name, id });
      }
    }
    for (const { name, pattern: text, scopes } of this.settings.blocklist) {
      if (text === pattern || scopes.some(([, scope]) => scope === pattern)) {
        emit({ kind: 'set-aside', what: 'blocklist entry', name, id: name });
      }
    }
    if (this.#prefixes.patterns.includes(pattern)) emit({ kind: 'set-aside', what: 'prefix', name: 'commonPrefixRegex', id: '' });
  }

  /** The bounded engine already ran for the call; its patterns are not tried again. */
  #isBlockedNow(message: Message): boolean {
    const blocked = blockingEntry(this.settings.blocklist, message, new Trial());
    return blocked !== undefined && blocked !== PENDING;
  }

  /**
   * Decides about a payload of `chat.event.>`.
   *
   * @returns as {@link Routing.route}.
   */
  routeEvent(payload: unknown, emit: Emit): void | Promise<void> {
    const event = readEvent(payload);
    if (event === undefined) {
      emit({ kind: 'invalid', problem: 'without eventType' });
      return;
    }
    const trial = new Trial();
    const offer = (registrations: readonly Registered<EventRegistration>[]): void | Promise<void> => {
      const pending: Registered<EventRegistration>[] = [];
      for (const registered of registrations) {
        const wanted = isEventFor(registered, event, trial);
        if (wanted === PENDING) pending.push(registered);
        if (wanted === true) emit({ kind: 'event', registration: registered.registration });
      }
      if (pending.length > 0) return this.#afterAnswer(trial, emit, () => offer(pending));
    };
    return offer(this.events.all);
  }

  /** Removes and returns the registrations that were not renewed, and removes expired windows. Called periodically. */
  sweep(): readonly ExpiredRegistration[] {
    const steadyMs = this.#steadyNow();
    const expired = this.#registries.flatMap(([kind, registry]) => registry.expire(steadyMs).map(({ id, name }) => ({ kind, id, name })));
    this.admission.sweep(this.#now());
    const inUse = this.#patternsInUse();
    if (this.#patterns.size > inUse.size * 2 + 100) this.#patterns.keepOnly(inUse);
    return expired;
  }

  #patternsInUse(): Set<Pattern> {
    const inUse = new Set<Pattern>();
    for (const { regex, scopes } of [...this.commands.all, ...this.broadcasts.all, ...this.events.all]) {
      if (regex !== undefined) inUse.add(regex);
      for (const [, scope] of scopes) inUse.add(scope);
    }
    for (const prefix of this.#prefixes.patterns) inUse.add(prefix);
    return inUse;
  }

  /** Commands in the form of `admin.response.router.command-registry`. */
  get registry(): ReportedCommand[] {
    return this.commands.all.map(reportedCommand);
  }
}

/** A message that is being offered to registrations. */
interface Offer {
  readonly message: Message;
  readonly trial: Trial;
  readonly texts: MessageTexts;
  readonly commands: readonly Registered<CommandRegistration>[];
  readonly broadcasts: readonly Registered<BroadcastRegistration>[];
  /** Whether any registration has received it. */
  readonly anyone: boolean;
  /** Whether it calls a command with a prefix. */
  readonly isCall: boolean;
}
