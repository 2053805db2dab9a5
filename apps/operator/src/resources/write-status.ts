import { ApiError, isForbidden, isInvalid } from '../controller/errors.ts';
import type { KubeObject } from '../controller/objects/kube-object.ts';
import type { ResourceType } from '../controller/objects/resource-type.ts';
import type { ReconcileContext } from '../controller/run/definition.ts';

/**
 * Writes the status of a resource. If the API server refuses that, an event says so: users would otherwise take the former status for the
 * current one.
 *
 * @throws ApiError when it is refused, so that the reconcile is retried.
 */
export async function writeStatus<T extends KubeObject & { readonly status?: unknown }>(
  type: ResourceType<T>,
  { resource, status }: { readonly resource: T; readonly status: NonNullable<T['status']> },
  { writer, events, signal }: Pick<ReconcileContext, 'writer' | 'events' | 'signal'>,
): Promise<void> {
  try {
    await writer.writeStatus(type, resource, status, signal);
  } catch (error) {
    if (!signal.aborted && error instanceof ApiError && (isForbidden(error) || isInvalid(error))) {
      const message = `the API server rejects the status, which therefore shows a former state; retrying: ${error.message}`;
      events.record(resource, { type: 'Warning', reason: 'StatusNotWritten', message });
    }
    throw error;
  }
}
