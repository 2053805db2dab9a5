import type { ObjectStore } from './cache.ts';
import type { Client } from './client.ts';
import { pause } from './clock.ts';
import { ApiError, errorText, isForbidden, isGone, isNotFound } from './errors.ts';
import type { Clock, KubeObject, Log, ResourceType } from './types.ts';

/** How a reflector waits and how long. */
export interface ReflectorTimes {
  /** The server ends a watch after this time, and up to as much again. */
  readonly watchSeconds: number;
  /** A watch that brings nothing, not even a bookmark (the server sends one a minute), is dead. */
  readonly idleLimitMs: number;
  /** First and longest delay after a failure. */
  readonly retryFirstMs: number;
  readonly retryLongestMs: number;
}

export const DEFAULT_REFLECTOR_TIMES: ReflectorTimes = {
  watchSeconds: 300,
  idleLimitMs: 150_000,
  retryFirstMs: 100,
  retryLongestMs: 30_000,
};

/** What a reflector reports, for metrics. */
export interface ReflectorObserver {
  event(type: string): void;
  watching(open: boolean): void;
}

/**
 * Keeps a store equal to what the API server has of one type: lists it page by page, then follows its
 * changes. It goes on for ever, whatever the API server does.
 *
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
export class Reflector {
  readonly type: ResourceType;
  readonly #client: Client;
  readonly #store: ObjectStore;
  readonly #namespace: string | undefined;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #log: Log;
  readonly #times: ReflectorTimes;
  readonly #observer: ReflectorObserver | undefined;
  readonly #synced = Promise.withResolvers<void>();
  #isSynced = false;
  #resourceVersion: string | undefined;
  #lastActive: Date;
  #problem: string | undefined;

  constructor(given: {
    readonly type: ResourceType;
    readonly client: Client;
    readonly store: ObjectStore;
    readonly namespace: string | undefined;
    readonly clock: Clock;
    readonly log: Log;
    readonly random?: () => number;
    readonly times?: ReflectorTimes;
    readonly observer?: ReflectorObserver;
  }) {
    this.type = given.type;
    this.#client = given.client;
    this.#store = given.store;
    this.#namespace = given.namespace;
    this.#clock = given.clock;
    this.#log = given.log;
    this.#random = given.random ?? Math.random;
    this.#times = given.times ?? DEFAULT_REFLECTOR_TIMES;
    this.#observer = given.observer;
    this.#lastActive = given.clock.now();
  }

  /** Whether the store has been complete once. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** Resolves once the store is complete. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  /** Why it could not list or watch at the last attempt; `undefined` while it can. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Time since it last heard of the server or last tried to. */
  get idleMs(): number {
    return this.#clock.now().getTime() - this.#lastActive.getTime();
  }

  /** Lists and watches until `signal` is aborted. Never throws. */
  async run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      this.#lastActive = this.#clock.now();
      try {
        if (this.#resourceVersion === undefined) await this.#list(signal);
        const startedMs = this.#clock.now().getTime();
        const events = await this.#watch(signal);
        // A watch that ends at once, time after time, must not become a busy loop.
        failures = events > 0 || this.#clock.now().getTime() - startedMs > 1_000 ? 0 : failures + 1;
      } catch (error) {
        if (signal.aborted) return;
        // 410: the history since our resourceVersion was compacted. There is nothing to resume from.
        if (isGone(error)) this.#resourceVersion = undefined;
        this.#report(error);
        failures += 1;
        if (error instanceof ApiError && error.retryAfterMs !== undefined)
          await pause({ clock: this.#clock, delayMs: error.retryAfterMs, signal });
      }
      if (failures > 0) await pause({ clock: this.#clock, delayMs: this.#backoffMs(failures), signal });
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const objects: KubeObject[] = [];
    let continueToken = '';
    let resourceVersion = '';
    do {
      const page = await this.#client.list(this.type, { namespace: this.#namespace, continueToken, signal });
      objects.push(...page.items);
      ({ continueToken, resourceVersion } = page);
      this.#lastActive = this.#clock.now();
    } while (continueToken !== '');
    this.#store.replace(objects, resourceVersion);
    this.#resourceVersion = resourceVersion;
    this.#recovered();
    if (this.#isSynced) return;
    this.#isSynced = true;
    this.#synced.resolve();
  }

  /** @returns the number of changes it brought before the server ended it. */
  async #watch(signal: AbortSignal): Promise<number> {
    const { watchSeconds, idleLimitMs } = this.#times;
    const ended = new AbortController();
    const stalled = () => ended.abort(new Error(`watch of ${this.type.plural} brought nothing for ${idleLimitMs} ms: opening it again`));
    let cancelIdle = this.#clock.schedule(idleLimitMs, stalled);
    let events = 0;
    let isOpen = false;
    try {
      const stream = this.#client.watch<KubeObject>(this.type, {
        namespace: this.#namespace,
        resourceVersion: this.#resourceVersion ?? '',
        timeoutSeconds: Math.round(watchSeconds * (1 + this.#random())),
        signal: AbortSignal.any([signal, ended.signal]),
      });
      this.#observer?.watching(true);
      isOpen = true;
      for await (const event of stream) {
        cancelIdle();
        cancelIdle = this.#clock.schedule(idleLimitMs, stalled);
        this.#lastActive = this.#clock.now();
        this.#recovered();
        if (event.type === 'ERROR') {
          const { code = 500, reason = 'Unknown', message = 'the watch failed' } = event.object;
          throw new ApiError(message, { code, reason });
        }
        this.#resourceVersion = event.object.metadata.resourceVersion ?? this.#resourceVersion;
        if (event.type === 'BOOKMARK') continue;
        events += 1;
        this.#observer?.event(event.type);
        if (event.type === 'DELETED') this.#store.delete(event.object);
        else this.#store.set(event.object);
      }
      return events;
    } finally {
      cancelIdle();
      if (isOpen) this.#observer?.watching(false);
    }
  }

  #recovered(): void {
    if (this.#problem === undefined) return;
    this.#problem = undefined;
    this.#log.info(`watching ${this.type.plural} again`);
  }

  /** Logs a problem once, not at every attempt. */
  #report(error: unknown): void {
    const problem = this.#explained(error);
    if (problem === this.#problem || isGone(error)) return;
    this.#problem = problem;
    this.#log.warn(problem);
  }

  #explained(error: unknown): string {
    if (isNotFound(error)) {
      return `The API server does not know ${this.type.kind} (${this.type.apiVersion}): install the CustomResourceDefinitions (chart crds). Waiting for them.`;
    }
    if (isForbidden(error)) return `Rights are missing: ${error.message}. Grant list and watch in the operator's Role. Trying again.`;
    return `cannot list or watch ${this.type.plural}, trying again: ${errorText(error)}`;
  }

  #backoffMs(failures: number): number {
    const { retryFirstMs, retryLongestMs } = this.#times;
    return Math.min(retryLongestMs, retryFirstMs * 2 ** Math.min(failures - 1, 20)) * (0.5 + this.#random() / 2);
  }
}
