import type { Log } from '../../telemetry/log.ts';
import { errorText } from '../errors.ts';
import type { KubeObject } from '../objects/kube-object.ts';
import type { ObjectKey } from '../objects/object-key.ts';
import { controllerOf } from '../objects/owners.ts';
import type { ResourceType } from '../objects/resource-type.ts';
import { isNewerVersion } from '../objects/resource-version.ts';
import { setBounded } from '../set-bounded.ts';
import type { Indexes, Store } from './cache-reader.ts';
import { IndexTable } from './index-table.ts';
import { isSeenAlike, Snapshots } from './snapshot.ts';

/** Called on a change: `before` is undefined for a new object, `after` for a deleted one. */
export type ChangeListener = (before: KubeObject | undefined, after: KubeObject | undefined, change: Change) => void;

/** Properties of a change besides the objects. */
export interface Change {
  /** It comes from the response to a write. */
  readonly isOwnWrite: boolean;
  /** Whether the cached object differs in more than its version. */
  readonly isVisible: boolean;
}

/** Maximum number of remembered deletions. They keep the late response of a write from restoring a deleted object. */
const REMEMBERED_DELETIONS = 5_000;

/** Maximum number of own writes whose events are awaited. Those of a watch that has ended never arrive. */
const AWAITED_WRITES = 1_000;

/** Most look-ups by an index find nothing. */
const NONE: readonly KubeObject[] = Object.freeze([]);

/** The objects of one type. They are frozen: make a copy to change one. */
export class ObjectStore implements Store<KubeObject> {
  readonly #type: ResourceType;
  readonly #log: Log;
  readonly #snapshots: Snapshots;
  readonly #objects = new Map<string, KubeObject>();
  readonly #indexes = new Map<string, IndexTable>();
  readonly #indexFunctions = new Map<string, Indexes<KubeObject>[string]>();
  readonly #owned = new IndexTable(controllerUids);
  readonly #deletedUids = new Set<string>();
  /** Own writes that the watch has not delivered yet, by version. */
  readonly #awaited = new Map<string, KubeObject>();
  readonly #listeners: ChangeListener[] = [];
  readonly #availabilityListeners: ((namespace: string | undefined) => void)[] = [];
  /** Why objects of an optional type cannot be listed, by namespace. Empty for all other types. */
  readonly #unavailable = new Map<string | undefined, string>();
  /** Namespaces that have not been listed yet. */
  readonly #unlisted: Set<string | undefined>;
  /** Namespaces that may not be listed, and have not been. */
  readonly #leftOut = new Set<string | undefined>();
  #newestVersion = '';

  constructor(type: ResourceType, log: Log, namespaces: readonly (string | undefined)[] = [undefined]) {
    this.#unlisted = new Set(namespaces);
    this.#type = type;
    this.#log = log;
    this.#snapshots = new Snapshots(type);
  }

  /** Whether it has ever been complete. */
  get isSynced(): boolean {
    return this.#unlisted.size === 0;
  }

  /** Whether the objects of a namespace have been listed. */
  isListedIn(namespace: string): boolean {
    if (this.#unlisted.size === 0 && this.#leftOut.size === 0) return true;
    return !this.#isMissing(namespace) && !this.#isMissing(undefined);
  }

  #isMissing(listed: string | undefined): boolean {
    return this.#unlisted.has(listed) || this.#leftOut.has(listed);
  }

