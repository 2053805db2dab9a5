import type { Clock } from '../clock.ts';
import { isNewerVersion } from '../objects/resource-version.ts';
import { isAskedForBy } from './lease-claim.ts';
import { holderOf, type Lease } from './lease-object.ts';

/** Changes of a lease, as a watch reports them. */
export interface LeaseChanges {
  /** Calls back with the current lease and with each change; `undefined` when it is deleted. @returns function that stops it. */
  onChange(listener: (lease: Lease | undefined) => void): () => void;
  /** Why the API server refuses the watch; `undefined` while it does not. */
  refusal(): string | undefined;
}

/** Whether no other process asks for a lease that `identity` holds, and a request would be seen. */
export const isUncontested = (changes: LeaseChanges, lease: Lease, identity: string): boolean =>
  changes.refusal() === undefined && isAskedForBy(lease, identity);

/** Interval between checks whether the watch is refused: with the deadline for a renewal, shorter than an unanswered request for the lease. */
const REFUSAL_CHECK_MS = 1_000;

/**
 * Resolves when another process asks for a lease that `identity` holds (`asked`) or has taken it (`lost`), or when `signal` is aborted. A
 * request that could not be seen counts as made.
 *
 * @param given.version resourceVersion at which the lease was last known to be held: older versions are ignored.
 */
export async function contested(
  changes: LeaseChanges,
  given: { readonly identity: string; readonly version: string | undefined; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<'asked' | 'lost'> {
  const { identity, version, clock, signal } = given;
  const { promise, resolve } = Promise.withResolvers<'asked' | 'lost'>();
  let cancelCheck = () => {};
  const check = () => {
    if (changes.refusal() !== undefined) resolve('asked');
    else cancelCheck = clock.schedule(REFUSAL_CHECK_MS, check);
  };
  check();
  const unsubscribe = changes.onChange((lease) => {
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
  cancelCheck();
  return outcome;
}
