import type { CacheReader, Indexes, KubeObject, ObjectKey, ObjectMeta, ResourceType, Store } from './types.ts';

/** Told of a change: `before` is undefined for a new object, `after` for a deleted one. */
export type ChangeListener = (before: KubeObject | undefined, after: KubeObject | undefined) => void;

/** What kubectl keeps for itself, as large as the object: nobody here reads it. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Deleted objects that are remembered, so that the answer of a late write does not bring them back. */
const REMEMBERED_DELETIONS = 1_000;

/** Tells types apart whose objects are listed and watched apart. */
export const typeId = ({ apiVersion, plural, labelSelector = '', metadataOnly = false }: ResourceType): string =>
  `${apiVersion}/${plural}?${labelSelector}${metadataOnly ? '#metadata' : ''}`;

/** The stores of all types that are watched. */
export class Cache implements CacheReader {
  readonly #stores = new Map<string, ObjectStore>();

  /** The store of a type, made if there is none. */
  ensureStore(type: ResourceType): ObjectStore {
    const id = typeId(type);
    const store = this.#stores.get(id) ?? new ObjectStore(type);
    this.#stores.set(id, store);
    return store;
  }

  store<T extends KubeObject>(type: ResourceType<T>): Store<T> {
    const store = this.#stores.get(typeId(type));
    if (store === undefined) throw new Error(`No controller watches ${type.kind}: add it to the watches of one`);
    // A store holds what the API server answered for this very type.
    return store as unknown as Store<T>;
  }

  /** Takes over what the server answered to a write, ahead of the watch that will bring it too. */
  assume(type: ResourceType, object: KubeObject): void {
    this.#stores.get(typeId(type))?.assume(object);
  }
}

/** The objects of one type. They are frozen: who needs a changed one makes a copy. */
export class ObjectStore implements Store<KubeObject> {
  readonly #type: ResourceType;
  readonly #objects = new Map<string, KubeObject>();
  readonly #indexes = new Map<string, IndexTable>();
  readonly #owned = new IndexTable(controllerUids);
  readonly #deletedUids = new Set<string>();
  readonly #listeners: ChangeListener[] = [];

  constructor(type: ResourceType) {
    this.#type = type;
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: ObjectKey): KubeObject | undefined {
    return this.#objects.get(keyText(key.namespace, key.name));
  }

