/**
 * Fills the cache: list and watch (`reflector.ts`) → object, reduced and frozen (`snapshot.ts`) → store with its indexes
 * (`object-store.ts`, `index-table.ts`), one per type in the cache (`cache.ts`) → callbacks of controllers. Readers see `cache-reader.ts`.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Log } from '../../telemetry/log.ts';
import type { Client, WatchEvent } from '../api/client.ts';
import { type Clock, pause } from '../clock.ts';
import { ApiError, isForbidden, isGone, isNotFound } from '../errors.ts';
import type { KubeObject } from '../objects/kube-object.ts';
import type { ResourceType } from '../objects/resource-type.ts';
import type { ObjectStore } from './object-store.ts';
import {
  DEFAULT_REFLECTOR_TIMES,
  idleLimitMs,
  isUnavailable,
  longestWatchSeconds,
  nextAttemptMs,
  type ReflectorTimes,
} from './reflector-times.ts';
import { ServerHistory, SilentWatchError } from './server-history.ts';
import { absenceProblem, watchProblem } from './watch-problem.ts';

/** A reflector is stuck if it has neither heard from the server nor tried to reach it for this many idle limits. */
const STUCK_AFTER_IDLE_LIMITS = 3;

/** A watch that ends sooner counts as a failure. */
const SHORT_WATCH_MS = 1_000;

/** Items of a list that are cached in one turn of the event loop. Together with the queueing of what they affect, that takes 1 to 3 ms. */
const ITEMS_AT_ONCE = 25;

/** How many times in a row the server may postpone requests before this is a problem. */
const PATIENT_POSTPONEMENTS = 3;

/** Events of a reflector, for metrics. */
export interface ReflectorObserver {
  event(type: string): void;
  watching(open: boolean): void;
}

