import type { Metrics } from '../telemetry/metrics.ts';
import { ApiError, errorText, TerminalError } from './errors.ts';
import type { Clock, ControllerDefinition, EventRecorder, KubeObject, Log, ObjectKey, ReconcileContext, Watch } from './types.ts';
import type { Cache } from './cache.ts';
import type { Writer } from './types.ts';
import { WorkQueue } from './workqueue.ts';

const DEFAULT_CONCURRENCY = 4;
const DEFAULT_TIMEOUT_MS = 60_000;

/** States a watch with the type of its objects inferred. */
export const watch = <T extends KubeObject>(definition: Watch<T>): Watch<T> => definition;

/** States a controller with the type of its resources inferred. */
export const controller = <T extends KubeObject>(definition: ControllerDefinition<T>): ControllerDefinition<T> => definition;

/** What all controllers share. */
export interface ControllerEnvironment {
  readonly cache: Cache;
  readonly writer: Writer;
  readonly events: EventRecorder;
  readonly log: Log;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

/** Works through the keys of one kind: changes put them into its queue, workers reconcile them. */
export class Controller {
  readonly #definition: ControllerDefinition;
  readonly #environment: ControllerEnvironment;
  #queue: WorkQueue;

  constructor(definition: ControllerDefinition, environment: ControllerEnvironment) {
    this.#definition = definition;
    this.#environment = environment;
    this.#queue = this.#newQueue();
    this.#subscribe();
  }

  /**
   * Reconciles until `signal` is aborted, then ends what is under way: running reconciles see their signal
   * aborted and this resolves when the last has ended. May be run again afterwards.
   */
  async run(signal: AbortSignal): Promise<void> {
    const queue = this.#queue;
    // Whatever came before the first run, or between two, is looked at.
    for (const { metadata } of this.#environment.cache.ensureStore(this.#definition.type).list()) {
      queue.add(keyText({ namespace: metadata.namespace ?? '', name: metadata.name }));
    }
    signal.addEventListener('abort', () => queue.close(), { once: true });
    if (signal.aborted) queue.close();
    const workers = Array.from({ length: this.#definition.concurrency ?? DEFAULT_CONCURRENCY }, () => this.#work(queue, signal));
    await Promise.all(workers);
    this.#queue = this.#newQueue();
  }

  async #work(queue: WorkQueue, signal: AbortSignal): Promise<void> {
    for (;;) {
      const key = await queue.take();
      if (key === undefined) return;
      try {
        await this.#reconcile(key, queue, signal);
      } finally {
        queue.done(key);
      }
    }
  }

  async #reconcile(text: string, queue: WorkQueue, signal: AbortSignal): Promise<void> {
    const { name, reconcile, timeoutMs = DEFAULT_TIMEOUT_MS } = this.#definition;
    const { cache, writer, events, log, clock, metrics } = this.#environment;
    const timeout = new AbortController();
    const cancelTimeout = clock.schedule(timeoutMs, () => timeout.abort(new Error(`took longer than ${timeoutMs} ms`)));
    const startedMs = performance.now();
    metrics.activeWorkers.inc({ controller: name });
    const key = parseKey(text);
    const context: ReconcileContext = {
      cache,
      writer,
      events,
      log,
      now: clock.now(),
      signal: AbortSignal.any([signal, timeout.signal]),
    };
    let result: string;
    try {
      const outcome = await reconcile(key, context);
      queue.forget(text);
      result = 'success';
      if (outcome?.requeueAfterMs !== undefined) {
        queue.addAfter(text, outcome.requeueAfterMs);
        result = 'requeue_after';
      }
    } catch (error) {
      result = signal.aborted ? 'aborted' : this.#failed(text, queue, error);
    } finally {
      cancelTimeout();
    }
    metrics.activeWorkers.dec({ controller: name });
    metrics.reconcileTotal.inc({ controller: name, result });
    metrics.reconcileSeconds.observe({ controller: name }, (performance.now() - startedMs) / 1000);
  }

  #failed(text: string, queue: WorkQueue, error: unknown): string {
    const { name } = this.#definition;
    const { log, metrics } = this.#environment;
    metrics.reconcileErrors.inc({ controller: name });
    if (error instanceof TerminalError) {
      queue.forget(text);
      log.error('cannot reconcile, not trying again before something changes', {
        controller: name,
        resource: text,
        cause: errorText(error),
      });
      return 'terminal_error';
    }
    const retryAfterMs = error instanceof ApiError ? error.retryAfterMs : undefined;
    const delayMs = Math.round(queue.addRateLimited(text, retryAfterMs));
    log.warn('cannot reconcile, trying again', { controller: name, resource: text, delayMs, cause: errorText(error) });
    return 'error';
  }

  #subscribe(): void {
    const { type, indexes, watches } = this.#definition;
    const { cache } = this.#environment;
    const own = watch({
      type,
      keysFor: ({ metadata }) => [{ namespace: metadata.namespace ?? '', name: metadata.name }],
      ...(indexes && { indexes }),
    });
    for (const watched of [own, ...watches]) {
      const store = cache.ensureStore(watched.type);
      store.addIndexes(watched.indexes ?? {});
      store.onChange((before, after) => {
        for (const object of [before, after]) if (object !== undefined) this.#addKeysFor(watched, object);
      });
    }
  }

  #addKeysFor(watched: Watch, object: KubeObject): void {
    const { cache, log } = this.#environment;
    try {
      for (const key of watched.keysFor(object, cache)) this.#queue.add(keyText(key));
    } catch (error) {
      // One odd object must not end the watch of all the others.
      log.error('cannot tell which resources a change bears on', {
        controller: this.#definition.name,
        kind: watched.type.kind,
        object: `${object.metadata.namespace ?? ''}/${object.metadata.name}`,
        cause: errorText(error),
      });
    }
  }

  #newQueue(): WorkQueue {
    const { metrics, clock } = this.#environment;
    const { name } = this.#definition;
    return new WorkQueue({
      clock,
      metrics: {
        added: () => metrics.queueAdds.inc({ name }),
        retried: () => metrics.queueRetries.inc({ name }),
        depth: (keys) => metrics.queueDepth.set({ name }, keys),
        waited: (seconds) => metrics.queueWaitSeconds.observe({ name }, seconds),
        worked: (seconds) => metrics.queueWorkSeconds.observe({ name }, seconds),
      },
    });
  }
}

const keyText = ({ namespace, name }: ObjectKey): string => `${namespace}/${name}`;

function parseKey(text: string): ObjectKey {
  const slash = text.indexOf('/');
  return { namespace: text.slice(0, slash), name: text.slice(slash + 1) };
}
