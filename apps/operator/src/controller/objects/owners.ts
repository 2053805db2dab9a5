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

/** Whether two references have the same kind and name, even if one of the resources was deleted. */
export const isNamedAlike = (one: OwnerReference, other: OwnerReference): boolean =>
  groupOf(one) === groupOf(other) && one.kind === other.kind && one.name === other.name;

/** Group of a reference without the version, because all versions of a group serve the same objects. */
const groupOf = ({ apiVersion }: OwnerReference): string => apiVersion.split('/')[0] ?? '';
