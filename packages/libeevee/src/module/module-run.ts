import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { broadcastMessageSubject, commandExecuteSubject, eventMessageSubject } from '@eeveebot/contract';
import { type Clock, systemClock } from '../clock.ts';
import { answerOutbox } from '../chat/answer-outbox.ts';
import { sendAction, sendChatMessage } from '../chat/answers.ts';
import { commandRegistration, registerCommand } from '../chat/commands.ts';
import { ERROR_CODES, EeveeError, reasonOf } from '../errors.ts';
import { withinLimit } from '../promises.ts';
import { createModuleMetrics } from '../metrics/module-metrics.ts';
import { inboxOf } from '../delivery/inbox.ts';
import type { NatsClient } from '../nats/client.ts';
import type { Express } from 'express';
import { OwnRoutes } from '../http/own-routes.ts';
import { registerStatsHandlers } from '../process/stats.ts';
import { Questions, type QuestionsDeps } from '../conversation/questions.ts';
import { type Claims, BusClaims } from '../schedule/claims.ts';
import type { Scheduler } from '../schedule/scheduler.ts';
import { ModuleStore } from '../store/store.ts';
import { boundLog } from './bound-log.ts';
import type { ModuleContext } from './contexts.ts';
import { commandHandler } from './command-handler.ts';
import { commandRegistrationOf, commandUuidOf, helpEntriesOf } from './command-registration.ts';
import type { ModuleDefinition } from './definition.ts';
import { eventRegistrationOf } from './event-registration.ts';
import type { HandlerScope, Occasion } from './handler-scope.ts';
import { type Handler, type HandlerDefaults, broadcastHandler, eventHandler } from './handlers.ts';
import { type HandlerFailure, MessageHandling } from './message-handling.ts';
import { moduleScheduler } from './module-scheduler.ts';
import { channelAdmins } from './connector-admins.ts';
import { ModuleRegistrations } from './registrations.ts';

/** Default number of channels handled concurrently. */
const CONCURRENCY = 16;

/** Default number of messages that are handled or waiting. */
const MAX_PENDING = 65_536;

/** Default time limit of `onStart`: shorter than the liveness probe of a pod waits. */
const START_TIMEOUT_MS = 60_000;

/** Handlers that still run end this long before the limit of a drain, so that their answers are still sent. */
const LAST_WORDS_MS = 500;

/** Time for which a stop waits for an `onStart` that is still running. */
const ONSTART_LIMIT_MS = 1_000;

/** Default time limit of handling one message. */
const TIMEOUT_MS = 30_000;

/** A module on a bus: its subscriptions, registrations and handlers. */
export class ModuleRun<Config, State = unknown> {
  readonly context: ModuleContext<Config, State>;
  readonly #definition: ModuleDefinition<Config, State>;
  readonly #startTimeMs: number;
  readonly #clock: Clock;
  readonly #store: ModuleStore;
  readonly #scheduler: Scheduler;
  readonly #questions: Questions;
  readonly #claims: BusClaims | undefined;
  readonly #handling: MessageHandling<Config>;
  readonly #stopping = new AbortController();
  #config: Config;
  #state: State | undefined;
  #registrations: ModuleRegistrations | undefined;
  #starting: Promise<unknown> | undefined;
  #stopped: Promise<void> | undefined;

