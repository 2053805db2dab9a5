import type { API_GROUP_VERSION, Kind } from '@eeveebot/contract';

/** `metadata` of one of our resources as the API server returns it: they are all namespaced. */
export interface ResourceMeta {
  readonly name: string;
  readonly namespace: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  /** Counts the changes of `spec`. */
  readonly generation?: number;
  /** RFC 3339. */
  readonly creationTimestamp?: string;
  /** RFC 3339; set once the resource is being deleted. */
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly {
    readonly apiVersion: string;
    readonly kind: string;
    readonly name: string;
    readonly uid: string;
    readonly controller?: boolean;
    readonly blockOwnerDeletion?: boolean;
  }[];
  readonly finalizers?: readonly string[];
}

/** A resource as the API server returns it: raw JSON, defaults filled in, times as RFC 3339 strings. */
export interface Resource<K extends Kind, Spec, Status> {
  readonly apiVersion: typeof API_GROUP_VERSION;
  readonly kind: K;
  readonly metadata: ResourceMeta;
  readonly spec: Spec;
  readonly status?: Status;
}

/** A resource as a user writes it: fields with a default may be omitted. */
export interface ResourceInput<K extends Kind, SpecInput> {
  readonly apiVersion: typeof API_GROUP_VERSION;
  readonly kind: K;
  readonly metadata: Pick<ResourceMeta, 'name' | 'labels' | 'annotations'> & { readonly namespace?: string };
  readonly spec: SpecInput;
}

/** `T` with everything in it read-only: objects from the cache are frozen. */
export type ReadonlyDeep<T> = T extends readonly (infer Item)[]
  ? readonly ReadonlyDeep<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: ReadonlyDeep<T[Key]> }
    : T;

/** `T` with the fields that have a default optional. */
export type Input<T, Defaulted extends keyof T> = Omit<T, Defaulted> & Partial<Pick<T, Defaulted>>;
