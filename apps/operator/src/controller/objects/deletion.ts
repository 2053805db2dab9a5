import type { KubeObject } from './kube-object.ts';

/**
 * Finalizers that Kubernetes itself removes: once no pod uses a claim, once the dependents of an object are gone or released, and once a
 * Job has counted its pod.
 */
const ORDINARY_FINALIZERS: ReadonlySet<string> = new Set([
  'kubernetes.io/pvc-protection',
  'foregroundDeletion',
  'orphan',
  'batch.kubernetes.io/job-tracking',
]);

/**
 * Message about the first of these objects that is being deleted. Changes are not applied to such an object, which cannot be kept: they take
 * effect when it is created again, and a finalizer can delay that for an unlimited time.
 */
export function deletionText(objects: readonly (KubeObject | undefined)[]): string | undefined {
  const deleted = objects.find((object) => object?.metadata.deletionTimestamp !== undefined);
  return deleted && `${deleted.kind} ${deleted.metadata.name} is being deleted${delayedBy(deleted)}: it is created again after that`;
}

/**
 * The finalizers for which the deletion of an object waits, to be appended to a message: another program or a user has to remove them.
 * Empty without any.
 *
 * @example
 * delayedBy(job); // ' (finalizers: kueue.x-k8s.io/managed)'
 */
export function delayedBy({ metadata }: KubeObject): string {
  const finalizers = (metadata.finalizers ?? []).filter((finalizer) => !ORDINARY_FINALIZERS.has(finalizer));
  return finalizers.length === 0 ? '' : ` (finalizers: ${finalizers.join(', ')})`;
}

/** Kind and name of an object, and what delays its deletion if it is being deleted. */
export function objectText(object: KubeObject): string {
  const { name, deletionTimestamp } = object.metadata;
  return deletionTimestamp === undefined ? `${object.kind} ${name}` : `${object.kind} ${name}, which is being deleted${delayedBy(object)},`;
}

/** Message about an object that was created for a deleted resource of the same name, and that the garbage collector removes. */
export const leftoverText = (object: KubeObject, resource: KubeObject): string =>
  `${object.kind} ${object.metadata.name} of a deleted ${resource.kind} of this name is being removed${delayedBy(object)}`;
