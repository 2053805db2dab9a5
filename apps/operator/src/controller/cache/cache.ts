import type { Log } from '../../telemetry/log.ts';
import { NotSyncedError } from '../errors.ts';
import type { KubeObject } from '../objects/kube-object.ts';
import type { ResourceType } from '../objects/resource-type.ts';
import type { CacheReader, Store } from './cache-reader.ts';
import { ObjectStore } from './object-store.ts';

/** Identifies a type: types with different ids are listed and watched separately. */
export const typeId = ({ apiVersion, plural, labelSelector = '', fieldSelector = '', metadataOnly = false }: ResourceType): string =>
  `${apiVersion}/${plural}?${labelSelector}&${fieldSelector}${metadataOnly ? '#metadata' : ''}`;

/** Stores of all watched types. */
export class Cache implements CacheReader {
  readonly #log: Log;
  readonly #namespaces: readonly (string | undefined)[];
  #changes = 0;
  readonly #stores = new Map<string, ObjectStore>();
  /** The same by the type itself, since making its id takes longer than the rest of a look-up. */
  readonly #storesByType = new WeakMap<ResourceType, ObjectStore>();

  /** @param namespaces to list and watch, one by one; `undefined` covers all namespaces with one request. */
  constructor(log: Log, namespaces?: readonly string[]) {
    this.#log = log;
    this.#namespaces = namespaces ?? [undefined];
  }

  /**
   * Reads only complete stores. Code that decides whether an object exists must use this reader: an object that
   * has not been listed yet must not count as absent.
   */
  readonly complete: CacheReader = completeOf(this, (type) => {
    const store = this.#watched(type);
    if (!store.isSynced) throw new NotSyncedError(`${type.plural} have not been listed yet`);
    return store.of(type);
  });

  /** @see CacheReader.changes */
  get changes(): number {
    return this.#changes;
  }

  /** Whether all of these types have been listed in a namespace. Otherwise, its objects must not be reconciled: some may be missing. */
  isListedIn(namespace: string, types: readonly ResourceType[]): boolean {
    return types.every((type) => this.#watched(type).isListedIn(namespace));
  }

  /** Returns the store of a type, and creates it if necessary. */
  ensureStore(type: ResourceType): ObjectStore {
    const id = typeId(type);
    const known = this.#stores.get(id);
    if (known !== undefined) return known;
    const store = new ObjectStore(type, this.#log, this.#namespaces);
    store.onChange(() => void this.#changes++);
    store.onAvailability(() => void this.#changes++);
    this.#stores.set(id, store);
    return store;
  }

  /** Objects of a type that are known so far: some may be missing until the first list is complete. */
  store<T extends KubeObject>(type: ResourceType<T>): Store<T> {
    return this.#watched(type).of(type);
  }

  /**
   * Stores the server's response to a write before the watch delivers it.
   *
   * @returns its cached form, unless a newer version is known or the type is not cached.
   */
  assume(type: ResourceType, object: KubeObject): KubeObject | undefined {
    return this.#stores.get(typeId(type))?.assume(object);
  }

  /** Records a successful deletion before the watch delivers it. */
  assumeDeleted(type: ResourceType, object: KubeObject): void {
    this.#stores.get(typeId(type))?.delete(object);
  }

  #watched(type: ResourceType): ObjectStore {
    const known = this.#storesByType.get(type);
    if (known !== undefined) return known;
    const store = this.#stores.get(typeId(type));
    if (store === undefined) throw new Error(`No controller watches ${type.kind}: add it to the watches of one`);
    this.#storesByType.set(type, store);
    return store;
  }
}

const completeOf = (cache: Cache, store: CacheReader['store']): CacheReader => ({
  store,
  get changes() {
    return cache.changes;
  },
});
