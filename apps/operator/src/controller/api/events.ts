import { hash } from 'node:crypto';
import { FIELD_MANAGER } from '@eeveebot/contract';
import type { Log } from '../../telemetry/log.ts';
import { type Clock, pause } from '../clock.ts';
import { errorText, isForbidden, isInEndingNamespace, isNotFound } from '../errors.ts';
import { boundedText } from '../message.ts';
import type { KubeObject } from '../objects/kube-object.ts';
import type { ResourceType } from '../objects/resource-type.ts';
import { setBounded } from '../set-bounded.ts';
import { SLOW_MS } from '../slow-items.ts';
import type { Client } from './client.ts';
import { EventBacklog } from './event-backlog.ts';

/** An event on a resource, for users (`kubectl describe`). */
export interface ResourceEvent {
  readonly type: 'Normal' | 'Warning';
  /** UpperCamelCase, a verb in the past tense or a state: `Created`, `ScaledDown`. */
  readonly reason: string;
  readonly message: string;
}

/** Publishes Kubernetes Events in the background, deduplicated. Never makes a reconcile fail. */
export interface EventRecorder {
  record(regarding: KubeObject, event: ResourceEvent): void;
}

/** An Event, as `kubectl describe` reads it. */
interface KubeEvent extends KubeObject {
  readonly involvedObject: ObjectReference;
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

/** Maximum time to wait for Events at shutdown. */
const FLUSH_MS = 2_000;

/** Limits of the API server. */
const LONGEST_MESSAGE = 1_024;
const LONGEST_NAME = 253;

/** Characters that `; and 9999 more` takes at the end of a message that was cut. */
const COUNT_ROOM = 24;

/** Events that one object may send in a burst, and the time after which it may send one more. */
const BURST = 25;
const REFILL_MS = 60_000;

/** Maximum number of messages that are remembered to count repetitions. */
const REMEMBERED = 2_000;

/** Maximum number of namespaces whose slow Events others do not wait for. */
const MOST_SLOW = 8;

/**
 * Events of type Normal wait until the operator has sent no other request for `QUIET_MS`, so that thousands of "Created" do not delay
 * the objects that they report. The next Event waits no longer than `LONGEST_WAIT_MS`.
 */
const QUIET_MS = 250;
const LONGEST_WAIT_MS = 5_000;

interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
}

/** A message about an object, and how often it was recorded. */
interface PendingEvent {
  readonly about: ObjectReference;
  readonly event: ResourceEvent;
  readonly name: string;
  readonly first: string;
  last: string;
  count: number;
  /** Whether the API has an Event for it, whose count can be raised. */
  isPublished: boolean;
}

/**
 * Publishes Events in the background, one request at a time, not counting slow ones of other namespaces. A repeated message raises the count of its first
 * Event; an object that sends too many is throttled for a while.
 *
 * Uses Events of core/v1, because `kubectl describe` and tools that read Events know their `count`.
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
 */
export class ApiEventRecorder implements EventRecorder {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #signal: AbortSignal;
  readonly #pending = new Map<string, PendingEvent>();
  readonly #allowance = new Map<string, { readonly tokens: number; readonly atMs: number }>();
  /** Messages to send, each once however often it was recorded in the meantime. */
  readonly #backlog = new EventBacklog<PendingEvent>();
  #sending: Promise<void> | undefined;
  /** The process is about to end, so no Event is delayed. */
  #isFlushing = false;
  /** Why the API server refused the last Event; `undefined` if it accepted it. */
  #refusal: string | undefined;

  /** @param given.signal stops sending: the rest of the backlog is dropped. */
  constructor(given: { client: Client; clock: Clock; log: Log; signal: AbortSignal }) {
    this.#client = given.client;
    this.#clock = given.clock;
    this.#log = given.log;
    this.#signal = given.signal;
  }

  record(regarding: KubeObject, event: ResourceEvent): void {
    const { uid = '' } = regarding.metadata;
    if (this.#signal.aborted || !this.#maySay(uid)) return;
    const identity = [uid, event.type, event.reason, event.message].join('\0');
    const now = `${this.#clock.now().toISOString().slice(0, 19)}Z`;
    const pending = this.#pending.get(identity) ?? {
      about: referenceTo(regarding),
      event,
      name: eventName(regarding, identity, now),
      first: now,
      last: now,
      count: 0,
      isPublished: false,
    };
    pending.count += 1;
    pending.last = now;
    setBounded(this.#pending, [identity, pending], REMEMBERED);
    this.#backlog.add(pending);
    this.#sending ??= this.#drain();
  }

