import { SUBJECT, broadcastMessageSubject, commandExecuteSubject } from '@eeveebot/contract';
import type { Msg } from 'nats';
import type { NatsClient } from '../nats/client.ts';
import { type CommandCall, commandCall, isBroadcastFor, limitKey } from './matching.ts';
import { RateLimiter } from './rate-limiter.ts';
import type { IncomingMessage, RegisteredBroadcast, RegisteredCommand, RegisteredHelp } from './registrations.ts';

/** How long the router keeps a registration that does not say. */
const DEFAULT_TTL_MS = 600_000;

/** A registration, and until when it stands on the router's clock. */
interface Standing<Registration> {
  readonly registration: Registration;
  readonly untilMs: number;
  /** When the router asks for it again, once: half-way, unless the module itself said how long it is to stand. */
  askAtMs: number;
}

/** A call over the limit that waits for its turn. */
interface Queued {
  readonly dueMs: number;
  readonly command: RegisteredCommand;
  readonly call: CommandCall;
  readonly message: IncomingMessage;
}

/** Payloads on the bus are what modules and the connector of this harness send: their types are theirs. */
const payloadOf = <Payload>(msg: Msg): Payload => msg.json<Payload>();

/**
 * The router of a bot: knows what modules register, and gives each message to the commands it calls and
 * the broadcasts that want it. It has a clock of its own, so that rate limits pass without waiting.
 */
export class TestRouter {
  readonly commands = new Map<string, Standing<RegisteredCommand>>();
  readonly broadcasts = new Map<string, Standing<RegisteredBroadcast>>();
  readonly help = new Map<string, RegisteredHelp>();
  readonly #nats: NatsClient;
  #limiter = new RateLimiter();
  #queued: Queued[] = [];
  #nowMs: number;

