import type { KubeObject } from './kube-object.ts';

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
  /** Fields that are cached of the other objects besides those of {@link keptWhole}. */
  keptOfOthers?(object: T): Omit<Partial<T>, 'metadata'>;
  /** Cached form of an object: drops fields that no code reads, to save memory. Must be pure, and keep `metadata` unchanged. */
  cached?(object: T): T;
  readonly [objectType]?: T;
}
