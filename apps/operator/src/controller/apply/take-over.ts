import type { Client } from '../api/client.ts';
import { isConflict } from '../errors.ts';
import type { Desired } from '../objects/desired.ts';
import { isOnlyCreated } from '../objects/field-ownership.ts';
import type { KubeObject } from '../objects/kube-object.ts';
import type { ObjectKey } from '../objects/object-key.ts';
import type { ResourceType } from '../objects/resource-type.ts';
import { isAdoptable, takeoverPatch } from './adoption.ts';
import { markOf } from './difference.ts';
import { becomesControlled, madeByOthers } from './foreign-object.ts';

interface Requests {
  readonly client: Client;
  readonly signal: AbortSignal;
}

/**
 * Makes fields that a former release or a create request has set fields of the operator's apply.
 *
 * @returns whether a former release had set fields of the object. The operator now owns them.
 */
export async function takeOver<T extends KubeObject>(
  type: ResourceType<T>,
  { desired, observed }: { readonly desired: Desired<T>; readonly observed: T },
  requests: Requests,
): Promise<boolean> {
  // An object that still has its mark was already taken over: a manager of the old name is now another client.
  const isMarked = markOf(observed) !== undefined;
  const withFormer = type.takenOverWhole === true && !isMarked;
  const isFound = !isMarked && becomesControlled(desired, observed);
  if (!withFormer && !isFound && !isOnlyCreated(observed.metadata)) return false;
  const { namespace = '', name } = observed.metadata;
  const patchOf = (current: T): object | undefined => {
    if (isFound && !isAdoptable(current)) throw madeByOthers(type, name);
    return takeoverPatch(current, { withFormer });
  };
  const wasPatched = await patchLatest(type, { key: { namespace, name }, patchOf }, requests);
  return wasPatched && withFormer;
}

/** Patches the current object, and again after another client has changed it. @returns false if it is gone or needs no patch. */
async function patchLatest<T extends KubeObject>(
  type: ResourceType<T>,
  { key, patchOf }: { readonly key: ObjectKey; readonly patchOf: (current: T) => object | undefined },
  { client, signal }: Requests,
): Promise<boolean> {
  for (;;) {
    const current = await client.get(type, key, { signal });
    const patch = current && patchOf(current);
    if (patch === undefined) return false;
    try {
      await client.patch(type, key, patch, { signal });
      return true;
    } catch (error) {
      // Most often, the object's own controller has written its status in the meantime.
      if (!isConflict(error)) throw error;
    }
  }
}
