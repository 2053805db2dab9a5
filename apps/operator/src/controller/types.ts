/**
 * Types that the controller runtime and its users share. Objects are the API server's JSON as received:
 * times are RFC 3339 strings, unknown fields are kept, and cached objects are frozen.
 */
import type { KubeObject, ObjectMeta } from './kube-object.ts';

export type { FieldSet, KubeObject, ManagedFields, ObjectMeta, OwnerReference } from './kube-object.ts';

declare const objectType: unique symbol;

/**
 * A resource type of the API: where its objects are found and what they look like.
 *
 * @example
 * const DEPLOYMENT: ResourceType<Deployment> = { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments' };
 */
export interface ResourceType<T extends KubeObject = KubeObject> {
  readonly apiVersion: string;
  readonly kind: string;
  /** Lower-case path segment. */
  readonly plural: string;
  /**
   * Lists and watches only `metadata` (PartialObjectMetadata): for Secrets, whose values are never cached, and
   * to save memory. `Writer.apply` still works, because it detects differences without values.
   */
  readonly metadataOnly?: boolean;
  /**
   * The API server may not serve the type, or the operator may lack permissions for it: the store is then empty, and the type is looked
   * for from time to time. Check {@link Store.unavailableIn} before applying objects.
   */
  readonly isOptional?: boolean;
  /** Responses to writes also contain only `metadata`: for objects that may be large and whose content is not read back. */
  readonly isAnsweredInBrief?: boolean;
  /** Restricts the list and watch, e.g. `app=eevee.bot`: types with different selectors have separate stores. */
  readonly labelSelector?: string;
  /** The API server sends no bookmarks for it, so a quiet watch is not dead. Applies to Events, whose history the server does not cache. */
  readonly withoutBookmarks?: boolean;
  /** Restricts it by fields, e.g. `reason=FailedCreate`, if the API server supports them as selectors. */
  readonly fieldSelector?: string;
  /**
   * Objects of former releases are taken over with every field that was set, so that fields which are no longer desired are removed. Not
   * for types with immutable fields, nor for those that hold data which a user may still need.
   */
  readonly takenOverWhole?: boolean;
  /**
   * Whether an object is cached with more than its name. For others, only the fields that show that the name is taken are cached, about
   * 400 bytes each. In a namespace with thousands of objects of other applications, these would otherwise take most of the memory.
   */
  keptWhole?(object: KubeObject): boolean;
  /** Cached form of an object: drops fields that no code reads, to save memory. Must be pure, and keep `metadata` unchanged. */
  cached?(object: T): T;
  readonly [objectType]?: T;
}

/** Identifies a namespaced object of a known kind. */
export interface ObjectKey {
  readonly namespace: string;
  readonly name: string;
}

/** Last known objects of one resource type. Reading sends no request. */
export interface Store<T extends KubeObject> {
  get(key: ObjectKey): T | undefined;
  /** All objects; with a namespace, those in it. */
  list(namespace?: string): readonly T[];
  /** Objects whose controller ownerReference has this uid. */
  ownedBy(uid: string): readonly T[];
  /** Objects for which the index function named `index` returned `value`. */
  byIndex(index: string, value: string): readonly T[];
  /** Why objects of an optional type can be neither read nor created in a namespace; `undefined` when they can. */
  unavailableIn(namespace: string): string | undefined;
}

/** All objects that any controller watches. */
export interface CacheReader {
  /** @throws Error when no controller watches `type`: a programming error. */
  store<T extends KubeObject>(type: ResourceType<T>): Store<T>;
}

/**
 * Changes objects. Each call sends at most one request, except for the first apply of an object of a former release. Returned
 * objects are in the cache when the call resolves.
 */
export interface Writer {
  /**
   * Server-side apply of `desired`, sent only when it would change the object: when the last applied object
   * differs from `desired`, or when the cached object no longer matches `desired`. An object that is not in the cache
   * is created; if it exists nevertheless, it is overwritten only if the operator made it.
   *
   * @throws ApiError 409 for an object of another controller, or a user's object that would get a controller.
   * @throws ApiError 409 when a resource other than the one that `desired` is made for controls the object.
   * @returns the outcome and the current object. When `unchanged`, this is the cached object, which is incomplete
   *   for types that are cached in part.
   */
  apply<T extends KubeObject>(type: ResourceType<T>, desired: Desired<T>, signal: AbortSignal): Promise<Applied<T>>;

  /**
   * Asks the API server whether it would accept `desired`, without changing anything.
   *
   * @throws ApiError if an apply would be refused.
   */
  dryRun<T extends KubeObject>(type: ResourceType<T>, desired: Desired<T>, signal: AbortSignal): Promise<void>;

