import { SUBJECT, broadcastMessageSubject, commandExecuteSubject, eventMessageSubject, outgoingNoticeSubject } from '@eeveebot/contract';
import type { Msg } from 'nats';
import type { BroadcastRegistration, CommandRegistration, EventRegistration, HelpUpdate } from '../chat/payloads.ts';
import { log } from '../log/log.ts';
import type { NatsClient } from '../nats/client.ts';
import { BoundedRegexes, type Decision, RENEWAL_MS, type RegistrationOutcome, Routing } from '../routing/index.ts';
import type { TestClock } from './test-clock.ts';

const PRODUCER = 'test-router';

/** Maximum number of registration requests in one `advance`, so that a year passes in seconds. */
const MAX_RENEWALS = 120;

/** Subjects and the handlers of their payloads. */
type Subscriptions = readonly (readonly [subject: string, take: (payload: unknown, msg: Msg) => unknown])[];

function payloadOf(msg: Msg): unknown {
  try {
    return msg.json();
  } catch {
    return undefined;
  }
}

const idIn = (payload: unknown, field: string): string => String(Reflect.get(Object(payload), field));

/**
 * The router of a test bot: {@link Routing}, as in the real one, on a bus. Its own clock lets rate limits expire without waiting.
 */
export class TestRouter {
  readonly help = new Map<string, HelpUpdate>();
  readonly #nats: NatsClient;
  readonly #regexes = new BoundedRegexes();
  readonly #routing: Routing;
  readonly #clock: TestClock;
  /** Time of the next registration request. */
  #renewalMs: number;
  /** Number of messages that wait for an expression with a look-around. */
  #trying = 0;

  constructor(nats: NatsClient, clock: TestClock) {
    this.#nats = nats;
    this.#clock = clock;
    this.#renewalMs = clock.now() + RENEWAL_MS;
    this.#routing = new Routing({ now: () => clock.now(), evaluate: (tasks) => this.#regexes.evaluate(tasks) });
  }

  get nowMs(): number {
    return this.#clock.now();
  }

  get commands(): readonly CommandRegistration[] {
    return this.#routing.commands.all.map(({ registration }) => registration);
  }

  get broadcasts(): readonly BroadcastRegistration[] {
    return this.#routing.broadcasts.all.map(({ registration }) => registration);
  }

  get events(): readonly EventRegistration[] {
    return this.#routing.events.all.map(({ registration }) => registration);
  }

  /** Whether a message waits for the thread that evaluates expressions with look-arounds. */
  get isBusy(): boolean {
    return this.#trying > 0;
  }

