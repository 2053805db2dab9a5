import { RECEIVER_HEADER, SUBJECT, broadcastMessageSubject, commandExecuteSubject, eventMessageSubject } from '@eeveebot/contract';
import type { Log, ModuleContext, NatsClient } from '@eeveebot/libeevee';
import { type Inbox, Outbox, RenewalClock, inboxOf, moduleIdentity } from '@eeveebot/libeevee/delivery';
import {
  BoundedRegexes,
  type Decision,
  RENEWAL_MS,
  type RegistrationKind,
  type RegistrationOutcome,
  Routing,
} from '@eeveebot/libeevee/routing';
import type { Msg } from 'nats';
import { Actions, type Occasion } from './actions.ts';
import { adminReport } from './admin-reports.ts';
import type { RouterConfig } from './config.ts';
import { type RouterIdentity, reportOtherSettings, settingsDigest } from './other-settings.ts';
import { PeerLink } from './peer-link.ts';
import { headerOf, moduleOf, payloadOf, textIn } from './received.ts';
import { logRegistration } from './registration-log.ts';
import { RegistrationRequests } from './registration-requests.ts';
import { count } from './router-metrics.ts';

/** Each message goes to one replica. */
const QUEUE = 'router';

/** Time without a registration after which all modules count as registered again, in milliseconds. */
const QUIET_MS = 300;

/** Maximum time to wait for registrations before messages are accepted, in milliseconds. */
const LONGEST_WAIT_MS = 3_000;

/** Longest delay of a timer in Node, in milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A call that reaches its module later than this would only confuse users, in milliseconds. */
const MAX_CALL_AGE_MS = 30_000;

/** Where messages for a registration are sent. */
const SUBJECT_OF: Readonly<Record<RegistrationKind, (id: string) => string>> = {
  command: commandExecuteSubject,
  broadcast: broadcastMessageSubject,
  event: eventMessageSubject,
};

/** A router on a bus: passes messages to `Routing` and carries out its decisions. */
export class BusRouter {
  readonly #nats: NatsClient;
  readonly #log: Log;
  readonly #regexes = new BoundedRegexes();
  readonly #routing: Routing;
  readonly #inbox: Inbox;
  readonly #outbox: Outbox;
  readonly #actions: Actions;
  readonly #peers: PeerLink;
  readonly #requests: RegistrationRequests;
  readonly #renewals = new RenewalClock(RENEWAL_MS, () => performance.now());
  #renewal: NodeJS.Timeout | undefined;
  #due: NodeJS.Timeout | undefined;
  #dueAtMs = Infinity;
  #registeredMs = 0;
  #identity: RouterIdentity | undefined;
  #left: Promise<void> | undefined;

