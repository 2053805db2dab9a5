import type { KubeObject, OwnerReference } from './kube-object.ts';

interface Owned {
  readonly metadata: { readonly ownerReferences?: readonly OwnerReference[] };
}

/** Owner reference of an object to the resource that controls it, if any. */
export const controllerOf = ({ metadata }: Owned): OwnerReference | undefined =>
  metadata.ownerReferences?.find(({ controller }) => controller === true);

/** Whether the resource with this uid is among the owners of the object. */
export const isOwnedBy = ({ metadata }: Owned, uid: string | undefined): boolean =>
  uid !== undefined && metadata.ownerReferences?.some((owner) => owner.uid === uid) === true;

/** Whether `owner` controls the object. An owner of the same name that was created later has another uid. */
export const isControlledBy = (object: Owned, owner: KubeObject): boolean =>
  owner.metadata.uid !== undefined && controllerOf(object)?.uid === owner.metadata.uid;

/**
 * The resource that controls `observed`, if it is not the one that `desired` is made for: the object must then be neither
 * applied nor deleted. A resource that was deleted and created again under its name is a different one: the garbage collector is
 * about to remove the objects of the first.
 */
export function otherController(observed: KubeObject, desired: Owned): OwnerReference | undefined {
  const [present, wanted] = [controllerOf(observed), controllerOf(desired)];
  if (present === undefined || wanted === undefined) return undefined;
  return present.uid === wanted.uid ? undefined : present;
}

/** Type of a resource, as a reference to it or the resource itself states it. */
type Kind = Pick<OwnerReference, 'apiVersion' | 'kind'>;

/** Whether two references have the same type and name, even if one of the resources was deleted. */
export const isNamedAlike = (one: OwnerReference, other: OwnerReference): boolean => isOfKind(one, other) && one.name === other.name;

/** Whether a reference is to a resource of this type, in any version. Another project may have a kind of the same name in its own group. */
export const isOfKind = (reference: Kind, type: Kind): boolean =>
  reference.kind === type.kind && (reference.apiVersion === type.apiVersion || groupOf(reference) === groupOf(type));

/**
 * Whether a deleted resource that had the type and name of `resource` controls the object: the garbage collector is about to remove it.
 */
export function isLeftover(object: Owned, { apiVersion, kind, metadata }: KubeObject): boolean {
  const owner = controllerOf(object);
  return owner !== undefined && isOfKind(owner, { apiVersion, kind }) && owner.name === metadata.name && owner.uid !== metadata.uid;
}

/** Group of a reference without the version, because all versions of a group serve the same objects. Empty for the core group. */
const groupOf = ({ apiVersion }: Kind): string => (apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '');
