import { createHash } from 'node:crypto';
import type { Client } from './client.ts';
import { errorText, isNotFound } from './errors.ts';
import type { Clock, EventRecorder, KubeObject, Log, ResourceEvent, ResourceType } from './types.ts';

/** An Event, as `kubectl describe` reads it. */
interface KubeEvent extends KubeObject {
  readonly involvedObject: object;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
  readonly source: { readonly component: string };
  readonly reportingComponent: string;
}

const EVENT: ResourceType<KubeEvent> = { apiVersion: 'v1', kind: 'Event', plural: 'events' };

const COMPONENT = 'eevee-operator';

/** Events that one object may send in a row, and the time in which it earns one more. */
const BURST = 25;
const REFILL_MS = 60_000;

/** Event names that are remembered, to count repetitions; and events that wait to be sent. */
const REMEMBERED = 4_000;
const LONGEST_BACKLOG = 1_000;

interface Seen {
  readonly name: string;
  readonly first: string;
  count: number;
}

/**
 * Publishes Events in the background, one request at a time. The same thing said again raises the count of
 * the Event that said it first; an object that says too much is cut off for a while.
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
 */
export class ApiEventRecorder implements EventRecorder {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #signal: AbortSignal;
  readonly #seen = new Map<string, Seen>();
  readonly #allowance = new Map<string, { readonly tokens: number; readonly atMs: number }>();
  readonly #backlog: (() => Promise<void>)[] = [];
  #sending: Promise<void> | undefined;

  /** @param given.signal ends the sending: what is left of the backlog is dropped. */
  constructor(given: { client: Client; clock: Clock; log: Log; signal: AbortSignal }) {
    this.#client = given.client;
    this.#clock = given.clock;
    this.#log = given.log;
    this.#signal = given.signal;
  }

  record(regarding: KubeObject, event: ResourceEvent): void {
    if (this.#signal.aborted || !this.#maySay(regarding.metadata.uid ?? '')) return;
    const identity = [regarding.metadata.uid, event.type, event.reason, event.message].join('\0');
    const now = `${this.#clock.now().toISOString().slice(0, 19)}Z`;
    const seen = this.#seen.get(identity) ?? { name: eventName(regarding, identity, now), first: now, count: 0 };
    seen.count += 1;
    remember(this.#seen, identity, seen);
    if (this.#backlog.length >= LONGEST_BACKLOG) return;
    this.#backlog.push(() => this.#send(regarding, event, { seen, now }));
    this.#sending ??= this.#drain();
  }

  /** Resolves when everything recorded so far has been sent or dropped. */
  async flush(): Promise<void> {
    await this.#sending;
  }

  async #drain(): Promise<void> {
    for (let send = this.#backlog.shift(); send !== undefined; send = this.#backlog.shift()) {
      if (this.#signal.aborted) this.#backlog.length = 0;
      else await send();
    }
    this.#sending = undefined;
  }

  async #send(regarding: KubeObject, event: ResourceEvent, { seen, now }: { seen: Seen; now: string }): Promise<void> {
    const { namespace = '', name, uid, resourceVersion } = regarding.metadata;
    try {
      if (seen.count > 1) {
        try {
          await this.#client.patch(EVENT, { namespace, name: seen.name }, { count: seen.count, lastTimestamp: now }, this.#signal);
          return;
        } catch (error) {
          // Events expire after an hour: then it is said anew.
          if (!isNotFound(error)) throw error;
        }
      }
      await this.#client.create(
        EVENT,
        {
          apiVersion: EVENT.apiVersion,
          kind: EVENT.kind,
          metadata: { name: seen.name, namespace },
          involvedObject: { apiVersion: regarding.apiVersion, kind: regarding.kind, namespace, name, uid, resourceVersion },
          type: event.type,
          reason: event.reason,
          message: event.message.slice(0, 1024),
          count: seen.count,
          firstTimestamp: seen.first,
          lastTimestamp: now,
          source: { component: COMPONENT },
          reportingComponent: COMPONENT,
        },
        this.#signal,
      );
    } catch (error) {
      if (!this.#signal.aborted) this.#log.debug('an event could not be published', { reason: event.reason, cause: errorText(error) });
    }
  }

  /** A token bucket for each object. */
  #maySay(uid: string): boolean {
    const nowMs = this.#clock.now().getTime();
    const { tokens, atMs } = this.#allowance.get(uid) ?? { tokens: BURST, atMs: nowMs };
    const left = Math.min(BURST, tokens + (nowMs - atMs) / REFILL_MS);
    if (left < 1) return false;
    remember(this.#allowance, uid, { tokens: left - 1, atMs: nowMs });
    return true;
  }
}

/** Unique to what is said and to the second in which it was said first, as kubectl's own Events are. */
function eventName({ metadata }: KubeObject, identity: string, now: string): string {
  const suffix = createHash('sha256').update(identity).update(now).digest('hex').slice(0, 16);
  return `${metadata.name.slice(0, 236)}.${suffix}`;
}

/** Puts a value at the end of a map that forgets its oldest ones. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > REMEMBERED && oldest !== undefined) map.delete(oldest);
}
