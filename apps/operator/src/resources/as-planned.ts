import type { KubeObject } from '../controller/types.ts';

/**
 * A resource as its plan was made from it, with the status that it has by now.
 *
 * While a reconcile waited for the API server or a store, the resource may have been edited. The status must not carry the
 * generation of that edit: whoever waits for it would take the outcome of the older spec for the answer.
 */
export function asPlanned<T extends KubeObject & { readonly status?: unknown }>(planned: T, latest: T | undefined): T {
  if (latest === undefined || latest.metadata.uid !== planned.metadata.uid) return planned;
  if (latest.metadata.generation === planned.metadata.generation) return latest;
  return { ...planned, status: latest.status };
}
