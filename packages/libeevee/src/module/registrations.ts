import { modulePresenceSubject } from '@eeveebot/contract';
import { ErrorCode, NatsError, type Subscription } from 'nats';
import { type BroadcastRegistrationOptions, registerBroadcast, unregisterBroadcast } from '../chat/broadcasts.ts';
import { type CommandRegistrationOptions, registerCommand, unregisterCommand } from '../chat/commands.ts';
import { type EventRegistrationOptions, registerEvent, unregisterEvent } from '../chat/events.ts';
import { type HelpEntry, registerHelp, unregisterHelp } from '../chat/help.ts';
import { announceFor } from '../chat/registration.ts';
import type { ModuleMetrics } from '../metrics/module-metrics.ts';
import { moduleIdentity } from '../nats/module-identity.ts';
import type { NatsClient } from '../nats/client.ts';
import { warnOfWordBoundaries } from './word-boundaries.ts';

/** Time limit for another replica to answer. Without one, the server reports that immediately. */
const PRESENCE_MS = 500;

/** Registrations of a module with the router and the help module. */
export interface Registered {
  readonly commands: readonly CommandRegistrationOptions[];
  readonly broadcasts: readonly BroadcastRegistrationOptions[];
  readonly events: readonly EventRegistrationOptions[];
  readonly help: HelpEntry[];
}

/** Registrations of a running module. They are withdrawn when it stops, unless another replica continues, as in a rollout. */
export class ModuleRegistrations {
  readonly #nats: NatsClient;
  readonly #metrics: ModuleMetrics;
  readonly #module: string;
  /** Subject on which replicas answer each other. */
  readonly #replicas: string;
  /** The same for all modules of one name, which is that of their help. */
  readonly #sameNames: string;
  #registered: Registered | undefined;
  #presence: readonly (Subscription | false)[] = [];

  constructor({ nats, metrics, module }: { nats: NatsClient; metrics: ModuleMetrics; module: string }) {
    announceFor(nats, module);
    this.#nats = nats;
    this.#metrics = metrics;
    this.#module = module;
    this.#replicas = modulePresenceSubject(moduleIdentity(module));
    this.#sameNames = modulePresenceSubject(module);
  }

  /** Registers everything, and then answers replicas that stop. */
  async register(registered: Registered): Promise<void> {
    const [nats, metrics, module] = [this.#nats, this.#metrics, this.#module];
    this.#registered = registered;
    warnOfWordBoundaries(module, registered.commands);
    const subjects = [...new Set([this.#replicas, this.#sameNames])];
    this.#presence = await Promise.all(subjects.map((subject) => nats.subscribe(subject, (_subject, msg) => msg.respond())));
    await Promise.all([
      ...registered.commands.map((command) => registerCommand(nats, command, metrics)),
      ...registered.broadcasts.map((broadcast) => registerBroadcast(nats, broadcast, metrics)),
      ...registered.events.map((event) => registerEvent(nats, event, metrics)),
      registered.help.length > 0 && registerHelp(nats, module, registered.help, metrics),
    ]);
  }

  /** Withdraws everything, unless another replica continues. While NATS is disconnected, nothing can be withdrawn. */
  async withdraw(): Promise<void> {
    const registered = this.#registered;
    this.#registered = undefined;
    if (registered === undefined || this.#nats.isClosed()) return;
    await Promise.all(this.#presence.map((subscription) => this.#nats.unsubscribe(subscription)));
    if (await this.#isAnswered(this.#replicas)) return;
    const keepsHelp = registered.help.length === 0 || (await this.#isAnswered(this.#sameNames));
    const [nats, metrics] = [this.#nats, this.#metrics];
    await Promise.all([
      ...registered.commands.map((command) => unregisterCommand(nats, command, metrics)),
      ...registered.broadcasts.map((broadcast) => unregisterBroadcast(nats, broadcast, metrics)),
      ...registered.events.map((event) => unregisterEvent(nats, event, metrics)),
      !keepsHelp && unregisterHelp(nats, this.#module, metrics),
    ]);
  }

  /** Whether another process runs that subscribes to the subject of a presence. */
  async #isAnswered(subject: string): Promise<boolean> {
    try {
      await this.#nats.nats?.request(subject, '', { timeout: PRESENCE_MS });
      return true;
    } catch (error) {
      if (error instanceof NatsError && (error.code === (ErrorCode.NoResponders as string) || error.code === (ErrorCode.Timeout as string)))
        return false;
      throw error;
    }
  }
}