  /** Subscribes to registrations, messages and events. */
  async start(): Promise<void> {
    const subscriptions: Subscriptions = [
      [SUBJECT.commandRegister, (payload) => this.#told(this.#routing.registerCommand(payload))],
      [SUBJECT.commandUnregister, (payload) => this.#routing.commands.remove(idIn(payload, 'commandUUID'))],
      [SUBJECT.broadcastRegister, (payload) => this.#told(this.#routing.registerBroadcast(payload))],
      [SUBJECT.broadcastUnregister, (payload) => this.#routing.broadcasts.remove(idIn(payload, 'broadcastUUID'))],
      [SUBJECT.eventRegister, (payload) => this.#told(this.#routing.registerEvent(payload))],
      [SUBJECT.eventUnregister, (payload) => this.#routing.events.remove(idIn(payload, 'eventUUID'))],
      [SUBJECT.helpUpdate, (payload) => this.help.set(idIn(payload, 'from'), payload as HelpUpdate)],
      [SUBJECT.helpRemove, (payload) => this.help.delete(idIn(payload, 'from'))],
      [SUBJECT.incomingMessages, (payload) => this.#inTurn(this.#routing.route(payload, (decision) => this.#act(decision)))],
      [SUBJECT.chatEvents, (payload, msg) => this.#inTurn(this.#routing.routeEvent(payload, (decision) => this.#act(decision, msg.data)))],
    ];
    await Promise.all(subscriptions.map(([subject, take]) => this.#nats.subscribe(subject, (_subject, msg) => take(payloadOf(msg), msg))));
  }

  /** Drops all registrations, like a restarted router, and requests them again from all modules. */
  restart(): void {
    this.#routing.clear();
    this.help.clear();
    this.#askAgain();
    void this.#nats.publish(SUBJECT.helpUpdateRequest, '{}');
  }

  /** Ends its thread. */
  stop(): Promise<void> {
    return this.#regexes.close();
  }

  /** Time at which an alarm rings or a waiting call runs. */
  get #nextDueMs(): number {
    return Math.min(this.#routing.admission.nextDueMs, this.#clock.nextAlarmMs);
  }

  /**
   * Advances the clock. On the way, alarms ring, waiting calls run and registrations are requested, each at its time.
   *
   * @param settled waits until the modules have handled all messages: they answer at the time of the request.
   * @param passed advances other clocks by `ms` milliseconds.
   */
  async advance(ms: number, settled: () => Promise<void>, passed: (ms: number) => Promise<void>): Promise<void> {
    const endMs = this.nowMs + ms;
    const renewalEveryMs = Math.max(RENEWAL_MS, Math.ceil(ms / MAX_RENEWALS));
    for (;;) {
      const nextMs = Math.min(endMs, Math.max(this.nowMs, Math.min(this.#nextDueMs, this.#renewalMs)));
      const passedMs = nextMs - this.nowMs;
      this.#clock.set(nextMs);
      if (passedMs > 0) await passed(passedMs);
      this.#routing.admission.runDue((decision) => this.#act(decision));
      if (this.#renewalMs <= this.nowMs) {
        this.#renewalMs = this.nowMs + renewalEveryMs;
        this.#askAgain();
        await settled();
        this.#routing.sweep();
      }
      await settled();
      if (this.nowMs >= endMs && this.#nextDueMs > endMs) break;
    }
    this.#renewalMs = Math.min(this.#renewalMs, this.nowMs + RENEWAL_MS);
  }

  #told(outcome: RegistrationOutcome): void {
    if (outcome.result !== 'refused') return;
    log.error('a registration is rejected: the module will not be called', {
      producer: PRODUCER,
      id: outcome.id,
      name: outcome.name,
      reason: outcome.problems.join('; '),
    });
  }

  #askAgain(): void {
    for (const subject of [SUBJECT.registerCommands, SUBJECT.registerBroadcasts, SUBJECT.registerEvents]) {
      void this.#nats.publish(subject, '{}');
    }
  }

  #inTurn(routed: void | Promise<void>): void | Promise<void> {
    if (routed === undefined) return;
    this.#trying++;
    return routed.finally(() => this.#trying--);
  }

  /** @param event the payload of the event that is routed. */
  #act(decision: Decision, event?: Uint8Array): void {
    const send = (subject: string, payload: unknown): void => void this.#nats.publish(subject, JSON.stringify(payload));
    switch (decision.kind) {
      case 'execute':
        send(commandExecuteSubject(decision.command.commandUUID), decision.execution);
        break;
      case 'deliver':
        send(broadcastMessageSubject(decision.broadcast.broadcastUUID), decision.message);
        break;
      case 'event':
        void this.#nats.publish(eventMessageSubject(decision.registration.eventUUID), event ?? '');
        break;
      case 'notice':
        send(outgoingNoticeSubject(decision), decision.notice);
        break;
      case 'set-aside':
        log.error(`a ${decision.what} is no longer matched: one of its regular expressions took too long for a text`, {
          producer: PRODUCER,
          name: decision.name,
        });
        break;
      case 'limited':
      case 'blocked':
      case 'unmatched':
      case 'invalid':
      case 'not-tried':
        break;
    }
  }
}
