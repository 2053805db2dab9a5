import type { Desired } from '../objects/desired.ts';
import type { KubeObject } from '../objects/kube-object.ts';
import type { ObjectKey } from '../objects/object-key.ts';
import type { ResourceType } from '../objects/resource-type.ts';
import type { Source } from './settled-responses.ts';

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

  /** Whether {@link apply} would send a request, according to the cache. */
  isDue<T extends KubeObject>(type: ResourceType<T>, desired: Desired<T>): Promise<boolean>;

  /**
   * Whether the object already matches what would be computed from `source`, so that it need not be computed: {@link noteSource} was called
   * with the same parts, and nothing has changed the object since.
   */
  isDerived(type: ResourceType, key: ObjectKey, source: Source): boolean;

  /** Notes what the object with which {@link apply} resolved was computed from. */
  noteSource(type: ResourceType, applied: KubeObject, source: Source): void;

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

/** Outcome of {@link Writer.apply}. */
export interface Applied<T extends KubeObject> {
  /**
   * `repaired`: the same had been applied before, and another client had changed it since; `adopted`: a former release
   * made it, and the operator now owns it.
   */
  readonly outcome: 'created' | 'adopted' | 'updated' | 'repaired' | 'unchanged';
  readonly object: T;
}
