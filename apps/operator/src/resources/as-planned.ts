import type { KubeObject } from '../controller/objects/kube-object.ts';

/**
 * The resource that the plan was made from, with its current status.
 *
 * The resource may have been edited while a reconcile waited for the API server or a store. The status must not carry the generation of
 * that edit: a client that waits for it would take the outcome of the older spec for that of the edit.
 */
export function asPlanned<T extends KubeObject & { readonly status?: unknown }>(planned: T, latest: T | undefined): T {
  if (latest === undefined || latest.metadata.uid !== planned.metadata.uid) return planned;
  if (latest.metadata.generation === planned.metadata.generation) return latest;
  return { ...planned, status: latest.status };
}
