import type { Metrics } from '../telemetry/metrics.ts';
import { Cache, typeId } from './cache.ts';
import type { Client } from './client.ts';
import { Controller } from './controller.ts';
import { DEFAULT_REFLECTOR_TIMES, Reflector, type ReflectorTimes } from './reflector.ts';
import type { Clock, ControllerDefinition, EventRecorder, Log, ResourceType, Writer } from './types.ts';
import { ApiWriter } from './writer.ts';

/** Reflectors that neither heard of the server nor tried to reach it for this long are stuck. */
const STUCK_AFTER_IDLE_LIMITS = 3;

/** What a manager is made from. */
export interface ManagerInput {
  readonly client: Client;
  /** The one namespace to watch; `undefined` watches all. */
  readonly namespace: string | undefined;
  readonly events: EventRecorder;
  readonly log: Log;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly times?: ReflectorTimes;
}

/**
 * Runs controllers on one cache: each resource type is listed and watched once, however many controllers
 * look at it.
 */
export class Manager {
  readonly cache = new Cache();
  readonly writer: Writer;
  readonly #input: ManagerInput;
  readonly #times: ReflectorTimes;
  readonly #controllers: readonly Controller[];
  readonly #reflectors: readonly Reflector[];

  constructor(input: ManagerInput, definitions: readonly ControllerDefinition[]) {
    this.#input = input;
    this.#times = input.times ?? DEFAULT_REFLECTOR_TIMES;
    this.writer = new ApiWriter(input.client, this.cache);
    const { events, log, clock, metrics } = input;
    const environment = { cache: this.cache, writer: this.writer, events, log, clock, metrics };
    this.#controllers = definitions.map((definition) => new Controller(definition, environment));
    const types = new Map(
      definitions.flatMap(({ type, watches }) => [type, ...watches.map((watched) => watched.type)]).map((type) => [typeId(type), type]),
    );
    this.#reflectors = [...types.values()].map((type) => this.#reflector(type));
    this.#reportWatchAge();
  }

  /** Fills the cache and keeps it filled until `signal` is aborted. A standby does no more than this. */
  async runCache(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#reflectors.map((reflector) => reflector.run(signal)));
  }

  /**
   * Reconciles, once the cache is complete, until `signal` is aborted; resolves when the last reconcile has
   * ended. Whoever elects leaders calls it for as long as this process leads.
   */
  async runControllers(signal: AbortSignal): Promise<void> {
    const aborted = Promise.withResolvers<void>();
    const abort = () => aborted.resolve();
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    await Promise.race([Promise.all(this.#reflectors.map(({ synced }) => synced)), aborted.promise]);
    signal.removeEventListener('abort', abort);
    if (signal.aborted) return;
    this.#input.log.info('the cache is complete: reconciling');
    await Promise.all(this.#controllers.map((controller) => controller.run(signal)));
  }

  /** Why the cache is not complete yet; `undefined` once it is. */
  unready(): string | undefined {
    const waiting = this.#reflectors.filter(({ isSynced }) => !isSynced);
    if (waiting.length === 0) return undefined;
    return waiting.map(({ problem, type }) => problem ?? `${type.plural} are being listed`).join('; ');
  }

  /** Why this process had better be restarted; `undefined` while all its watches are alive or being reopened. */
  unhealthy(): string | undefined {
    const limitMs = this.#times.idleLimitMs * STUCK_AFTER_IDLE_LIMITS;
    const stuck = this.#reflectors.filter(({ idleMs }) => idleMs > limitMs);
    return stuck.length === 0 ? undefined : `watches are stuck: ${stuck.map(({ type }) => type.plural).join(', ')}`;
  }

  #reflector(type: ResourceType): Reflector {
    const { client, namespace, clock, log, metrics } = this.#input;
    const resource = type.plural;
    return new Reflector({
      type,
      client,
      store: this.cache.ensureStore(type),
      namespace,
      clock,
      log,
      times: this.#times,
      observer: {
        event: (eventType) => metrics.watchEvents.inc({ resource, type: eventType.toLowerCase() }),
        watching: (open) => (open ? metrics.activeWatches.inc({ resource }) : metrics.activeWatches.dec({ resource })),
      },
    });
  }

  #reportWatchAge(): void {
    const { watchAgeSeconds } = this.#input.metrics;
    const reflectors = this.#reflectors;
    // Computed when asked for: nothing has to tick.
    Object.assign(watchAgeSeconds, {
      collect: () => {
        for (const { type, idleMs } of reflectors) watchAgeSeconds.set({ resource: type.plural }, idleMs / 1000);
      },
    });
  }
}