  list(namespace?: string): readonly KubeObject[] {
    const all = [...this.#objects.values()];
    return namespace === undefined ? all : all.filter(({ metadata }) => metadata.namespace === namespace);
  }

  ownedBy(uid: string): readonly KubeObject[] {
    return this.#resolve(this.#owned.keys(uid));
  }

  byIndex(index: string, value: string): readonly KubeObject[] {
    const table = this.#indexes.get(index);
    if (table === undefined) throw new Error(`${this.#type.kind} has no index ${index}: declare it where the type is watched`);
    return this.#resolve(table.keys(value));
  }

  /** @throws Error when an index of the name exists: two controllers would overwrite each other's. */
  addIndexes(indexes: Indexes<KubeObject>): void {
    for (const [name, valuesOf] of Object.entries(indexes)) {
      if (this.#indexes.has(name)) throw new Error(`${this.#type.kind} has two indexes named ${name}`);
      const table = new IndexTable(valuesOf);
      for (const [key, object] of this.#objects) table.change(key, undefined, object);
      this.#indexes.set(name, table);
    }
  }

  onChange(listener: ChangeListener): void {
    this.#listeners.push(listener);
  }

  /** What a watch brought. */
  set(object: KubeObject): void {
    const known = this.#objects.get(keyOf(object));
    if (known !== undefined && !isNewer(object, known)) return;
    this.#put(object);
  }

  /** What a watch saw go. An object made anew under the name stays. */
  delete(object: KubeObject): void {
    this.#rememberDeletion(object.metadata.uid);
    const known = this.#objects.get(keyOf(object));
    if (known === undefined || known.metadata.uid !== object.metadata.uid) return;
    this.#remove(known);
  }

  /** What a write answered. Older than what is known, or of an object that is gone, it changes nothing. */
  assume(object: KubeObject): void {
    if (object.metadata.uid !== undefined && this.#deletedUids.has(object.metadata.uid)) return;
    this.set(object);
  }

  /** Everything there is, as of `resourceVersion`: what is missing from `objects` is gone, unless it is newer than the list. */
  replace(objects: readonly KubeObject[], resourceVersion: string): void {
    const listed = new Set(objects.map(keyOf));
    for (const [key, known] of this.#objects) {
      if (!listed.has(key) && !versionIsNewer(known.metadata.resourceVersion, resourceVersion)) {
        this.#rememberDeletion(known.metadata.uid);
        this.#remove(known);
      }
    }
    for (const object of objects) this.set(object);
  }

  #put(object: KubeObject): void {
    const key = keyOf(object);
    const before = this.#objects.get(key);
    const after = deepFreeze(this.#trimmed(object));
    this.#objects.set(key, after);
    this.#changed(key, before, after);
  }

  #remove(known: KubeObject): void {
    const key = keyOf(known);
    this.#objects.delete(key);
    this.#changed(key, known, undefined);
  }

  #changed(key: string, before: KubeObject | undefined, after: KubeObject | undefined): void {
    this.#owned.change(key, before, after);
    for (const table of this.#indexes.values()) table.change(key, before, after);
    for (const listener of this.#listeners) listener(before, after);
  }

  #resolve(keys: Iterable<string>): readonly KubeObject[] {
    return [...keys].map((key) => this.#objects.get(key)).filter((object) => object !== undefined);
  }

  #rememberDeletion(uid: string | undefined): void {
    if (uid === undefined) return;
    this.#deletedUids.add(uid);
    if (this.#deletedUids.size <= REMEMBERED_DELETIONS) return;
    const [oldest] = this.#deletedUids;
    if (oldest !== undefined) this.#deletedUids.delete(oldest);
  }

  /** The object without what would only cost memory and, of a type whose values must not be held, its metadata alone. */
  #trimmed(object: KubeObject): KubeObject {
    const { apiVersion, kind, metadataOnly } = this.#type;
    const metadata = withoutBookkeeping(object.metadata);
    return metadataOnly === true ? { apiVersion, kind, metadata } : { ...object, apiVersion, kind, metadata };
  }
}

function withoutBookkeeping(metadata: ObjectMeta & { readonly managedFields?: unknown }): ObjectMeta {
  const { managedFields: _, annotations, ...rest } = metadata;
  if (annotations === undefined) return rest;
  const { [LAST_APPLIED]: __, ...kept } = annotations;
  return { ...rest, annotations: kept };
}

/** Keys of objects by the values that a function gives for them. */
class IndexTable {
  readonly #valuesOf: (object: KubeObject) => Iterable<string>;
  readonly #keys = new Map<string, Set<string>>();

  constructor(valuesOf: (object: KubeObject) => Iterable<string>) {
    this.#valuesOf = valuesOf;
  }

  keys(value: string): Iterable<string> {
    return this.#keys.get(value) ?? [];
  }

  change(key: string, before: KubeObject | undefined, after: KubeObject | undefined): void {
    for (const value of before === undefined ? [] : this.#valuesOf(before)) {
      const keys = this.#keys.get(value);
      keys?.delete(key);
      if (keys?.size === 0) this.#keys.delete(value);
    }
    for (const value of after === undefined ? [] : this.#valuesOf(after)) {
      const keys = this.#keys.get(value);
      if (keys === undefined) this.#keys.set(value, new Set([key]));
      else keys.add(key);
    }
  }
}

function controllerUids({ metadata }: KubeObject): readonly string[] {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  return owner === undefined ? [] : [owner.uid];
}

const keyText = (namespace: string, name: string): string => `${namespace}/${name}`;

const keyOf = ({ metadata }: KubeObject): string => keyText(metadata.namespace ?? '', metadata.name);

const isNewer = (object: KubeObject, known: KubeObject): boolean =>
  versionIsNewer(object.metadata.resourceVersion, known.metadata.resourceVersion);

/**
 * resourceVersions of one type are ordered as whole numbers are.
 *
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
 */
function versionIsNewer(version = '', than = ''): boolean {
  return version.length === than.length ? version > than : version.length > than.length;
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
