import { SUBJECT } from '@eeveebot/contract';
import type { NatsClient } from '@eeveebot/libeevee';
import type { HelpRegistry } from './registry.ts';

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
  /** Whether modules could answer since the previous request. */
  #couldAnswer = true;

  constructor(deps: HelpRequestsDeps) {
    this.#deps = deps;
    deps.nats.on('reconnect', () => {
      this.#couldAnswer = false;
      this.#ask();
    });
  }

  /** Called each minute. While NATS is disconnected, no module can repeat its help, so none is removed. */
  tick(): void {
    const { nats, registry, now } = this.#deps;
    if (nats.isClosed()) return;
    if (this.#couldAnswer) registry.expire(now());
    this.#couldAnswer = true;
    this.#ask();
  }

  #ask(): void {
    void this.#deps.nats.publish(SUBJECT.helpUpdateRequest, '{}');
  }
}