/**
 * Keeps a store equal to the API server's objects of one type: lists them page by page, then watches for
 * changes. It continues forever, whatever the API server does.
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
  readonly #isWanted: () => boolean;
  readonly #isDispensable: boolean;
  readonly #history: ServerHistory;
  readonly #synced = Promise.withResolvers<void>();
  #isSynced = false;
  #isLeftOut = false;
  /** The server does not serve this optional type. */
  #isAbsent = false;
  #resourceVersion: string | undefined;
  #lastHeardMs: number;
  #lastActiveMs: number;
  #problem: string | undefined;
  #isRefused = false;
  #postponements = 0;

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
    /** Whether any resource needs the optional type while it is absent. */
    readonly isWanted?: () => boolean;
    /** Whether the namespace is left out while it may not be listed, so that work in other namespaces does not wait for it. */
    readonly isDispensable?: boolean;
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
    this.#isWanted = given.isWanted ?? (() => true);
    this.#isDispensable = given.isDispensable ?? false;
    this.#history = new ServerHistory(given);
    this.#lastHeardMs = given.clock.elapsedMs();
    this.#lastActiveMs = this.#lastHeardMs;
  }

  /** Whether the store has ever been complete. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** Whether the namespace is left out, because it may not be listed. */
  get isLeftOut(): boolean {
    return this.#isLeftOut;
  }

  /** Resolves once the store is complete, or the namespace is left out. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  /** Why the last attempt to list or watch failed; `undefined` if it succeeded. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Why the server refuses to list or watch a type that is needed: a definition or a permission is missing. Its objects may have changed since. */
  get refusal(): string | undefined {
    return this.#isRefused ? this.#problem : undefined;
  }

  /** Time since a list or a watch last received anything, including bookmarks. */
  get ageMs(): number {
    return this.#clock.elapsedMs() - this.#lastHeardMs;
  }

  /** Whether it has neither heard from the API server nor tried to reach it for longer than all its limits allow. */
  get isStuck(): boolean {
    return this.#clock.elapsedMs() - this.#lastActiveMs > STUCK_AFTER_IDLE_LIMITS * idleLimitMs(this.type, this.#times);
  }

  /** Lists and watches until `signal` is aborted. Never throws. */
  async run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      if (this.#isAbsent && !this.#isWanted()) {
        this.#lastHeardMs = this.#clock.elapsedMs();
        this.#lastActiveMs = this.#lastHeardMs;
        await pause({ clock: this.#clock, delayMs: this.#times.optionalTypeMs, signal });
        continue;
      }
      this.#lastActiveMs = this.#clock.elapsedMs();
      const startedMs = this.#lastActiveMs;
      const failure = await this.#attempt(signal);
      if (signal.aborted) return;
      // Watches that repeatedly end at once must not become a busy loop.
      const wasShort = this.#clock.elapsedMs() - startedMs < SHORT_WATCH_MS;
      failures = wasShort ? failures + 1 : failure === undefined ? 0 : 1;
      const delayMs = this.#isLeftOut
        ? this.#times.optionalTypeMs
        : nextAttemptMs({ type: this.type, failures, failure, random: this.#random() }, this.#times);
      if (delayMs > 0) await pause({ clock: this.#clock, delayMs, signal });
    }
  }

  /** Lists if necessary, then watches. @returns the failure with which the watch ended. */
  async #attempt(signal: AbortSignal): Promise<unknown> {
    try {
      if (this.#resourceVersion === undefined) await this.#list(signal);
      await this.#watch(signal);
      return undefined;
    } catch (error) {
      if (signal.aborted) return error;
      this.#history.failed(error);
      // 410: the history since our resourceVersion was compacted.
      if (isGone(error) || isNotFound(error)) this.#resourceVersion = undefined;
      if (isUnavailable(this.type, error)) this.#setUnavailable(error);
      else if (this.#isDispensable && isForbidden(error) && !this.#isSynced) this.#leaveOut(error);
      else this.#report(error);
      return error;
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const relist = this.#store.relist(this.#namespace);
    let continueToken = '';
    let resourceVersion = '';
    do {
      const page = await this.#client.list(this.type, { namespace: this.#namespace, continueToken, signal });
      ({ continueToken, resourceVersion } = page);
      for (let at = 0; at === 0 || at < page.items.length; at += ITEMS_AT_ONCE) {
        if (at > 0) await nextTurn();
        relist.page(page.items.slice(at, at + ITEMS_AT_ONCE), resourceVersion);
      }
      this.#heard();
    } while (continueToken !== '');
    relist.end(resourceVersion);
    this.#resourceVersion = resourceVersion;
    this.#isAbsent = false;
    this.#store.setUnavailable(this.#namespace, undefined);
    this.#markSynced();
  }

  #markSynced(): void {
    if (this.#isSynced) return;
    this.#isSynced = true;
    this.#isLeftOut = false;
    this.#synced.resolve();
  }

  /** Stops waiting for the first list. */
  #leaveOut(error: unknown): void {
    this.#isLeftOut = true;
    this.#store.leaveOut(this.#namespace);
    this.#synced.resolve();
    this.#report(error);
  }

  /** Records the server's response that the type is unavailable: there are no objects to store. */
  #setUnavailable(error: unknown): void {
    this.#resourceVersion = undefined;
    this.#lastHeardMs = this.#clock.elapsedMs();
    const problem = absenceProblem(this.type, error);
    this.#isAbsent = true;
    this.#store.setUnavailable(this.#namespace, problem);
    this.#markSynced();
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#log.info(problem);
  }

  /** Resolves when the server ends the watch. */
  async #watch(signal: AbortSignal): Promise<void> {
    const limitMs = idleLimitMs(this.type, this.#times);
    const ended = new AbortController();
    let cancelIdle = () => {};
    // One timer for all events of the watch: when it fires, it is set again if something has arrived in the meantime.
    const checkIn = (delayMs: number) => {
      cancelIdle = this.#clock.schedule(delayMs, () => {
        const leftMs = limitMs - this.ageMs;
        if (leftMs > 0) checkIn(leftMs);
        else ended.abort(new SilentWatchError(`a watch received nothing for ${limitMs} ms: reopening it`));
      });
    };
    checkIn(limitMs);
    let isOpen = false;
    try {
      const request = {
        namespace: this.#namespace,
        resourceVersion: this.#resourceVersion ?? '',
        timeoutSeconds: Math.round((longestWatchSeconds(this.type, this.#times) * (1 + this.#random())) / 2),
        signal: AbortSignal.any([signal, ended.signal]),
        known: (resourceVersion: string) => this.#store.takeAwaited(resourceVersion),
      };
      this.#history.check(request, (reason) => ended.abort(reason));
      const watch = await this.#client.watch<KubeObject>(this.type, request, (event) => {
        this.#heard();
        this.#take(event);
      });
      isOpen = true;
      this.#observer?.watching(true);
      this.#heard();
      await watch.ended;
    } finally {
      cancelIdle();
      ended.abort(new Error('the watch has ended'));
      if (isOpen) this.#observer?.watching(false);
    }
  }

  #take(event: WatchEvent<KubeObject>): void {
    if (event.type === 'ERROR') {
      const { code = 500, reason = 'Unknown', message = 'the watch failed' } = event.object;
      throw new ApiError(message, { code, reason });
    }
    if (event.type === 'DELETED') this.#store.delete(event.object);
    else if (event.type !== 'BOOKMARK') this.#store.set(event.object);
    if (event.type !== 'BOOKMARK') this.#observer?.event(event.type);
    this.#resourceVersion = event.object.metadata.resourceVersion ?? this.#resourceVersion;
  }

  #heard(): void {
    this.#lastHeardMs = this.#clock.elapsedMs();
    this.#lastActiveMs = this.#lastHeardMs;
    this.#postponements = 0;
    if (this.#problem === undefined) return;
    [this.#problem, this.#isRefused] = [undefined, false];
    this.#log.info(`watching ${this.type.plural} again`);
  }

  /** Logs a problem once instead of at every attempt. */
  #report(error: unknown): void {
    if (isGone(error)) return this.#log.debug(`the known history of ${this.type.plural} has expired: relisting`);
    const problem = watchProblem(this.type, error);
    // An API server that starts, or loads a new definition, asks clients to retry in a second: not a problem yet.
    const isPostponed = error instanceof ApiError && error.retryAfterMs !== undefined;
    if (isPostponed && ++this.#postponements <= PATIENT_POSTPONEMENTS) return this.#log.debug(problem);
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#isRefused = isForbidden(error) || isNotFound(error);
    this.#log.warn(problem);
  }
}
