/**
 * Runs controllers: change of a cached object → keys of the affected resources (`subscription.ts`) → queue (`workqueue.ts`) → one worker
 * per key (`workers.ts`, `controller.ts`, `exclusive-groups.ts`) → the reconcile of the definition (`definition.ts`) → queue again, by its result.
 * `resync.ts` adds all keys from time to time, and `background-answers.ts` holds the results of work that outlives a reconcile.
 */
import type { Log } from '../../telemetry/log.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { Client } from '../api/client.ts';
import type { EventRecorder } from '../api/events.ts';
import { ApiWriter, type SecretMarker } from '../apply/api-writer.ts';
import { Repairs } from '../apply/repairs.ts';
import type { Rewrites } from '../apply/rewrites.ts';
import { Cache, typeId } from '../cache/cache.ts';
import { Reflector } from '../cache/reflector.ts';
import { DEFAULT_REFLECTOR_TIMES, type ReflectorTimes } from '../cache/reflector-times.ts';
import type { Clock } from '../clock.ts';
import type { ResourceType } from '../objects/resource-type.ts';
import { Controller } from './controller.ts';
import type { ControllerDefinition } from './definition.ts';

/** Dependencies and settings of a manager. */
export interface ManagerInput {
  readonly client: Client;
  /** The namespaces to watch; `undefined` watches all. */
  readonly namespaces: readonly string[] | undefined;
  readonly events: EventRecorder;
  readonly log: Log;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Whether this process may write: checked before each write of a reconcile. Without it, every write is allowed. */
  readonly mayWrite?: () => boolean;
  /** Description of the other operator that works in a namespace, or may begin there: checked as `mayWrite`. */
  readonly rivalIn?: (namespace: string) => string | undefined;
  readonly rewrites?: Rewrites;
  readonly secretMarks: SecretMarker;
  readonly times?: ReflectorTimes;
}

/**
 * Runs controllers on one cache: each resource type is listed and watched once, however many controllers
 * use it.
 */
export class Manager {
  readonly cache: Cache;
  readonly writer: ApiWriter;
  readonly #input: ManagerInput;
  readonly #times: ReflectorTimes;
  readonly #controllers: readonly Controller[];
  readonly #types: readonly ResourceType[];
  /** Reflectors by type: each type is listed and watched once in each namespace. */
  readonly #reflectors: ReadonlyMap<string, readonly Reflector[]>;

