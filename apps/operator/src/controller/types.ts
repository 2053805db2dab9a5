/**
 * What the controller runtime and its users agree on. Objects are the API server's JSON as it came:
 * times are RFC 3339 strings, unknown fields are kept, and what the cache hands out is frozen.
 */
import type { KubeObject, ObjectMeta } from './kube-object.ts';

export type { FieldSet, KubeObject, ManagedFields, ObjectMeta, OwnerReference } from './kube-object.ts';

declare const objectType: unique symbol;

/**
 * A resource of the API: where its objects are found and what they look like.
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
   * to save memory. `Writer.apply` works all the same: it needs no values to tell what differs.
   */
  readonly metadataOnly?: boolean;
  /**
   * The API server may not know the type, or the operator may lack the rights for it: then there are no objects of it, and it is looked for
   * from time to time. Read {@link Store.unavailableIn} before objects are applied.
   */
  readonly isOptional?: boolean;
  /** Answers to writes carry only `metadata` too: for objects that may be long, and whose content nobody reads back. */
  readonly isAnsweredInBrief?: boolean;
  /** Bounds what is listed and watched, e.g. `app=eevee.bot`: types that differ in it have stores of their own. */
  readonly labelSelector?: string;
  /** The API server sends no bookmarks for it: a quiet watch is no dead one. So it is for Events, of which it keeps no history itself. */
  readonly withoutBookmarks?: boolean;
  /** Bounds it by fields, e.g. `reason=FailedCreate`, as far as the API server knows them. */
  readonly fieldSelector?: string;
  /**
   * Objects that former releases made are taken over with every field they set, so that what is no longer desired goes. Not
   * for types with fields that cannot be changed, nor for those that hold what a person may still need.
   */
  readonly takenOverWhole?: boolean;
  /**
   * Whether an object is worth more than its name: of others, only what tells that the name is taken is cached, which costs 400 bytes. In
   * a namespace with thousands of objects of other applications, these would take most of the memory.
   */
  keptWhole?(object: KubeObject): boolean;
  /** What is cached of an object: drops what no reader needs, to save memory. Must be pure, and keep `metadata` as it is. */
  cached?(object: T): T;
  readonly [objectType]?: T;
}

/** Identifies a namespaced object of a known kind. */
export interface ObjectKey {
  readonly namespace: string;
  readonly name: string;
}

/** The objects of one resource type, as last seen. Reading sends no request. */
export interface Store<T extends KubeObject> {
  get(key: ObjectKey): T | undefined;
  /** All objects; with a namespace, those in it. */
  list(namespace?: string): readonly T[];
  /** Objects whose controller ownerReference has this uid. */
  ownedBy(uid: string): readonly T[];
  /** Objects for which the index function named `index` gave `value`. */
  byIndex(index: string, value: string): readonly T[];
  /** Why objects of an optional type can be neither read nor made in a namespace; `undefined` when they can. */
  unavailableIn(namespace: string): string | undefined;
}

/** Every object that some controller watches. */
export interface CacheReader {
  /** @throws Error when no controller watches `type`: a programming error. */
  store<T extends KubeObject>(type: ResourceType<T>): Store<T>;
}

/**
 * Changes objects. Each call is one request at the most, but for the first apply of an object of a former release; what it
 * returns is in the cache when it resolves.
 */
export interface Writer {
  /**
   * Server-side apply of `desired`, sent only when it would change the object: when what was applied
   * last differs from `desired`, or when the cached object no longer holds what `desired` says. An object that the cache does not
   * have is created: one that exists nevertheless is not overwritten unless the operator made it.
   *
   * @throws ApiError 409 for an object of another controller, or one that a user made and that would get a controller.
   * @throws ApiError 409 when another resource than the one that `desired` is made for controls the object.
   * @returns what happened, and the object as it stands now: when `unchanged`, as it is cached, which of
   *   types that are cached in part is not all of it.
   */
  apply<T extends KubeObject>(type: ResourceType<T>, desired: Desired<T>, signal: AbortSignal): Promise<Applied<T>>;

  /**
   * Asks the API server whether it would take `desired`, without changing anything.
   *
   * @throws ApiError as an apply would be refused.
   */
  dryRun<T extends KubeObject>(type: ResourceType<T>, desired: Desired<T>, signal: AbortSignal): Promise<void>;

  /** Server-side apply of an object of a type that is not watched: sent each time. */
  applyUnwatched<T extends KubeObject>(type: ResourceType<T>, desired: Desired<T>, signal: AbortSignal): Promise<T>;

  /**
   * Creates an object, and never changes one that exists.
   *
   * @throws ApiError 409 when there is one, whether or not the cache shows it.
   */
  create<T extends KubeObject>(type: ResourceType<T>, desired: Desired<T>, signal: AbortSignal): Promise<Applied<T>>;

  /** Writes the status subresource, sent only when `status` differs from the cached object's. */
  writeStatus<T extends KubeObject & { status?: unknown }>(
    type: ResourceType<T>,
    object: T,
    status: NonNullable<T['status']>,
    signal: AbortSignal,
  ): Promise<void>;

  /**
   * Deletes the object, only if it is still the one with this uid. An object that is gone already is no error.
   *
   * @param options.foreground whether the object remains until what it owns is gone.
   * @returns whether there was something to delete.
   */
  delete(type: ResourceType, object: KubeObject, signal: AbortSignal, options?: { readonly foreground?: boolean }): Promise<boolean>;

  /**
   * Asks the API server whether it would admit `desired` as a new object; nothing is created.
   *
   * @throws ApiError when it would not.
   */
  tryCreate<T extends KubeObject>(type: ResourceType<T>, desired: Desired<T>, signal: AbortSignal): Promise<void>;

