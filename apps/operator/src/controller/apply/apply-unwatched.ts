import type { Client } from '../api/client.ts';
import type { Desired } from '../objects/desired.ts';
import type { KubeObject } from '../objects/kube-object.ts';
import type { ResourceType } from '../objects/resource-type.ts';
import { isAdoptable, takeoverPatch } from './adoption.ts';
import { assertNotForeign, becomesControlled, madeByOthers } from './foreign-object.ts';

/** @see Writer.applyUnwatched */
export async function applyUnwatched<T extends KubeObject>(
  type: ResourceType<T>,
  desired: Desired<T>,
  { client, signal }: { readonly client: Client; readonly signal: AbortSignal },
): Promise<T> {
  const { namespace, name } = desired.metadata;
  const current = await client.get(type, { namespace, name }, { signal });
  if (current === undefined) return client.create(type, desired, { signal });
  assertNotForeign(desired, current);
  if (becomesControlled(desired, current) && !isAdoptable(current)) throw madeByOthers(type, name);
  const patch = takeoverPatch(current, { withFormer: false });
  if (patch !== undefined) await client.patch(type, { namespace, name }, patch, { signal });
  const { uid } = current.metadata;
  return client.apply(type, { ...desired, metadata: { ...desired.metadata, uid } }, signal);
}
