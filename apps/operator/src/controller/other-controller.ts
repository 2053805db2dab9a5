import type { KubeObject, OwnerReference } from './types.ts';

interface Owned {
  readonly metadata: { readonly ownerReferences?: readonly OwnerReference[] };
}

/** The reference of an object to the resource that controls it, if there is one. */
export const controllerOf = ({ metadata }: Owned): OwnerReference | undefined =>
  metadata.ownerReferences?.find(({ controller }) => controller === true);

/** Whether `owner` controls the object. An owner of the same name that was created later has another uid. */
export const isControlledBy = (object: Owned, owner: KubeObject): boolean =>
  owner.metadata.uid !== undefined && controllerOf(object)?.uid === owner.metadata.uid;

/**
 * The resource that controls `observed`, where that is not the one that `desired` is made for: then the object must be neither
 * applied nor deleted. A resource that was deleted and created again under its name is another one: the garbage collector is about to
 * remove what was made for the first.
 */
export function otherController(observed: KubeObject, desired: Owned): OwnerReference | undefined {
  const [present, wanted] = [controllerOf(observed), controllerOf(desired)];
  if (present === undefined || wanted === undefined) return undefined;
  return present.uid === wanted.uid ? undefined : present;
}

/** Whether two references are to resources of one kind and name, whether or not one of them was deleted. */
export const isNamedAlike = (one: OwnerReference, other: OwnerReference): boolean =>
  groupOf(one) === groupOf(other) && one.kind === other.kind && one.name === other.name;

/** Versions of one group are served for the same objects. */
const groupOf = ({ apiVersion }: OwnerReference): string => apiVersion.split('/')[0] ?? '';
