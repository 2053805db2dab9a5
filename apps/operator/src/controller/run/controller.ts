import { withFields } from '../../telemetry/log.ts';
import { startAtZero } from '../../telemetry/metrics.ts';
import { errorText, isBug, isInvalid, isOnlyEndingNamespace, NotLeaderError, ReconcileTimeoutError } from '../errors.ts';
import type { KubeObject } from '../objects/kube-object.ts';
import { parseKey } from '../objects/object-key.ts';
import type { ResourceType } from '../objects/resource-type.ts';
import { Attempt } from './attempt.ts';
import { BackgroundWorks } from './background-works.ts';
import type { ControllerDefinition, ReconcileContext, ReconcileResult } from './definition.ts';
import { EndingNamespaces } from './ending-namespaces.ts';
import type { ControllerEnvironment } from './environment.ts';
import { ExclusiveGroups } from './exclusive-groups.ts';
import { measuredQueue } from './measured-queue.ts';
import { PostponedKeys } from './postponed-keys.ts';
import { ReconcileLimits } from './reconcile-limits.ts';
import { resync } from './resync.ts';
import { failureEvent, retryDelays, retryLine } from './retry-line.ts';
import { resourceKeys, subscribe } from './subscription.ts';
import { Workers } from './workers.ts';
import { PATIENT_BACKOFF, type WorkQueue } from './workqueue.ts';

const DEFAULT_CONCURRENCY = 4;
/** A reconcile may send several requests, of which each waits up to 30 seconds for a webhook that does not answer. */
const DEFAULT_TIMEOUT_MS = 300_000;

/** Time that running reconciles get at shutdown before they are aborted. It is short because the next leader is waiting. */
const FINISH_MS = 1_500;

/** How often to check whether another operator still works in a namespace. */
const RIVAL_MS = 10_000;

/** How often to check whether a namespace that could not be listed has been listed. */
const UNLISTED_MS = 1_000;

/** One run of a controller. */
interface Run {
  readonly queue: WorkQueue;
  readonly postponed: PostponedKeys;
  /** Aborted when reconciles must end. */
  readonly halt: AbortSignal;
  /** Aborted when the run must end, which ends its background work. */
  readonly stop: AbortSignal;
}

/** Processes the keys of one kind: changes add them to the queue, workers reconcile them. */
export class Controller {
  readonly #definition: ControllerDefinition;
  readonly #environment: ControllerEnvironment;
  readonly #groups = new ExclusiveGroups();
  readonly #behind = new BackgroundWorks();
  readonly #endingNamespaces: EndingNamespaces;
  readonly #types: readonly ResourceType[];
  #queue: WorkQueue;