  /**
   * @param given.config a valid configuration.
   * @param given.startTimeMs start time of the module, for its stats.
   * @param given.store default: one in memory. It is closed when the module stops.
   * @param given.clock default: the system clock.
   * @param given.claims decides which replica runs a schedule; default: by claims on the bus.
   * @param given.failed called for each handler that failed.
   */
  constructor(
    definition: ModuleDefinition<Config, State>,
    given: {
      nats: NatsClient;
      config: Config;
      startTimeMs: number;
      store?: ModuleStore | undefined;
      clock?: Clock;
      claims?: Claims;
      http?: { readonly app: Express } | undefined;
      failed?: (failure: HandlerFailure) => void;
    },
  ) {
    const { nats } = given;
    const { name, version } = definition;
    const metrics = createModuleMetrics(name);
    this.#definition = definition;
    this.#config = given.config;
    this.#startTimeMs = given.startTimeMs;
    this.#clock = given.clock ?? systemClock;
    this.#store = given.store ?? new ModuleStore();
    const { schedules = [] } = definition;
    // Without schedules there is nothing to claim, and so nothing to subscribe to.
    if (given.claims === undefined && schedules.length > 0) this.#claims = new BusClaims(nats, name);
    this.#scheduler = moduleScheduler({
      ...{ schedules, store: this.#store, defaults: this.#defaults },
      clock: this.#clock,
      claims: given.claims ?? this.#claims ?? { claim: () => Promise.resolve('unreachable') },
      log: boundLog({ producer: name }),
      handling: () => this.#handling,
    });
    const config = (): Config => this.#config;
    // Handlers, whose context has the full type, run only after onStart.
    const state = (): State => this.#state as State;
    const http = given.http ?? new OwnRoutes();
    this.context = {
      name,
      version,
      get config() {
        return config();
      },
      get state() {
        return state();
      },
      log: boundLog({ producer: name }),
      nats,
      metrics,
      get http() {
        return http.app;
      },
      store: this.#store.store,
      schedule: this.#scheduler,
      signal: this.#stopping.signal,
      say: (message) => sendChatMessage(nats, message, metrics),
      act: (message) => sendAction(nats, message, metrics),
    };
    const { concurrency = CONCURRENCY, maxPending = MAX_PENDING } = definition;
    this.#handling = new MessageHandling(this.context, { concurrency, maxPending }, given.failed);
    const inTurn: QuestionsDeps['inTurn'] = (person, task) => this.#handling.inTurn(person, task);
    this.#questions = new Questions({ nats, metrics, module: name, clock: given.clock ?? systemClock, inTurn });
    this.#handling.useQuestions(this.#questions);
  }

  /** Subscribes before registering, so that no call arrives without a subscriber. */
  async start(): Promise<void> {
    const { name, version, commands = [], broadcasts = [], events = [] } = this.#definition;
    const { nats, metrics } = this.context;
    this.#starting = this.#startUp();
    await this.#inTime(this.#starting);
    if (this.#stopped !== undefined) throw new EeveeError(ERROR_CODES.moduleStopped, 'the module was stopped while it started');
    const defaults = this.#defaults;
    const registeredEvents = events.map((event) => ({ event, registration: eventRegistrationOf(name, event) }));
    await inboxOf(nats).start();
    // Before a drain, in which an answer could no longer listen for its confirmation.
    await answerOutbox(nats)?.start();
    const admins = await channelAdmins(this.context, { commands, now: () => this.#clock.now() });
    await Promise.all([
      ...commands.map((command) =>
        this.#listen(commandExecuteSubject(commandUuidOf(name, command)), commandHandler(command, { ...defaults, admins })),
      ),
      ...broadcasts.map((each) => this.#listen(broadcastMessageSubject(each.broadcastUUID), broadcastHandler(each, defaults))),
      ...registeredEvents.map(({ event, registration: { eventUUID, eventDisplayName } }) =>
        this.#listen(eventMessageSubject(eventUUID), eventHandler(event, { ...defaults, name: eventDisplayName })),
      ),
    ]);
    const registrations = new ModuleRegistrations({ nats, metrics, module: name });
    this.#registrations = registrations;
    await registrations.register({
      commands: commands.map((command) => commandRegistrationOf(name, command, this.#config)),
      broadcasts,
      events: registeredEvents.map(({ registration }) => registration),
      help: commands.flatMap(helpEntriesOf),
    });
    const mayClaim = await this.#claims?.start({ idle: () => this.idle() });
    if (mayClaim === false)
      throw new EeveeError(
        ERROR_CODES.notSubscribed,
        `NATS does not allow ${name} to subscribe to the claims of its schedules: the log contains the reason`,
      );
    this.#scheduler.start();
    await Promise.all(registerStatsHandlers({ nats, moduleName: name, startTime: this.#startTimeMs, version, metrics }));
  }

  get #defaults(): HandlerDefaults<Config> {
    return { module: this.#definition, timeoutMs: this.#definition.timeoutMs ?? TIMEOUT_MS };
  }

  /** Applies a new, valid configuration; registers the commands again whose registration it changes. */
  async configure(config: Config): Promise<void> {
    const previous = this.#config;
    this.#config = config;
    const { name, nats, metrics, log } = this.context;
    for (const command of this.#definition.commands ?? []) {
      const registration = commandRegistrationOf(name, command, config);
      const former = commandRegistrationOf(name, command, previous);
      if (isDeepStrictEqual(commandRegistration(registration), commandRegistration(former))) continue;
      await Promise.all(await registerCommand(nats, registration, metrics));
    }
    log.info('configuration changed');
    if (this.#definition.onConfigChange === undefined) return;
    // The next change waits for this one.
    const { timeoutMs } = this.#defaults;
    const changing = (async () => this.#definition.onConfigChange?.(this.context, previous))();
    await withinLimit(changing, {
      limitMs: timeoutMs,
      failure: new EeveeError(
        ERROR_CODES.handlerTimeout,
        `onConfigChange took longer than ${timeoutMs} ms: later changes do not wait for it`,
      ),
    });
  }

  /**
   * Handles the delivered messages and closes NATS, within a limit. First unregisters everything that the module registered, unless
   * another replica continues. The signal of a handler that still runs near the limit aborts while its answers can still be sent.
   *
   * @param options.unregisters default `true`.
   */
  async drain(limitMs: number, { unregisters = true }: { readonly unregisters?: boolean } = {}): Promise<void> {
    const { nats, log } = this.context;
    this.#scheduler.stop();
    this.#questions.stop();
    const end = setTimeout(() => this.#handling.stop(), Math.max(limitMs - LAST_WORDS_MS, limitMs / 2));
    try {
      if (unregisters) await this.#registrations?.withdraw();
    } catch (error) {
      log.warn('the module could not be unregistered', { reason: reasonOf(error) });
    }
    try {
      await nats.drain();
    } finally {
      clearTimeout(end);
    }
  }

  /** Settles when no message is handled or waiting, and no scheduled run is claimed or in progress. */
  async idle(): Promise<void> {
    await this.#scheduler.idle();
    await this.#handling.idle();
  }

  /** Ends running handlers, and lets the module clean up. A second call waits for the first. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** Runs `onStart`, whose result is the state. */
  async #startUp(): Promise<void> {
    this.#state = (await this.#definition.onStart?.(this.context as ModuleContext<Config, undefined>)) as State | undefined;
  }

  async #stop(): Promise<void> {
    this.#scheduler.stop();
    this.#questions.stop();
    this.#handling.stop();
    this.#stopping.abort();
    // Resources that onStart is opening are closed too, unless it hangs.
    await Promise.race([this.#starting?.catch(() => undefined), delay(ONSTART_LIMIT_MS, undefined, { ref: false })]);
    try {
      await this.#definition.onStop?.(this.context);
    } finally {
      this.#store.close();
    }
  }

  /** Waits for `onStart`, which must not leave a module that neither starts nor fails. */
  async #inTime(starting: Promise<unknown>): Promise<void> {
    const { startTimeoutMs = START_TIMEOUT_MS } = this.#definition;
    const timeUp = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const error = new EeveeError(ERROR_CODES.startTimeout, `onStart took longer than ${startTimeoutMs} ms`);
      timeUp.reject(error);
      this.#stopping.abort(error);
    }, startTimeoutMs);
    // Otherwise the timer of an onStart that hangs would keep a stopping process alive.
    const stopped = new EeveeError(ERROR_CODES.moduleStopped, 'the module stopped while it started');
    this.#stopping.signal.addEventListener('abort', () => timeUp.reject(stopped));
    try {
      await Promise.race([starting, timeUp.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Subscribes in a queue group: one of the replicas gets each message. */
  async #listen<Delivered extends Occasion, Scope extends HandlerScope<Config>>(
    subject: string,
    handler: Handler<Config, Delivered, Scope>,
  ): Promise<void> {
    const { name, nats, metrics } = this.context;
    metrics.recordNatsSubscribe(subject);
    inboxOf(nats).takes(subject);
    const subscription = await nats.subscribe(subject, (_subject, msg) => this.#handling.take(msg, handler), {
      queue: name,
      idle: () => this.#handling.idle(),
    });
    if (subscription !== false) return;
    throw new EeveeError(
      ERROR_CODES.notSubscribed,
      `NATS does not allow ${name} to subscribe to ${subject}, so its ${handler.kind} ${handler.name} would never be called: the log contains the reason`,
    );
  }
}