  /**
   * Deletes the object as {@link delete} does, and leaves the objects that it owns without an owner. With dependents the object
   * stays, with a deletionTimestamp, until the garbage collector has released them.
   */
  orphan(type: ResourceType, object: KubeObject, signal: AbortSignal): Promise<boolean>;

  /** Reads an object past the cache: for Secret values. `undefined` only when the server said 404. */
  read<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, signal: AbortSignal): Promise<T | undefined>;

  /** All objects of a type in a namespace, past the cache: for the rare question that watching everything would cost too much. */
  list<T extends KubeObject>(type: ResourceType<T>, namespace: string, signal: AbortSignal): Promise<readonly T[]>;

  /**
   * JSON merge patch (RFC 7386): for the rare field that must not be owned by an apply.
   *
   * @returns the object as it stands now.
   */
  patch<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, patch: object, signal: AbortSignal): Promise<T>;
}

/** An object to apply: everything but what the server sets. */
export type Desired<T extends KubeObject> = Omit<T, 'metadata' | 'status'> & {
  readonly metadata: Pick<ObjectMeta, 'name' | 'labels' | 'annotations' | 'ownerReferences'> & { readonly namespace: string };
};

/** Outcome of {@link Writer.apply}. */
export interface Applied<T extends KubeObject> {
  /**
   * `repaired`: the same had been applied before, and somebody had changed it since; `adopted`: it was made by a former
   * release and is the operator's from now on.
   */
  readonly outcome: 'created' | 'adopted' | 'updated' | 'repaired' | 'unchanged';
  readonly object: T;
}

/** What a person should see on a resource (`kubectl describe`). */
export interface ResourceEvent {
  readonly type: 'Normal' | 'Warning';
  /** UpperCamelCase, a verb in the past or a state: `Created`, `ScaledDown`. */
  readonly reason: string;
  readonly message: string;
}

/** Publishes Kubernetes Events: in the background, deduplicated, and never the cause of a failed reconcile. */
export interface EventRecorder {
  record(regarding: KubeObject, event: ResourceEvent): void;
}

/** A structured log; `fields` never hold whole resources or secret values. */
export interface Log {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** The time, and timers, as a controller sees them. */
export interface Clock {
  /** The time of day: for what is written down. It may be set back or forward at any moment. */
  now(): Date;
  /** Milliseconds since some moment: for how long something has lasted. Nobody sets it. */
  elapsedMs(): number;
  /** Calls back after `delayMs`; returns what cancels it. */
  schedule(delayMs: number, callback: () => void): () => void;
}

/** What one reconcile may use. */
export interface ReconcileContext {
  readonly cache: CacheReader;
  readonly writer: Writer;
  readonly events: EventRecorder;
  readonly log: Log;
  readonly now: Date;
  readonly clock: Pick<Clock, 'now' | 'elapsedMs'>;
  /** Aborted when the reconcile runs out of time, when leadership is lost and at shutdown. */
  readonly signal: AbortSignal;
  /**
   * Starts what may take long, such as a request to an S3 server, and does not wait for it: no worker is held. When it has ended, the
   * resource is looked at again; an error counts as one of the reconcile. Its signal is aborted when the controller stops.
   */
  readonly inBackground: (work: (signal: AbortSignal) => Promise<void>) => void;
}

/** How a reconcile ended when it did not throw. */
export interface ReconcileResult {
  /** Look again after this time even if nothing changes. */
  readonly requeueAfterMs?: number;
  /** The remaining work is less urgent than that of other resources: continue after them. */
  readonly continueLater?: boolean;
  /** The API server rejects what is asked of it (400, 422): tried again, after a long time that grows, since rules there may change. */
  readonly isRejected?: boolean;
}

/**
 * Brings the world to what the resource named by `key` says. Driven by the state in the cache, never by
 * what the event said. Throwing requeues with backoff; a `TerminalError` and a rejected request (400, 422) with a long one.
 */
export type Reconcile = (key: ObjectKey, context: ReconcileContext) => Promise<ReconcileResult | void>;

/** Index name → values of an object in that index. */
export interface Indexes<T extends KubeObject> {
  readonly [index: string]: Index<T>['valuesOf'];
}

interface Index<T extends KubeObject> {
  valuesOf(object: T): Iterable<string>;
}

/** Objects of one type that bear on a controller's resources. */
export interface Watch<T extends KubeObject = KubeObject> {
  readonly type: ResourceType<T>;
  /** Keys of the resources that a change of `object` bears on. Both the old and the new object are asked. */
  keysFor(object: T, cache: CacheReader): Iterable<ObjectKey>;
  /** Indexes that lookups by referenced name need. */
  readonly indexes?: Indexes<T>;
  /** Whether a resource asks for objects of this optional type. While none does, an absent type is not looked for again. */
  isWanted?(cache: CacheReader): boolean;
}

/** One kind's controller. */
export interface ControllerDefinition<T extends KubeObject = KubeObject> {
  /** Value of the `controller` label in metrics. */
  readonly name: string;
  readonly type: ResourceType<T>;
  readonly indexes?: Indexes<T>;
  readonly watches: readonly Watch[];
  readonly reconcile: Reconcile;
  /** A status that the reconcile wrote itself calls for no other reconcile. */
  readonly ignoresOwnStatus?: boolean;
  /** Resources worked on at once. */
  readonly concurrency?: number;
  /** Name of the group that a resource is in: of those in one group, one is worked on at a time. */
  exclusiveBy?(key: ObjectKey, cache: CacheReader): string | undefined;
  /** A reconcile that takes longer is aborted and counted as an error. */
  readonly timeoutMs?: number;
}