  constructor(input: ManagerInput, definitions: readonly ControllerDefinition[]) {
    this.#input = input;
    this.#times = input.times ?? DEFAULT_REFLECTOR_TIMES;
    const { events, log, clock, metrics, mayWrite = () => true, rivalIn = () => undefined } = input;
    this.cache = new Cache(log, input.namespaces);
    this.writer = new ApiWriter(input.client, this.cache, {
      clock,
      secretMarks: input.secretMarks,
      rewrites: input.rewrites,
      repairs: new Repairs({ clock }),
    });
    const environment = {
      cache: this.cache,
      writer: this.writer,
      events,
      log,
      clock,
      metrics,
      mayWrite,
      rivalIn,
      isApiBusy: () => input.client.isBusy,
    };
    this.#controllers = definitions.map((definition) => new Controller(definition, environment));
    const types = new Map(
      definitions.flatMap(({ type, watches }) => [type, ...watches.map((watched) => watched.type)]).map((type) => [typeId(type), type]),
    );
    const namespaces = input.namespaces ?? [undefined];
    const watches = definitions.flatMap((definition) => definition.watches);
    const isWanted = (id: string) => watches.some((watched) => typeId(watched.type) === id && watched.isWanted?.(this.cache) !== false);
    this.#types = [...types.values()];
    this.#reflectors = new Map(
      [...types].map(([id, type]) => [
        id,
        namespaces.map((namespace) => this.#reflector(type, { namespace, isWanted: () => isWanted(id) })),
      ]),
    );
    metrics.watchAges.add(() => this.#watchAges());
  }

  /** Fills the cache and keeps it up to date until `signal` is aborted. A standby does only this. */
  async runCache(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#all.map((reflector) => reflector.run(signal)));
  }

  /**
   * Runs each controller once its watched types have been listed, until `signal` is aborted; resolves when the
   * last reconcile has ended. With leader election, call it for as long as this process leads, and abort it
   * with a NotLeaderError when it no longer does.
   */
  async runControllers(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#controllers.map((controller) => this.#runController(controller, signal)));
  }

  /** Whether all watched types have been listed, except in namespaces that may not be listed while others may. */
  get isSynced(): boolean {
    return this.#awaited.length === 0;
  }

  /** Why the cache is not complete yet, or no longer kept up to date; `undefined` while it is both. */
  unready(): string | undefined {
    const reasons = this.isSynced
      ? this.#refused.map(({ refusal }) => refusal)
      : this.#awaited.map(({ problem, type }) => problem ?? `${type.plural} are being listed`);
    return reasons.length === 0 ? undefined : [...new Set(reasons)].join('; ');
  }

  /**
   * Why this process should be restarted; `undefined` while all its watches are alive or being reopened.
   * An unavailable API server is not a reason: a new process could not reach it either.
   */
  unhealthy(): string | undefined {
    const stuck = this.#all.filter(({ isStuck }) => isStuck);
    return stuck.length === 0 ? undefined : `watches are stuck: ${stuck.map(({ type }) => type.plural).join(', ')}`;
  }

  async #runController(controller: Controller, signal: AbortSignal): Promise<void> {
    const types = new Set(controller.types.map(typeId));
    const listed = [...this.#reflectors]
      .filter(([id]) => types.has(id))
      .flatMap(([, reflectors]) => reflectors.map(({ synced }) => synced));
    await untilAborted(Promise.all(listed), signal);
    if (signal.aborted) return;
    this.#input.log.info('reconciling', { controller: controller.name });
    await controller.run(signal);
  }

  /** Reflectors that must list first. Those of namespaces that are left out count only if the operator works in no other namespace. */
  get #awaited(): readonly Reflector[] {
    const unsynced = this.#all.filter(({ isSynced }) => !isSynced);
    const worksSomewhere = this.#input.namespaces?.some((namespace) => this.cache.isListedIn(namespace, this.#types)) === true;
    return worksSomewhere ? unsynced.filter(({ isLeftOut }) => !isLeftOut) : unsynced;
  }

  /** Reflectors of types that the server refuses to list or watch in every namespace. Otherwise, the operator still works in the others. */
  get #refused(): readonly Reflector[] {
    return [...this.#reflectors.values()].filter((each) => each.every(({ refusal }) => refusal !== undefined)).flat();
  }

  get #all(): readonly Reflector[] {
    return [...this.#reflectors.values()].flat();
  }

  #reflector(
    type: ResourceType,
    { namespace, isWanted }: { readonly namespace: string | undefined; readonly isWanted: () => boolean },
  ): Reflector {
    const { client, clock, log, metrics } = this.#input;
    const resource = type.plural;
    metrics.activeWatches.inc({ resource }, 0);
    for (const change of ['added', 'modified', 'deleted']) metrics.watchEvents.inc({ resource, type: change }, 0);
    return new Reflector({
      type,
      client,
      store: this.cache.ensureStore(type),
      namespace,
      isWanted,
      isDispensable: (this.#input.namespaces?.length ?? 0) > 1,
      clock,
      log,
      times: this.#times,
      observer: {
        event: (eventType) => metrics.watchEvents.inc({ resource, type: eventType.toLowerCase() }),
        watching: (open) => (open ? metrics.activeWatches.inc({ resource }) : metrics.activeWatches.dec({ resource })),
      },
    });
  }

  /** Reports the oldest of several watches of one resource, such as those of pods with different labels. */
  #watchAges(): Iterable<{ readonly resource: string; readonly seconds: number }> {
    const oldest = new Map<string, number>();
    for (const { type, ageMs } of this.#all) {
      oldest.set(type.plural, Math.max(oldest.get(type.plural) ?? 0, ageMs / 1000));
    }
    return [...oldest].map(([resource, seconds]) => ({ resource, seconds }));
  }
}

/** Resolves with `promise`, or when `signal` is aborted. */
async function untilAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<void>();
  const abort = () => aborted.resolve();
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  await Promise.race([promise, aborted.promise]);
  signal.removeEventListener('abort', abort);
}