  constructor({ nats, log, config }: Pick<ModuleContext<RouterConfig>, 'nats' | 'log' | 'config'>) {
    this.#nats = nats;
    this.#log = log;
    this.#inbox = inboxOf(nats);
    this.#requests = new RegistrationRequests(nats);
    this.#outbox = new Outbox({
      nats,
      maxAgeMs: MAX_CALL_AGE_MS,
      onLost: (messages, reason) => {
        count.lost(reason, messages);
        log.warn('messages for modules were lost because the modules did not accept them', { messages, reason });
      },
    });
    this.#actions = new Actions(this.#outbox, log);
    this.#routing = new Routing({
      now: () => Date.now(),
      steadyNow: () => this.#renewals.nowMs,
      evaluate: (tasks) => this.#regexes.evaluate(tasks),
    });
    const { admission } = this.#routing;
    this.#peers = new PeerLink({
      nats,
      log,
      admission,
      inbox: this.#inbox,
      identity: () => this.#ownIdentity,
      onOtherSettings: (other) => reportOtherSettings(log, this.#ownIdentity, other),
      send: (message) => void this.#outbox.send(message),
      admit: (call) => admission.admit(call, this.#emitFor(call.message)),
    });
    this.configure(config);
  }

  /** Applies another configuration to later messages. */
  configure({ blocklist, cooldownMs, maxQueued, problems }: RouterConfig): void {
    for (const problem of problems) this.#log.error('invalid settings in the configuration are ignored', { reason: problem });
    const settings = { blocklist: blocklist ?? this.#routing.settings.blocklist, cooldownMs, maxQueued };
    this.#routing.settings = settings;
    this.#identity = undefined;
    this.#log.info('blocklist taken', { entries: settings.blocklist.length });
  }

  get #ownIdentity(): RouterIdentity {
    return (this.#identity ??= { module: moduleIdentity('router'), settings: settingsDigest(this.#routing.settings) });
  }

  /** Asks for all registrations, then accepts messages. */
  async start(): Promise<void> {
    const on = (subject: string, take: (payload: unknown, msg: Msg) => unknown): Promise<unknown> =>
      this.#nats.subscribe(subject, (_subject, msg) => take(payloadOf(msg), msg));
    await Promise.all([this.#inbox.start(), this.#outbox.start()]);
    await Promise.all([
      on(SUBJECT.commandRegister, (payload, msg) =>
        this.#registered('command', this.#routing.registerCommand(payload, moduleOf(msg)), msg),
      ),
      on(SUBJECT.broadcastRegister, (payload, msg) =>
        this.#registered('broadcast', this.#routing.registerBroadcast(payload, moduleOf(msg)), msg),
      ),
      on(SUBJECT.eventRegister, (payload, msg) => this.#registered('event', this.#routing.registerEvent(payload, moduleOf(msg)), msg)),
      on(SUBJECT.commandUnregister, (payload, msg) => this.#unregistered('command', textIn(payload, 'commandUUID'), moduleOf(msg))),
      on(SUBJECT.broadcastUnregister, (payload, msg) => this.#unregistered('broadcast', textIn(payload, 'broadcastUUID'), moduleOf(msg))),
      on(SUBJECT.eventUnregister, (payload, msg) => this.#unregistered('event', textIn(payload, 'eventUUID'), moduleOf(msg))),
      on(SUBJECT.routerAdminRequest, (payload, msg) => this.#answer(payload, msg)),
    ]);
    await this.#peers.start();
    this.#renewal = setInterval(() => this.#renew(), RENEWAL_MS).unref();
    this.#nats.on('reconnect', () => {
      this.#renewals.tick(false);
      this.#requests.send();
    });
    this.#requests.send();
    // A replica that accepted messages before it knew the commands would lose them.
    await this.#quiet();
    const leave = (): Promise<void> => (this.#left ??= this.#leave());
    const options = { queue: QUEUE, leave };
    await this.#nats.subscribe(
      SUBJECT.incomingMessages,
      (_subject, msg) => this.#take(msg, (payload) => this.#route(payload, msg)),
      options,
    );
    await this.#nats.subscribe(
      SUBJECT.chatEvents,
      (_subject, msg) => this.#take(msg, (payload) => this.#routeEvent(payload, msg)),
      options,
    );
  }

  async stop(): Promise<void> {
    clearInterval(this.#renewal);
    clearTimeout(this.#due);
    this.#requests.stop();
    await this.#regexes.close();
  }

  async #quiet(): Promise<void> {
    const untilMs = performance.now() + LONGEST_WAIT_MS;
    this.#registeredMs = performance.now();
    for (;;) {
      const waitMs = Math.min(untilMs, this.#registeredMs + QUIET_MS) - performance.now();
      if (waitMs <= 0) return;
      await new Promise((resolve) => {
        setTimeout(resolve, waitMs);
      });
    }
  }

  #renew(): void {
    this.#renewals.tick(!this.#nats.isClosed());
    for (const { kind, id, name } of this.#routing.sweep()) {
      this.#log.warn('a registration expired: its module did not renew it for five minutes', { name, id });
      this.#outbox.withdrawn(SUBJECT_OF[kind](id));
    }
    this.#requests.send();
  }

  #registered(type: RegistrationKind, outcome: RegistrationOutcome, msg: Msg): void {
    this.#registeredMs = performance.now();
    count.registration(type, outcome.result);
    if (outcome.result !== 'refused') this.#outbox.announced(SUBJECT_OF[type](outcome.id), headerOf(msg, RECEIVER_HEADER));
    logRegistration(this.#log, outcome, { type, module: moduleOf(msg) });
  }

  /** Modules of the same id stay registered when one of them stops. */
  #unregistered(type: RegistrationKind, id: string, module: string | undefined): void {
    const result = this.#routing.unregister(type, id, module);
    if (result === 'shared') {
      this.#requests.sendSoon(type);
      return;
    }
    if (result === 'removed') count.registration(type, 'removed');
    this.#outbox.withdrawn(SUBJECT_OF[type](id));
  }

  /** Returns a function that carries out the decisions about a message, and sets a timer for calls that wait. */
  #emitFor(occasion: Occasion): (decision: Decision) => void {
    return (decision) => {
      this.#actions.do(decision, occasion);
      if (decision.kind === 'limited') this.#waitForDue();
    };
  }

  /** Routes a message unless it is a duplicate, and confirms it afterwards. */
  #take(msg: Msg, route: (payload: unknown) => void | Promise<void>): void | Promise<void> {
    const receipt = this.#inbox.take(msg);
    if (receipt === undefined) return;
    const taken = (): void => receipt.taken();
    try {
      const routed = route(payloadOf(msg));
      if (routed !== undefined) return routed.finally(taken);
    } catch (error) {
      taken();
      throw error;
    }
    taken();
  }

  #route(payload: unknown, { reply }: Msg): void | Promise<void> {
    const platform = textIn(payload, 'platform');
    const emit = this.#emitFor({ platform });
    let isCounted = false;
    const pending: Promise<void>[] = [];
    const routed = this.#routing.route(
      payload,
      (decision) => {
        if (decision.kind === 'deliver' && !isCounted) {
          isCounted = true;
          count.message(platform, 'routed');
        }
        emit(decision);
      },
      (call) => {
        if (!isCounted) count.message(platform, 'routed');
        isCounted = true;
        if (this.#peers.isAlone || !this.#routing.admission.isLimited(call)) this.#routing.admission.admit(call, emit);
        else pending.push(this.#peers.decide(call, reply));
      },
    );
    if (routed === undefined && pending.length === 0) return;
    // A shutdown waits for it.
    return Promise.resolve(routed).then(() => Promise.all(pending).then(() => undefined));
  }

  #routeEvent(payload: unknown, msg: Msg): void | Promise<void> {
    const order = textIn(payload, 'channel') || textIn(payload, 'nick');
    const occasion = { platform: textIn(payload, 'platform'), event: { payload: msg.data, order } };
    return this.#routing.routeEvent(payload, (decision) => {
      // Only messages are counted as unmatched: most events have no registration.
      if (decision.kind !== 'unmatched') this.#actions.do(decision, occasion);
    });
  }

  /** Sets a timer for the next waiting call that is due. */
  #waitForDue(): void {
    const { nextDueMs } = this.#routing.admission;
    if (nextDueMs === this.#dueAtMs) return;
    clearTimeout(this.#due);
    this.#dueAtMs = nextDueMs;
    if (nextDueMs === Infinity) return;
    this.#due = setTimeout(() => this.#runDue(), Math.min(LONGEST_TIMER_MS, Math.max(0, nextDueMs - Date.now())));
  }

  #runDue(): void {
    this.#dueAtMs = Infinity;
    this.#routing.admission.runDue(this.#emitFor({ platform: '' }));
    this.#waitForDue();
  }

  /**
   * On shutdown, after all delivered messages are routed: calls that wait for their limit or their module are transferred to another
   * replica. Without another replica, those over a limit are delivered immediately.
   */
  async #leave(): Promise<void> {
    clearTimeout(this.#due);
    const left = await this.#peers.leave();
    this.#routing.admission.execute(left, this.#emitFor({ platform: '' }));
    for (const kept of await this.#peers.handKept(await this.#outbox.takeKept())) this.#outbox.send(kept);
    await this.#outbox.finish();
  }

  #answer(payload: unknown, { reply }: Msg): void {
    const request = { action: textIn(payload, 'action'), requester: textIn(payload, 'requester'), trace: textIn(payload, 'trace') };
    const report = adminReport(request, this.#routing, this.#nats.maxPayloadBytes);
    if (report === undefined) {
      this.#log.warn('unknown request to the router', { action: request.action.slice(0, 100) });
      return;
    }
    void this.#nats.publish(report.subject, report.json);
    if (reply !== undefined && reply !== '') void this.#nats.publish(reply, report.json);
  }
}
