import type { Log } from '../../telemetry/log.ts';
import type { EventRecorder } from '../api/events.ts';
import type { Writer } from '../apply/writer.ts';
import type { CacheReader, Indexes } from '../cache/cache-reader.ts';
import type { Clock } from '../clock.ts';
import type { KubeObject } from '../objects/kube-object.ts';
import type { ObjectKey } from '../objects/object-key.ts';
import type { ResourceType } from '../objects/resource-type.ts';

/** Facilities for one reconcile. */
export interface ReconcileContext {
  readonly cache: CacheReader;
  readonly writer: Writer;
  readonly events: EventRecorder;
  readonly log: Log;
  readonly now: Date;
  readonly clock: Pick<Clock, 'now' | 'elapsedMs'>;
  /** Aborted when the reconcile times out, when leadership is lost and at shutdown. */
  readonly signal: AbortSignal;
  /**
   * Starts work that may take long, such as a request to an S3 server, without waiting for it, so that it occupies no worker. When it
   * ends, the resource is reconciled again; an error counts as one of the reconcile. Its signal is aborted when the controller stops.
   */
  readonly inBackground: (work: (signal: AbortSignal) => Promise<void>) => void;
  /** Whether the reconcile may end with {@link ReconcileResult.isPostponed}. */
  readonly mayPostpone: boolean;
}

/** Outcome of a reconcile that did not throw. */
export interface ReconcileResult {
  /** Reconcile again after this time even if nothing changes, also if something was rejected or refused, whose retry may take longer. */
  readonly requeueAfterMs?: number;
  /** The remaining work is less urgent than that of other resources: continue after them. */
  readonly continueLater?: boolean;
  /** The remaining work can wait until the controller has nothing else to do. The resource is reconciled again then, or earlier if it changes. */
  readonly isPostponed?: boolean;
  /** The API server rejects the request (400, 422): retried after a long, growing delay, since its rules may change. */
  readonly isRejected?: boolean;
  /** Retried with backoff, as if it was thrown; but the status of the resource names it already. */
  readonly failure?: unknown;
}

/**
 * Moves the cluster to the state that the resource named by `key` requests. Driven by the state in the cache, never by
 * the content of an event. Throwing requeues with backoff; a rejected request (400, 422) with a long one.
 */
export type Reconcile = (key: ObjectKey, context: ReconcileContext) => Promise<ReconcileResult | void>;

/** Objects of one type that affect a controller's resources. */
export interface Watch<T extends KubeObject = KubeObject> {
  readonly type: ResourceType<T>;
  /** Keys of the resources that a change of `object` affects. Called for both the old and the new object. */
  keysFor(object: T, cache: CacheReader): Iterable<ObjectKey>;
  /** Indexes for lookups by referenced name. */
  readonly indexes?: Indexes<T>;
  /** Whether any resource needs objects of this optional type. While none does, an absent type is not looked for again. */
  isWanted?(cache: CacheReader): boolean;
}

/** Controller of one kind. */
export interface ControllerDefinition<T extends KubeObject = KubeObject> {
  /** Value of the `controller` label in metrics. */
  readonly name: string;
  readonly type: ResourceType<T>;
  readonly indexes?: Indexes<T>;
  readonly watches: readonly Watch[];
  readonly reconcile: Reconcile;
  /** A status that the reconcile itself wrote does not trigger another reconcile. */
  readonly ignoresOwnStatus?: boolean;
  /** Maximum number of resources that are reconciled at once. */
  readonly concurrency?: number;
  /** Name of the resource's group: only one resource of a group is reconciled at a time. */
  exclusiveBy?(key: ObjectKey, cache: CacheReader): string | undefined;
  /** Timeout of a reconcile. It is then aborted and counted as an error. */
  readonly timeoutMs?: number;
}

/** Defines a watch and infers the type of its objects. */
export const defineWatch = <T extends KubeObject>(definition: Watch<T>): Watch<T> => definition;
