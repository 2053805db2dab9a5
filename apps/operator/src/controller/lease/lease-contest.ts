import { isNewerVersion } from '../objects/resource-version.ts';
import { isAskedForBy } from './lease-claim.ts';
import { holderOf, type Lease } from './lease-object.ts';

/** Calls back with the current lease and with each change; `undefined` when it is deleted. @returns function that stops it. */
export type LeaseChanges = (listener: (lease: Lease | undefined) => void) => () => void;

/**
 * Resolves when another process asks for a lease that `identity` holds (`asked`) or has taken it (`lost`), or when `signal` is aborted.
 *
 * @param given.version resourceVersion at which the lease was last known to be held: older versions are ignored.
 */
export async function contested(
  changes: LeaseChanges,
  given: { readonly identity: string; readonly version: string | undefined; readonly signal: AbortSignal },
): Promise<'asked' | 'lost'> {
  const { identity, version, signal } = given;
  const { promise, resolve } = Promise.withResolvers<'asked' | 'lost'>();
  const unsubscribe = changes((lease) => {
    // The lease was deleted: the next renewal creates it again.
    if (lease === undefined) return resolve('asked');
    if (!isNewerVersion(lease.metadata.resourceVersion, version)) return;
    if (holderOf(lease) !== identity) resolve('lost');
    else if (!isAskedForBy(lease, identity)) resolve('asked');
  });
  const stop = () => resolve('asked');
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  const outcome = await promise;
  signal.removeEventListener('abort', stop);
  unsubscribe();
  return outcome;
}