  /** @param nowMs what its clock shows, in milliseconds since 1970. */
  constructor(nats: NatsClient, nowMs: number) {
    this.#nats = nats;
    this.#nowMs = nowMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Listens for registrations and for what is said. */
  async start(): Promise<void> {
    const on = (subject: string, handle: (msg: Msg) => unknown): unknown => this.#nats.subscribe(subject, (_subject, msg) => handle(msg));
    await Promise.all([
      on(SUBJECT.commandRegister, (msg) => {
        const registration = payloadOf<RegisteredCommand>(msg);
        this.commands.set(registration.commandUUID, this.#standingFromNow(registration));
      }),
      on(SUBJECT.commandUnregister, (msg) => this.commands.delete(payloadOf<RegisteredCommand>(msg).commandUUID)),
      on(SUBJECT.broadcastRegister, (msg) => {
        const registration = payloadOf<RegisteredBroadcast>(msg);
        this.broadcasts.set(registration.broadcastUUID, this.#standingFromNow(registration));
      }),
      on(SUBJECT.broadcastUnregister, (msg) => this.broadcasts.delete(payloadOf<RegisteredBroadcast>(msg).broadcastUUID)),
      on(SUBJECT.helpUpdate, (msg) => {
        const help = payloadOf<RegisteredHelp>(msg);
        this.help.set(help.from, help);
      }),
      on(SUBJECT.helpRemove, (msg) => this.help.delete(payloadOf<RegisteredHelp>(msg).from)),
      on('chat.message.incoming.>', (msg) => this.#dispatch(payloadOf<IncomingMessage>(msg))),
    ]);
  }

  /** Forgets everything, as a router that was restarted, and asks all modules to register again. */
  async restart(): Promise<void> {
    this.commands.clear();
    this.broadcasts.clear();
    this.help.clear();
    this.#queued = [];
    this.#limiter = new RateLimiter();
    await Promise.all(
      [SUBJECT.registerCommands, SUBJECT.registerBroadcasts, SUBJECT.helpUpdateRequest].map((subject) => this.#nats.publish(subject, '{}')),
    );
  }

  /**
   * Moves the clock on. On the way, calls that waited are executed and registrations asked for again, each at its time.
   *
   * @param settled waits until the modules have handled all that came to them: they answer at the time they were asked.
   */
  async advance(ms: number, settled: () => Promise<void>): Promise<void> {
    const endMs = this.#nowMs + ms;
    for (let nextMs = this.#nextMs(); nextMs <= endMs; nextMs = this.#nextMs()) {
      this.#nowMs = Math.max(this.#nowMs, nextMs);
      await this.#askAgain();
      const due = this.#queued.filter(({ dueMs }) => dueMs <= this.#nowMs);
      this.#queued = this.#queued.filter(({ dueMs }) => dueMs > this.#nowMs);
      for (const queued of due) await this.#execute(queued);
      await settled();
    }
    this.#nowMs = endMs;
  }

  /** Registrations that still stand. */
  standing<Registration>(registrations: ReadonlyMap<string, Standing<Registration>>): Registration[] {
    return [...registrations.values()].filter(({ untilMs }) => untilMs > this.#nowMs).map(({ registration }) => registration);
  }

  #standingFromNow<Registration extends { readonly ttl?: number }>(registration: Registration): Standing<Registration> {
    const { ttl } = registration;
    const untilMs = this.#nowMs + (ttl ?? DEFAULT_TTL_MS);
    return { registration, untilMs, askAtMs: ttl === undefined ? this.#nowMs + DEFAULT_TTL_MS / 2 : Infinity };
  }

  /** When there is something to do next. */
  #nextMs(): number {
    const registered = [...this.commands.values(), ...this.broadcasts.values()];
    return Math.min(Infinity, ...this.#queued.map(({ dueMs }) => dueMs), ...registered.map(({ askAtMs }) => askAtMs));
  }

  /** Asks for the registrations whose time has come, all of a kind at once. */
  async #askAgain(): Promise<void> {
    for (const [subject, registered] of [
      [SUBJECT.registerCommands, this.commands],
      [SUBJECT.registerBroadcasts, this.broadcasts],
    ] as const) {
      const due = [...registered.values()].filter(({ askAtMs }) => askAtMs <= this.#nowMs);
      for (const each of due) each.askAtMs = Infinity;
      if (due.length > 0) await this.#nats.publish(subject, '{}');
    }
  }

  async #dispatch(message: IncomingMessage): Promise<void> {
    const broadcasts = this.standing(this.broadcasts).filter((broadcast) => isBroadcastFor(broadcast, message));
    const called = this.standing(this.commands).flatMap((command) => {
      const call = commandCall(command, message);
      return call === undefined ? [] : [{ command, call, message }];
    });
    await Promise.all([...broadcasts.map((broadcast) => this.#deliver(broadcast, message)), ...called.map((each) => this.#admit(each))]);
  }

  async #admit(called: Omit<Queued, 'dueMs'>): Promise<void> {
    const { command, message } = called;
    const dueMs = this.#limiter.dueMs(limitKey(command, message), command.ratelimit, this.#nowMs);
    if (dueMs === undefined) return;
    if (dueMs > this.#nowMs) this.#queued.push({ ...called, dueMs });
    else await this.#execute(called);
  }

  #execute({ command, call, message }: Omit<Queued, 'dueMs'>): Promise<boolean> {
    const { platform, network, instance, channel, user, userHost, text: originalText, trace } = message;
    const payload = {
      ...{ platform, network, instance, channel, user, userHost, originalText, trace },
      text: call.args,
      matchedCommand: command.commandDisplayName,
      matchedText: call.matchedText,
      timestamp: new Date(this.#nowMs).toISOString(),
    };
    return this.#nats.publish(commandExecuteSubject(command.commandUUID), JSON.stringify(payload));
  }

  #deliver({ broadcastUUID }: RegisteredBroadcast, message: IncomingMessage): Promise<boolean> {
    const { platform, network, instance, channel, user, userHost, text } = message;
    const timestamp = new Date(this.#nowMs).toISOString();
    const payload = { platform, network, instance, channel, user, userHost, text, timestamp };
    return this.#nats.publish(broadcastMessageSubject(broadcastUUID), JSON.stringify(payload));
  }
}
