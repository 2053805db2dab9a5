import type { CacheReader } from '../controller/cache/cache-reader.ts';
import { ApiError } from '../controller/errors.ts';
import type { KubeObject } from '../controller/objects/kube-object.ts';
import { isLeftover } from '../controller/objects/owners.ts';
import type { ResourceType } from '../controller/objects/resource-type.ts';
import type { Reconcile, ReconcileContext } from '../controller/run/definition.ts';
import { setBounded } from '../controller/set-bounded.ts';
import { keyOf } from './watching.ts';

/**
 * Time in which the garbage collector removes the objects of a deleted resource; it usually needs less than a second. It never does so if the
 * resource was deleted and created again while its watch was interrupted, as when the API server restarts: it then takes both for the same.
 */
const GARBAGE_COLLECTOR_MS = 15_000;

/** Bound on the objects whose age as a leftover is remembered. */
const REMEMBERED = 10_000;

/** Object with a name that a resource uses, whichever resource it was created for, and its type. */
export interface NamedObject {
  readonly type: ResourceType;
  readonly object: KubeObject | undefined;
}

/** The object of a name in the namespace of `resource`. */
export const namedObject = (
  type: ResourceType,
  { resource, name }: { resource: KubeObject; name: string },
  cache: CacheReader,
): NamedObject => ({
  type,
  object: cache.store(type).get({ namespace: resource.metadata.namespace ?? '', name }),
});

/**
 * A reconcile that first deletes objects which the garbage collector has left from a deleted resource of the same name: they would keep the
 * names that the new resource needs.
 *
 * @param given.type of the reconciled resources.
 * @param given.objects objects with the names that a resource uses.
 */
export function removingLeftovers<Resource extends KubeObject>(
  reconcile: Reconcile,
  given: { readonly type: ResourceType<Resource>; objects(resource: Resource, cache: CacheReader): readonly NamedObject[] },
): Reconcile {
  const leftovers = new Leftovers(given.type);
  return async (key, context) => {
    const resource = context.cache.store(given.type).get(key);
    const left = resource && given.objects(resource, context.cache).filter(({ object }) => isLeft(object, resource));
    if (resource === undefined || left === undefined || left.length === 0) return reconcile(key, context);
    const dueInMs = await leftovers.remove(left, resource, context);
    const result = (await reconcile(key, context)) ?? {};
    return { ...result, requeueAfterMs: Math.min(dueInMs, result.requeueAfterMs ?? dueInMs) };
  };
}

/** Whether an object only waits for its removal. One that is being deleted, or that has another owner as well, does not. */
const isLeft = (object: KubeObject | undefined, resource: KubeObject): boolean =>
  object !== undefined &&
  isLeftover(object, resource) &&
  object.metadata.deletionTimestamp === undefined &&
  object.metadata.ownerReferences?.length === 1;

/** Objects of deleted resources of one type. */
class Leftovers {
  readonly #type: ResourceType;
  /** When an object was first seen, by uid. */
  readonly #seenMs = new Map<string, number>();

  constructor(type: ResourceType) {
    this.#type = type;
  }

  /** Deletes what is left of a deleted resource, once the garbage collector had enough time. @returns time until the next attempt. */
  async remove(left: readonly NamedObject[], resource: KubeObject, context: ReconcileContext): Promise<number> {
    const dueInMs = Math.max(...left.map(({ object }) => this.#dueInMs(object?.metadata.uid ?? '', context)));
    if (dueInMs > 0) return dueInMs;
    try {
      // If the cache is behind, the objects may belong to a newer resource than the one in it.
      const current = await context.writer.read(this.#type, keyOf(resource), context.signal);
      const isCurrent = current?.metadata.uid === resource.metadata.uid;
      for (const each of isCurrent ? left : []) await removeOne(each, resource, context);
    } catch (error) {
      if (context.signal.aborted || !(error instanceof ApiError)) throw error;
      context.log.warn('cannot delete an object that the garbage collector has left', { cause: error.message });
    }
    return GARBAGE_COLLECTOR_MS;
  }

  #dueInMs(uid: string, { clock }: ReconcileContext): number {
    const nowMs = clock.elapsedMs();
    const seenMs = this.#seenMs.get(uid) ?? nowMs;
    setBounded(this.#seenMs, [uid, seenMs], REMEMBERED);
    return seenMs + GARBAGE_COLLECTOR_MS - nowMs;
  }
}

async function removeOne({ type, object }: NamedObject, resource: KubeObject, { writer, events, signal }: ReconcileContext): Promise<void> {
  if (object === undefined || !(await writer.delete(type, object, signal))) return;
  const message = `Deleted ${object.kind} ${object.metadata.name} of a deleted ${resource.kind} of this name, which the garbage collector had left`;
  events.record(resource, { type: 'Normal', reason: 'Deleted', message });
}
