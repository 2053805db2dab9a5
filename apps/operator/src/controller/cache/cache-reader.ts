import type { KubeObject } from '../objects/kube-object.ts';
import type { ObjectKey } from '../objects/object-key.ts';
import type { ResourceType } from '../objects/resource-type.ts';

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
  /** Grows with each change of any object: what was read at the same number is still up to date. */
  readonly changes: number;
  /** @throws Error when no controller watches `type`: a programming error. */
  store<T extends KubeObject>(type: ResourceType<T>): Store<T>;
}

/** Index name → function that returns the values of an object in that index. */
export interface Indexes<T extends KubeObject> {
  readonly [index: string]: Index<T>['valuesOf'];
}

interface Index<T extends KubeObject> {
  valuesOf(object: T): Iterable<string>;
}
