import type { S3Store } from '@eeveebot/crds';
import { readyOf } from '../controller/objects/status.ts';

/** Why the store of a spec cannot be used. */
export interface StoreObstacle {
  /** `Pending`: it has just been created and has no Ready condition yet. */
  readonly reason: 'S3StoreNotFound' | 'S3StoreNotReady' | 'Pending';
  readonly message: string;
}

/**
 * The S3Store that a resource names if it can be used, otherwise the reason why not.
 *
 * @param named the field that names it, and its value.
 */
export function usableStore(
  store: S3Store | undefined,
  named: { readonly field: string; readonly name: string; readonly namespace: string },
): S3Store | StoreObstacle {
  const { field, name, namespace } = named;
  if (store === undefined) {
    return {
      reason: 'S3StoreNotFound',
      message: `${field} is ${name}, but there is no such S3Store in namespace ${namespace}: create it or correct the name`,
    };
  }
  const ready = readyOf(store.status);
  if (ready?.status === 'True') return store;
  if (ready === undefined) return { reason: 'Pending', message: `S3Store ${name} has not been tested yet` };
  return { reason: 'S3StoreNotReady', message: `S3Store ${name} is not ready: ${ready.message}` };
}