  /** Resolves when everything recorded so far has been sent, or after a timeout. */
  async flush(): Promise<void> {
    this.#isFlushing = true;
    const patience = Promise.withResolvers<void>();
    const cancel = this.#clock.schedule(FLUSH_MS, patience.resolve);
    await Promise.race([this.#sending, patience.promise]);
    cancel();
  }

  async #drain(): Promise<void> {
    // Messages that are recorded in this turn are sent together.
    await Promise.resolve();
    while (!this.#signal.aborted && this.#backlog.first() !== undefined) {
      await this.#untilItsTime();
      const next = this.#backlog.first();
      if (next !== undefined && !this.#signal.aborted) await this.#send(next);
    }
    this.#sending = undefined;
  }

  /** Resolves when the next message may be sent. */
  async #untilItsTime(): Promise<void> {
    const latestMs = this.#clock.elapsedMs() + LONGEST_WAIT_MS;
    for (;;) {
      const isTime = this.#isFlushing || this.#signal.aborted || this.#client.quietMs >= QUIET_MS;
      if (isTime || this.#backlog.first()?.event.type !== 'Normal' || this.#clock.elapsedMs() >= latestMs) return;
      await pause({ clock: this.#clock, delayMs: QUIET_MS - this.#client.quietMs, signal: this.#signal });
    }
  }

  /** Resolves when a message was sent, or when that takes long: other namespaces do not wait for it. */
  async #send(pending: PendingEvent): Promise<void> {
    this.#backlog.begin(pending);
    const sent = this.#publish(pending).finally(() => {
      this.#backlog.end(pending);
      this.#sending ??= this.#drain();
    });
    if (this.#backlog.underWay > MOST_SLOW) return sent;
    const slow = Promise.withResolvers<void>();
    const cancel = this.#clock.schedule(SLOW_MS, slow.resolve);
    await Promise.race([sent, slow.promise]);
    cancel();
  }

  async #publish(pending: PendingEvent): Promise<void> {
    try {
      // Events expire after an hour: then a new one is created.
      if (pending.isPublished && (await this.#raiseCount(pending))) return;
      await this.#create(pending);
      pending.isPublished = true;
      this.#refusal = undefined;
    } catch (error) {
      if (!this.#signal.aborted) this.#report(pending, error);
    }
  }

  /** Logs a missing permission once, and not for each Event. An ending namespace accepts no Events, whose resources go with it. */
  #report({ about, event }: PendingEvent, error: unknown): void {
    const cause = errorText(error);
    const isNew = isForbidden(error) && !isInEndingNamespace(error) && this.#refusal === undefined;
    if (isNew) this.#refusal = cause;
    const fields = { resource: `${about.namespace}/${about.name}`, reason: event.reason, cause };
    this.#log[isNew ? 'warn' : 'debug']('an event could not be published', fields);
  }

  /** @returns false when the Event is gone. */
  async #raiseCount({ about, name, count, last }: PendingEvent): Promise<boolean> {
    try {
      const key = { namespace: about.namespace, name };
      await this.#client.patch(EVENT, key, { count, lastTimestamp: last }, { signal: this.#signal, background: true });
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  async #create({ about, event, name, first, last, count }: PendingEvent): Promise<void> {
    await this.#client.create(
      EVENT,
      {
        apiVersion: EVENT.apiVersion,
        kind: EVENT.kind,
        metadata: { name, namespace: about.namespace },
        involvedObject: about,
        type: event.type,
        reason: event.reason,
        message: boundedText(event.message, LONGEST_MESSAGE - COUNT_ROOM),
        count,
        firstTimestamp: first,
        lastTimestamp: last,
        source: { component: FIELD_MANAGER },
        reportingComponent: FIELD_MANAGER,
      },
      { signal: this.#signal, background: true },
    );
  }

  /** A token bucket for each object. */
  #maySay(uid: string): boolean {
    const nowMs = this.#clock.elapsedMs();
    const { tokens, atMs } = this.#allowance.get(uid) ?? { tokens: BURST, atMs: nowMs };
    const left = Math.min(BURST, tokens + (nowMs - atMs) / REFILL_MS);
    if (left < 1) return false;
    setBounded(this.#allowance, [uid, { tokens: left - 1, atMs: nowMs }], REMEMBERED);
    return true;
  }
}

function referenceTo({ apiVersion, kind, metadata }: KubeObject): ObjectReference {
  const { namespace = '', name, uid = '', resourceVersion = '' } = metadata;
  return { apiVersion, kind, namespace, name, uid, resourceVersion };
}

/** Unique for the message and the second in which it was first recorded, like the names of kubectl's own Events. */
function eventName({ metadata }: KubeObject, identity: string, now: string): string {
  const suffix = hash('sha256', `${identity}${now}`).slice(0, 16);
  return `${metadata.name.slice(0, LONGEST_NAME - suffix.length - 1).replace(/[-.]+$/, '')}.${suffix}`;
}