  constructor(definition: ControllerDefinition, environment: ControllerEnvironment) {
    this.#definition = definition;
    this.#environment = environment;
    this.#endingNamespaces = new EndingNamespaces(environment.clock);
    this.#types = [definition.type, ...definition.watches.map(({ type }) => type)];
    this.#queue = measuredQueue(definition.name, environment);
    startAtZero(environment.metrics, definition.name);
    environment.metrics.queues.add(() => ({
      name: definition.name,
      waiting: this.#queue.depth,
      workingSeconds: this.#queue.workingMs.map((ms) => ms / 1000),
    }));
    subscribe(definition, environment, (key, options) => this.#queue.add(key, options));
  }

  get name(): string {
    return this.#definition.name;
  }

  /** Types whose stores must be complete before the controller can run. */
  get types(): readonly ResourceType[] {
    return this.#types;
  }

  /**
   * Reconciles until `signal` is aborted, then ends the running reconciles and resolves. They get a grace period
   * unless leadership was lost (`signal.reason` is a NotLeaderError). Can be run again.
   */
  async run(signal: AbortSignal): Promise<void> {
    const queue = this.#queue;
    const { clock, metrics } = this.#environment;
    const { name, concurrency = DEFAULT_CONCURRENCY } = this.#definition;
    metrics.maxConcurrentReconciles.set({ controller: name }, concurrency);
    // Reconciles all resources, because changes before the first run or between two runs were not queued.
    const keys = () => resourceKeys(this.#definition, this.#environment.cache);
    for (const key of keys()) queue.add(key);
    const cancelResync = resync(clock, keys, (key) => queue.add(key));

    const halt = new AbortController();
    let cancelHalt = () => {};
    const stop = () => {
      queue.close();
      if (signal.reason instanceof NotLeaderError) halt.abort(signal.reason);
      else cancelHalt = clock.schedule(FINISH_MS, () => halt.abort(signal.reason));
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    const thisRun = { queue, postponed: new PostponedKeys(queue, clock), halt: halt.signal, stop: signal };
    await new Workers({ queue, clock, isBusy: this.#environment.isApiBusy, workOn: (key) => this.#workOn(key, thisRun) }).run(concurrency);
    cancelHalt();
    cancelResync();
    thisRun.postponed.close();
    this.#queue = measuredQueue(this.#definition.name, this.#environment);
  }

  async #workOn(key: string, run: Run): Promise<void> {
    const group = this.#groupOf(key);
    if (this.#groups.enter(group, key)) await this.#reconcile(key, run, group);
    else run.queue.done(key);
  }

  /** Group of a key. An object for which it cannot be determined must not end the worker: its reconcile reports the bug. */
  #groupOf(key: string): string | undefined {
    try {
      return this.#definition.exclusiveBy?.(parseKey(key), this.#environment.cache);
    } catch (error) {
      const fields = { ...this.#fieldsOf({ key, id: '' }), cause: errorText(error) };
      this.#environment.log.error('cannot determine the group of a resource', fields);
      return undefined;
    }
  }

  /** Resolves when the reconcile has ended, or when it was aborted and does not end. */
  async #reconcile(text: string, run: Run, group: string | undefined): Promise<void> {
    const { queue, halt } = run;
    const { name, timeoutMs = DEFAULT_TIMEOUT_MS } = this.#definition;
    const { clock, metrics, log } = this.#environment;
    const over = Promise.withResolvers<void>();
    const abandon = () => {
      log.error('a reconcile did not stop after it was aborted: no longer waiting for it', { controller: name, resource: text });
      over.resolve();
    };
    const limits = new ReconcileLimits({ clock, halt, timeoutMs, rival: () => this.#rivalOf(text), abandon });

    const startedMs = performance.now();
    // The key stays in use until the reconcile has really ended, so that it never runs twice at once.
    const ended = this.#outcome(text, run, limits).then((result) => {
      limits.end();
      metrics.reconcileTotal.inc({ controller: name, result });
      metrics.reconcileSeconds.observe({ controller: name }, (performance.now() - startedMs) / 1000);
      queue.done(text);
      for (const waiting of this.#groups.leave(group)) queue.add(waiting);
    });
    ended.then(over.resolve, over.reject);
    await over.promise;
  }

  /** @returns value of the metric label `result`. Never throws. */
  async #outcome(text: string, run: Run, limits: ReconcileLimits): Promise<string> {
    const { queue, halt } = run;
    const { signal } = limits;
    const attempt = new Attempt(text, queue);
    if (this.#rivalOf(text) !== undefined) {
      queue.addAfter(text, RIVAL_MS);
      return 'standby';
    }
    if (!this.#environment.cache.isListedIn(parseKey(text).namespace, this.#types)) {
      queue.addAfter(text, UNLISTED_MS);
      return 'standby';
    }
    const pausedForMs = this.#endingNamespaces.pausedForMs(this.#resource(text));
    if (pausedForMs > 0) {
      queue.addAfter(text, pausedForMs);
      return 'rejected';
    }
    try {
      const result = await this.#definition.reconcile(parseKey(text), this.#context(attempt, run, limits));
      return this.#ended(attempt, run.postponed, result ?? {});
    } catch (error) {
      run.postponed.noteFailure(text);
      const hasTimedOut = signal.reason instanceof ReconcileTimeoutError;
      if (hasTimedOut) this.#environment.metrics.reconcileTimeouts.inc({ controller: this.#definition.name });
      // The code that halted it reconciles the resource again, or leaves it to the next leader.
      if (halt.aborted && !hasTimedOut) return 'aborted';
      if (error instanceof NotLeaderError || signal.reason instanceof NotLeaderError) {
        // This process may lead again before the reconcile is halted, if a renewal was only late; and later in this namespace.
        queue.addRateLimited(text);
        return 'aborted';
      }
      return this.#failed(attempt, hasTimedOut ? signal.reason : error);
    }
  }

  /** Leaves a resource for a while because its namespace is being deleted. @returns value of the metric label `result`. */
  #pauseInEndingNamespace(attempt: Attempt, error: unknown): string {
    const { key, queue } = attempt;
    const delayMs = Math.round(queue.addRateLimited(key, { atLeastMs: PATIENT_BACKOFF.firstMs / 2, backoff: PATIENT_BACKOFF }));
    this.#endingNamespaces.pause(this.#resource(key), delayMs);
    const fields = { ...this.#fieldsOf(attempt), cause: errorText(error), delayMs };
    this.#environment.log.info('the namespace is being deleted: nothing can be created in it', fields);
    return 'rejected';
  }

  /** Why this process must not work in the namespace of a key. */
  #rivalOf(key: string): string | undefined {
    return this.#environment.rivalIn(parseKey(key).namespace);
  }

  #resource(key: string): KubeObject | undefined {
    return this.#environment.cache.store(this.#definition.type).get(parseKey(key));
  }

  /** Queues the key again if the result of its reconcile asks for it. @returns value of the metric label `result`. */
  #ended(attempt: Attempt, postponed: PostponedKeys, result: ReconcileResult): string {
    const { continueLater = false, isPostponed = false, requeueAfterMs } = result;
    const { key, queue } = attempt;
    if (isPostponed) {
      postponed.postpone(key);
      return 'postponed';
    }
    postponed.settle(key);
    const retried = this.#retried(attempt, result);
    if (retried !== undefined) {
      if (requeueAfterMs !== undefined) queue.addAfter(key, requeueAfterMs);
      return retried;
    }
    // While work in the background runs, its outcome is open: if a reconcile that starts it again reset the delay, it would be retried at once.
    if (!this.#behind.has(key)) queue.forget(key);
    if (continueLater) {
      queue.add(key, { isLater: true });
      return 'requeue';
    }
    if (requeueAfterMs === undefined) return 'success';
    queue.addAfter(key, requeueAfterMs);
    return 'requeue_after';
  }

  /** Queues the key for a retry if a part of its reconcile failed or was rejected. @returns value of the metric label `result`. */
  #retried(attempt: Attempt, { failure, isRejected = false }: ReconcileResult): string | undefined {
    if (failure !== undefined) return this.#failed(attempt, failure, { isReported: true });
    if (!isRejected) return undefined;
    attempt.queue.addRateLimited(attempt.key, { backoff: PATIENT_BACKOFF });
    return 'rejected';
  }

  #context(attempt: Attempt, run: Run, limits: ReconcileLimits): ReconcileContext {
    const { cache, writer, events, log, clock, mayWrite } = this.#environment;
    const assertMayWrite = () => {
      limits.assertMayWrite();
      if (!mayWrite()) throw new NotLeaderError('this process is not the leader');
    };
    return {
      cache: cache.complete,
      writer: writer.guardedBy(assertMayWrite),
      events,
      log: withFields(log, () => this.#fieldsOf(attempt)),
      now: clock.now(),
      clock,
      signal: limits.signal,
      inBackground: (work) => void this.#inBackground(attempt, run.stop, work),
      mayPostpone: run.postponed.begin(attempt.key),
    };
  }

  /** Never throws. */
  async #inBackground(attempt: Attempt, stop: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { key, queue } = attempt;
    this.#behind.begin(key);
    try {
      await work(stop);
      this.#behind.end(key);
      queue.add(key);
    } catch (error) {
      this.#behind.end(key);
      if (!stop.aborted) this.#failed(attempt, error);
    }
  }

