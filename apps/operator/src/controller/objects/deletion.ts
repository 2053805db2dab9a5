import type { KubeObject } from './kube-object.ts';

/**
 * Message about the first of these objects that is being deleted. Changes are not applied to such an object, which cannot be kept: they take
 * effect when it is created again, and a finalizer can delay that for an unlimited time.
 */
export function deletionText(objects: readonly (KubeObject | undefined)[]): string | undefined {
  const deleted = objects.find((object) => object?.metadata.deletionTimestamp !== undefined);
  if (deleted === undefined) return undefined;
  const { name, finalizers = [] } = deleted.metadata;
  const why = finalizers.length === 0 ? '' : ` (finalizers: ${finalizers.join(', ')})`;
  return `${deleted.kind} ${name} is being deleted${why}: it is created again after that`;
}
