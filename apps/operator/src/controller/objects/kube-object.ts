/**
 * Objects of the API as the API server's JSON: times are RFC 3339 strings, unknown fields are kept, and cached objects are frozen.
 * The other files of this folder answer questions about them (who controls an object, which fields were applied, which condition it
 * has) as pure functions, which every part of the operator may use.
 */

/** Reference from an object to the resource it was made for. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** `metadata` of an object read from the API server. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
  /** Managers of the fields. The cache keeps only the entry of the operator's own applies. */
  readonly managedFields?: readonly ManagedFields[];
}

/** Fields of an object that one manager set. */
export interface ManagedFields {
  readonly manager?: string;
  readonly operation?: string;
  readonly subresource?: string;
  /** @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/ FieldsV1 */
  readonly fieldsV1?: FieldSet;
}

/** A set of field paths: `f:<name>`, `k:<keys of a list element>`, `v:<value>`, `.` for the node itself. */
export interface FieldSet {
  readonly [path: string]: FieldSet;
}

/** Any Kubernetes object. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}