  /** Fields of the log lines of a reconcile. */
  #fieldsOf({ key, id }: Pick<Attempt, 'key' | 'id'>): Readonly<Record<string, string>> {
    return { controller: this.#definition.name, resource: key, reconcileID: id };
  }

  /** Logs a failure by its cause, and queues the key again. @returns value of the metric label `result`. */
  #failed(attempt: Attempt, error: unknown, { isReported = false } = {}): string {
    const { log, metrics } = this.#environment;
    const { key, queue } = attempt;
    const [labels, fields] = [{ controller: this.#definition.name }, this.#fieldsOf(attempt)];
    if (isOnlyEndingNamespace(error)) return this.#pauseInEndingNamespace(attempt, error);
    metrics.reconcileErrors.inc(labels);
    if (isInvalid(error)) {
      metrics.terminalReconcileErrors.inc(labels);
      const delayMs = Math.round(queue.addRateLimited(key, { backoff: PATIENT_BACKOFF }));
      log.error('cannot reconcile until something changes: trying again later', { ...fields, cause: errorText(error), delayMs });
      return 'terminal_error';
    }
    const delayMs = Math.round(queue.addRateLimited(key, retryDelays(error, queue.failures(key) + 1)));
    const { level, message } = retryLine(error, queue.failures(key));
    const [event, resource] = [failureEvent(error, { failures: queue.failures(key), isReported }), this.#resource(key)];
    if (event !== undefined && resource !== undefined) this.#environment.events.record(resource, event);
    // A bug is logged with its stack, since the cause is in the code and a retry will hardly help.
    log[level](message, { ...fields, ...(isBug(error) ? { error } : { cause: errorText(error) }), delayMs });
    if (isBug(error)) metrics.reconcilePanics.inc(labels);
    return 'error';
  }
}