  /** Server-side apply of an object of a type that is not watched: always sent. */
  applyUnwatched<T extends KubeObject>(type: ResourceType<T>, desired: Desired<T>, signal: AbortSignal): Promise<T>;

  /**
   * Creates an object, and never changes an existing one.
   *
   * @throws ApiError 409 when it exists, whether or not it is in the cache.
   */
  create<T extends KubeObject>(type: ResourceType<T>, desired: Desired<T>, signal: AbortSignal): Promise<Applied<T>>;

  /** Writes the status subresource if `status` differs from that of the cached object. */
  writeStatus<T extends KubeObject & { status?: unknown }>(
    type: ResourceType<T>,
    object: T,
    status: NonNullable<T['status']>,
    signal: AbortSignal,
  ): Promise<void>;

  /**
   * Deletes the object if it still has this uid. An object that is already gone is not an error.
   *
   * @param options.foreground whether the object remains until its dependents are gone.
   * @returns whether there was an object to delete.
   */
  delete(type: ResourceType, object: KubeObject, signal: AbortSignal, options?: { readonly foreground?: boolean }): Promise<boolean>;

  /**
   * Asks the API server whether it would admit `desired` as a new object, without creating it.
   *
   * @throws ApiError if it would be refused.
   */
  tryCreate<T extends KubeObject>(type: ResourceType<T>, desired: Desired<T>, signal: AbortSignal): Promise<void>;

  /**
   * Deletes the object like {@link delete}, but orphans its dependents. An object with dependents remains,
   * with a deletionTimestamp, until the garbage collector has released them.
   */
  orphan(type: ResourceType, object: KubeObject, signal: AbortSignal): Promise<boolean>;

  /** Reads an object from the API server instead of the cache: for Secret values. `undefined` only if the response is 404. */
  read<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, signal: AbortSignal): Promise<T | undefined>;

  /** All objects of a type in a namespace, from the API server instead of the cache: for rare queries that do not justify a watch. */
  list<T extends KubeObject>(type: ResourceType<T>, namespace: string, signal: AbortSignal): Promise<readonly T[]>;

  /**
   * JSON merge patch (RFC 7386): for the few fields that an apply must not own.
   *
   * @returns the current object.
   */
  patch<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, patch: object, signal: AbortSignal): Promise<T>;
}

/** An object to apply: everything except the fields that the server sets. */
export type Desired<T extends KubeObject> = Omit<T, 'metadata' | 'status'> & {
  readonly metadata: Pick<ObjectMeta, 'name' | 'labels' | 'annotations' | 'ownerReferences'> & { readonly namespace: string };
};

/** Outcome of {@link Writer.apply}. */
export interface Applied<T extends KubeObject> {
  /**
   * `repaired`: the same had been applied before, and another client had changed it since; `adopted`: a former release
   * made it, and the operator now owns it.
   */
  readonly outcome: 'created' | 'adopted' | 'updated' | 'repaired' | 'unchanged';
  readonly object: T;
}

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

/** A structured log; `fields` never contain whole resources or secret values. */
export interface Log {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Time and timers of a controller. */
export interface Clock {
  /** The time of day, for timestamps. It may be set back or forward at any moment. */
  now(): Date;
  /** Milliseconds since an arbitrary moment, for durations. Monotonic. */
  elapsedMs(): number;
  /** Calls back after `delayMs`; returns a function that cancels it. */
  schedule(delayMs: number, callback: () => void): () => void;
}

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
}

/** Outcome of a reconcile that did not throw. */
export interface ReconcileResult {
  /** Reconcile again after this time even if nothing changes. */
  readonly requeueAfterMs?: number;
  /** The remaining work is less urgent than that of other resources: continue after them. */
  readonly continueLater?: boolean;
  /** The API server rejects the request (400, 422): retried after a long, growing delay, since its rules may change. */
  readonly isRejected?: boolean;
}

/**
 * Moves the cluster to the state that the resource named by `key` requests. Driven by the state in the cache, never by
 * the content of an event. Throwing requeues with backoff; a `TerminalError` or a rejected request (400, 422) with a long one.
 */
export type Reconcile = (key: ObjectKey, context: ReconcileContext) => Promise<ReconcileResult | void>;

/** Index name → function that returns the values of an object in that index. */
export interface Indexes<T extends KubeObject> {
  readonly [index: string]: Index<T>['valuesOf'];
}

interface Index<T extends KubeObject> {
  valuesOf(object: T): Iterable<string>;
}

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
