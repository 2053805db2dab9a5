import { SUBJECT } from '@eeveebot/contract';
import type { NatsClient } from '@eeveebot/libeevee';
import { RenewalClock } from '@eeveebot/libeevee/delivery';
import type { HelpRegistry, ModuleHelp } from './registry.ts';

/** The router asks for commands at the same interval, so help and commands appear and disappear together. */
export const ASK_EVERY_MS = 60_000;

/** For {@link HelpRequests}. */
export interface HelpRequestsDeps {
  readonly nats: Pick<NatsClient, 'isClosed' | 'on' | 'publish'>;
  readonly registry: HelpRegistry;
  /** A monotonic clock, in milliseconds. */
  readonly now: () => number;
}

/** Asks all modules for their help, and removes that of modules that no longer answer. */
export class HelpRequests {
  readonly #deps: HelpRequestsDeps;
  readonly #clock: RenewalClock;

  constructor(deps: HelpRequestsDeps) {
    this.#deps = deps;
    this.#clock = new RenewalClock(ASK_EVERY_MS, deps.now);
    deps.nats.on('reconnect', () => {
      this.#clock.tick(false);
      this.#ask();
    });
  }

  /** A module has declared its help. */
  heard(help: ModuleHelp): void {
    this.#deps.registry.record(help, this.#clock.nowMs);
  }

  /** Called at each {@link ASK_EVERY_MS}. While NATS is disconnected, no module can repeat its help, so none is removed. */
  tick(): void {
    const { nats, registry } = this.#deps;
    const isConnected = !nats.isClosed();
    this.#clock.tick(isConnected);
    registry.expire(this.#clock.nowMs);
    if (isConnected) this.#ask();
  }

  #ask(): void {
    void this.#deps.nats.publish(SUBJECT.helpUpdateRequest, '{}');
  }
}
