import { labelValue } from '@eeveebot/contract';
import type { KubeObject } from '../controller/objects/kube-object.ts';

/** One of `others` that was created before `resource`: the younger of two resources that exclude each other gives way. */
export function olderOf<T extends KubeObject>(resource: KubeObject, others: readonly T[]): T | undefined {
  const age = ({ metadata }: KubeObject) => `${metadata.creationTimestamp ?? ''} ${metadata.name}`;
  return others.find((other) => age(other) < age(resource));
}

/**
 * Why a resource cannot have objects of its own: an older one has the label value.
 *
 * @param others the resources that share it.
 */
export function sharedLabelProblem(resource: KubeObject, others: readonly KubeObject[]): string | undefined {
  const older = olderOf(resource, others);
  return (
    older &&
    `metadata.name results in the label ${labelValue(resource.metadata.name)}, which selects the pods of ${older.kind} ${older.metadata.name}: create this resource with another name`
  );
}
