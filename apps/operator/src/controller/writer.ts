import { isDeepStrictEqual } from 'node:util';
import type { Cache } from './cache.ts';
import type { Client } from './client.ts';
import { answerAt, APPLIED_ANNOTATION, contentChecksum, wouldChange, type LastApply } from './difference.ts';
import { isConflict, isNotFound } from './errors.ts';
import type { Applied, Desired, KubeObject, ObjectKey, ResourceType, Writer } from './types.ts';

/** Objects whose last apply is remembered: far more than an operator of this size has. */
const REMEMBERED_APPLIES = 50_000;

/** Writes through the API, and only what the cache does not show to be so already. */
export class ApiWriter implements Writer {
  readonly #client: Client;
  readonly #cache: Cache;
  readonly #lastApplies = new Map<string, LastApply>();

  constructor(client: Client, cache: Cache) {
    this.#client = client;
    this.#cache = cache;
  }

  async apply<T extends KubeObject>(type: ResourceType<T>, desired: Desired<T>, signal: AbortSignal): Promise<Applied<T>> {
    const observed = this.#cache.store(type).get(desired.metadata);
    const checksum = contentChecksum(desired);
    const last = this.#lastApplies.get(observed?.metadata.uid ?? '');
    const unchanged = !wouldChange({ desired, checksum, observed, last, metadataOnly: type.metadataOnly === true });
    // An object that is being deleted cannot be kept; when it is gone its deletion calls for a new one.
    if (observed !== undefined && (unchanged || observed.metadata.deletionTimestamp !== undefined))
      return { outcome: 'unchanged', object: observed };

    const object = await this.#client.apply(type, withChecksum(desired, checksum), signal);
    this.#remember(object.metadata.uid ?? '', {
      checksum,
      resourceVersion: object.metadata.resourceVersion,
      answer: answerAt(desired, object),
    });
    this.#cache.assume(type, object);
    if (observed === undefined) return { outcome: 'created', object };
    return { outcome: object.metadata.resourceVersion === observed.metadata.resourceVersion ? 'unchanged' : 'updated', object };
  }

  async writeStatus<T extends KubeObject & { status?: unknown }>(
    type: ResourceType<T>,
    object: T,
    status: NonNullable<T['status']>,
    signal: AbortSignal,
  ): Promise<void> {
    const patch = mergePatch(object.status ?? {}, status);
    if (patch === undefined) return;
    const { namespace = '', name, uid } = object.metadata;
    try {
      // The uid keeps the status of a deleted resource off one made anew under its name.
      const written = await this.#client.patchStatus(type, { namespace, name }, { metadata: { uid }, status: patch }, signal);
      this.#cache.assume(type, written);
    } catch (error) {
      // The resource is gone, or another has its name: nobody is left to tell.
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  async delete(type: ResourceType, object: KubeObject, signal: AbortSignal): Promise<boolean> {
    const { namespace = '', name, uid = '' } = object.metadata;
    try {
      await this.#client.delete(type, { namespace, name }, { uid, signal });
      return true;
    } catch (error) {
      if (isNotFound(error) || isConflict(error)) return false;
      throw error;
    }
  }

  read<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, signal: AbortSignal): Promise<T | undefined> {
    return this.#client.get(type, key, signal);
  }

  async patch<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, patch: object, signal: AbortSignal): Promise<T> {
    const object = await this.#client.patch(type, key, patch, signal);
    this.#cache.assume(type, object);
    return object;
  }

  #remember(uid: string, last: LastApply): void {
    this.#lastApplies.delete(uid);
    this.#lastApplies.set(uid, last);
    if (this.#lastApplies.size <= REMEMBERED_APPLIES) return;
    const [oldest] = this.#lastApplies.keys();
    if (oldest !== undefined) this.#lastApplies.delete(oldest);
  }
}

function withChecksum<T extends KubeObject>(desired: Desired<T>, checksum: string): Desired<T> {
  const { metadata } = desired;
  return { ...desired, metadata: { ...metadata, annotations: { ...metadata.annotations, [APPLIED_ANNOTATION]: checksum } } };
}

/**
 * JSON merge patch (RFC 7386) that turns `before` into `after`, field by field of the top level;
 * `undefined` when there is nothing to change.
 */
function mergePatch(before: object, after: object): Record<string, unknown> | undefined {
  const [old, wanted] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  const changed = [...wanted].filter(([key, value]) => !isDeepStrictEqual(old.get(key), value));
  const removed = [...old.keys()].filter((key) => !wanted.has(key)).map((key) => [key, null] as const);
  return changed.length + removed.length === 0 ? undefined : Object.fromEntries([...changed, ...removed]);
}
