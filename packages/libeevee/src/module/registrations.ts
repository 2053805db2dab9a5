import { modulePresenceSubject } from '@eeveebot/contract';
import { ErrorCode, NatsError, type Subscription } from 'nats';
import { type BroadcastRegistrationOptions, registerBroadcast, unregisterBroadcast } from '../chat/broadcasts.ts';
import { type CommandRegistrationOptions, registerCommand, unregisterCommand } from '../chat/commands.ts';
import { type EventRegistrationOptions, registerEvent, unregisterEvent } from '../chat/events.ts';
import { type HelpEntry, registerHelp, unregisterHelp } from '../chat/help.ts';
import { announceFor } from '../chat/registration.ts';
import type { ModuleMetrics } from '../metrics/module-metrics.ts';
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
  #registered: Registered | undefined;
  #presence: Subscription | false = false;

  constructor({ nats, metrics, module }: { nats: NatsClient; metrics: ModuleMetrics; module: string }) {
    announceFor(nats, module);
    this.#nats = nats;
    this.#metrics = metrics;
    this.#module = module;
  }

  /** Registers everything, and then answers replicas that stop. */
  async register(registered: Registered): Promise<void> {
    const [nats, metrics, module] = [this.#nats, this.#metrics, this.#module];
    this.#registered = registered;
    warnOfWordBoundaries(module, registered.commands);
    this.#presence = await nats.subscribe(modulePresenceSubject(module), (_subject, msg) => msg.respond());
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
    await this.#nats.unsubscribe(this.#presence);
    if (await this.#hasReplica()) return;
    const [nats, metrics] = [this.#nats, this.#metrics];
    await Promise.all([
      ...registered.commands.map((command) => unregisterCommand(nats, command, metrics)),
      ...registered.broadcasts.map((broadcast) => unregisterBroadcast(nats, broadcast, metrics)),
      ...registered.events.map((event) => unregisterEvent(nats, event, metrics)),
      registered.help.length > 0 && unregisterHelp(nats, this.#module, metrics),
    ]);
  }

  async #hasReplica(): Promise<boolean> {
    try {
      await this.#nats.nats?.request(modulePresenceSubject(this.#module), '', { timeout: PRESENCE_MS });
      return true;
    } catch (error) {
      if (error instanceof NatsError && (error.code === (ErrorCode.NoResponders as string) || error.code === (ErrorCode.Timeout as string)))
        return false;
      throw error;
    }
  }
}
