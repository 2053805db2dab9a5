import { SUBJECT } from '@eeveebot/contract';
import type { NatsClient } from '@eeveebot/libeevee';
import type { RegistrationKind } from '@eeveebot/libeevee/routing';

/**
 * Time in which withdrawn registrations share one request, in milliseconds. Each request is answered by all modules, and a module withdraws
 * all its registrations at once.
 */
const SHARED_MS = 500;

/** Where modules are asked to register again. */
const ASK_SUBJECT: Readonly<Record<RegistrationKind, string>> = {
  command: SUBJECT.registerCommands,
  broadcast: SUBJECT.registerBroadcasts,
  event: SUBJECT.registerEvents,
};

/** Asks all modules to register again; while NATS is disconnected, no module can be asked. */
export class RegistrationRequests {
  readonly #nats: Pick<NatsClient, 'publish' | 'isClosed'>;
  readonly #pending = new Map<RegistrationKind, NodeJS.Timeout>();

  constructor(nats: Pick<NatsClient, 'publish' | 'isClosed'>) {
    this.#nats = nats;
  }

  /** Asks for registrations of all kinds now. */
  send(): void {
    for (const kind of Object.keys(ASK_SUBJECT) as RegistrationKind[]) this.#ask(kind);
  }

  /** Asks for registrations of one kind soon, once for all calls until then. */
  sendSoon(kind: RegistrationKind): void {
    if (!this.#pending.has(kind)) this.#pending.set(kind, setTimeout(() => this.#ask(kind), SHARED_MS).unref());
  }

  stop(): void {
    for (const timer of this.#pending.values()) clearTimeout(timer);
  }

  #ask(kind: RegistrationKind): void {
    clearTimeout(this.#pending.get(kind));
    this.#pending.delete(kind);
    if (!this.#nats.isClosed()) void this.#nats.publish(ASK_SUBJECT[kind], '{}');
  }
}