  /** Does not wait for the first list of a namespace that may not be listed: others must not wait for it. */
  leaveOut(namespace: string | undefined): void {
    if (this.#unlisted.delete(namespace)) this.#leftOut.add(namespace);
  }

  /** This store with the type of its objects. */
  of<T extends KubeObject>(_type: ResourceType<T>): Store<T> {
    // Its objects are the API server's responses for this exact type.
    return this as unknown as Store<T>;
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

  /** Adds indexes; an index that exists already is kept. @throws Error if the name belongs to a different index. */
  addIndexes(indexes: Indexes<KubeObject>): void {
    for (const [name, valuesOf] of Object.entries(indexes)) {
      const known = this.#indexFunctions.get(name);
      if (known === valuesOf) continue;
      if (known !== undefined) throw new Error(`${this.#type.kind} has two indexes named ${name}`);
      this.#indexFunctions.set(name, valuesOf);
      const table = new IndexTable((object) => this.#indexValues(name, valuesOf, object));
      for (const [key, object] of this.#objects) table.change(key, undefined, object);
      this.#indexes.set(name, table);
    }
  }

  onChange(listener: ChangeListener): void {
    this.#listeners.push(listener);
  }

  /** @see Store.unavailableIn */
  unavailableIn(namespace: string): string | undefined {
    return this.#unavailable.get(namespace) ?? this.#unavailable.get(undefined);
  }

  /** Calls back when objects of an optional type become available or unavailable in a namespace (`undefined`: in all). */
  onAvailability(listener: (namespace: string | undefined) => void): void {
    this.#availabilityListeners.push(listener);
  }

  /**
   * Records why objects of an optional type cannot be listed in a namespace (`undefined`: in any). The store then has no objects there and
   * counts as listed. Without a reason, they can be listed.
   */
  setUnavailable(namespace: string | undefined, reason: string | undefined): void {
    if (this.#unavailable.get(namespace) === reason) return;
    if (reason === undefined) this.#unavailable.delete(namespace);
    else {
      this.#unavailable.set(namespace, reason);
      for (const known of this.list(namespace)) this.delete(known);
      this.#unlisted.delete(namespace);
    }
    for (const listener of this.#availabilityListeners) listener(namespace);
  }

  /** Stores an object from a watch, unless a newer version is known. */
  set(object: KubeObject, isOwnWrite = false): void {
    const known = this.#objects.get(keyOf(object));
    if (known !== undefined && !isNewerVersion(object.metadata.resourceVersion, known.metadata.resourceVersion)) return;
    this.#put(object, isOwnWrite);
  }

  /** Removes a deleted object, but not a new object of the same name. */
  delete(object: KubeObject): void {
    this.#rememberDeletion(object.metadata.uid);
    const known = this.#objects.get(keyOf(object));
    if (known === undefined || known.metadata.uid !== object.metadata.uid) return;
    this.#remove(known);
  }

  /** Stores the response to a write, unless a newer version is known or the object is gone. @returns its cached form if it is the newest. */
  assume(object: KubeObject): KubeObject | undefined {
    const { uid, resourceVersion } = object.metadata;
    if (uid !== undefined && this.#deletedUids.has(uid)) return undefined;
    const before = this.#objects.get(keyOf(object));
    this.set(object, true);
    const known = this.#objects.get(keyOf(object));
    if (known?.metadata.uid !== uid || known?.metadata.resourceVersion !== resourceVersion) return undefined;
    if (known !== before && resourceVersion !== undefined) setBounded(this.#awaited, [resourceVersion, known], AWAITED_WRITES);
    return known;
  }

  /** The object that an own write with this version left, until the watch has delivered the write. */
  takeAwaited(resourceVersion: string): KubeObject | undefined {
    const written = this.#awaited.get(resourceVersion);
    this.#awaited.delete(resourceVersion);
    return written;
  }

  /** Replaces the contents with a full list of one namespace, or of all if none is given. Call it before requesting the list. */
  relist(namespace?: string): Relist {
    const newestBefore = this.#newestVersion;
    const listed = new Set<string>();
    return {
      page: (objects, resourceVersion) => {
        // A list is never older than what was seen before it, unless the API server's data was restored to an older state.
        const wasSetBack = isNewerVersion(newestBefore, resourceVersion);
        if (wasSetBack) this.#deletedUids.clear();
        for (const object of objects) {
          listed.add(keyOf(object));
          if (wasSetBack) this.#putIfOther(object);
          else this.set(object);
        }
      },
      end: (resourceVersion) => {
        const wasSetBack = isNewerVersion(newestBefore, resourceVersion);
        for (const [key, known] of this.#objects) {
          if (namespace !== undefined && known.metadata.namespace !== namespace) continue;
          // The list does not contain what was written after it was made.
          if (listed.has(key) || (!wasSetBack && isNewerVersion(known.metadata.resourceVersion, resourceVersion))) continue;
          this.#rememberDeletion(known.metadata.uid);
          this.#remove(known);
        }
        this.#newestVersion = resourceVersion;
        // The next watch begins after the list. If the server was restored to an older state, other changes may get the versions of these
        // writes.
        this.#awaited.clear();
        this.#unlisted.delete(namespace);
        this.#leftOut.delete(namespace);
      },
    };
  }

  #putIfOther(object: KubeObject): void {
    const known = this.#objects.get(keyOf(object));
    if (known?.metadata.resourceVersion !== object.metadata.resourceVersion) this.#put(object);
  }

  #put(object: KubeObject, isOwnWrite = false): void {
    const key = keyOf(object);
    const before = this.#objects.get(key);
    const after = this.#snapshots.of(object, before);
    const { resourceVersion = '' } = after.metadata;
    if (isNewerVersion(resourceVersion, this.#newestVersion)) this.#newestVersion = resourceVersion;
    this.#objects.set(key, after);
    this.#changed(key, before, after, isOwnWrite);
  }

  #remove(known: KubeObject): void {
    const key = keyOf(known);
    this.#objects.delete(key);
    this.#changed(key, known, undefined);
  }

  #changed(key: string, before: KubeObject | undefined, after: KubeObject | undefined, isOwnWrite = false): void {
    this.#owned.change(key, before, after);
    for (const table of this.#indexes.values()) table.change(key, before, after);
    const change = { isOwnWrite, isVisible: !isSeenAlike(before, after) };
    for (const listener of this.#listeners) listener(before, after, change);
  }

  #resolve(keys: string | ReadonlySet<string> | undefined): readonly KubeObject[] {
    if (keys === undefined) return NONE;
    if (typeof keys === 'string') {
      const only = this.#objects.get(keys);
      return only === undefined ? NONE : [only];
    }
    const objects: KubeObject[] = [];
    for (const key of keys) {
      const object = this.#objects.get(key);
      if (object !== undefined) objects.push(object);
    }
    return objects;
  }

  #rememberDeletion(uid: string | undefined): void {
    if (uid === undefined) return;
    this.#deletedUids.add(uid);
    const [oldest] = this.#deletedUids;
    if (this.#deletedUids.size > REMEMBERED_DELETIONS && oldest !== undefined) this.#deletedUids.delete(oldest);
  }

  #indexValues(name: string, valuesOf: (object: KubeObject) => Iterable<string>, object: KubeObject): readonly string[] {
    try {
      const values = valuesOf(object);
      return Array.isArray(values) ? (values as readonly string[]) : [...values];
    } catch (error) {
      // One malformed object must not end the watch of all the others.
      this.#log.error('cannot index an object', { kind: this.#type.kind, index: name, object: keyOf(object), cause: errorText(error) });
      return [];
    }
  }
}

/** @see ObjectStore.relist */
export interface Relist {
  page(objects: readonly KubeObject[], resourceVersion: string): void;
  /** Removes objects that were not on any page. */
  end(resourceVersion: string): void;
}

function controllerUids(object: KubeObject): readonly string[] {
  const owner = controllerOf(object);
  return owner === undefined ? [] : [owner.uid];
}

const keyText = (namespace: string, name: string): string => `${namespace}/${name}`;

const keyOf = ({ metadata }: KubeObject): string => keyText(metadata.namespace ?? '', metadata.name);
