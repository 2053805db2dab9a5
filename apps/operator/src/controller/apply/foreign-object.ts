import { ApiError } from '../errors.ts';
import { delayedBy } from '../objects/deletion.ts';
import type { Desired } from '../objects/desired.ts';
import type { KubeObject } from '../objects/kube-object.ts';
import { controllerOf, isNamedAlike, otherController } from '../objects/owners.ts';
import type { ResourceType } from '../objects/resource-type.ts';

/**
 * An apply is forced: it would take an object away from the resource that it was made for, which would then take it back.
 *
 * @throws ApiError 409 when another resource controls `observed`.
 */
export function assertNotForeign<T extends KubeObject>(desired: Desired<T>, observed: T | undefined): void {
  if (observed === undefined) return;
  const owner = otherController(observed, desired);
  if (owner === undefined) return;
  const wanted = controllerOf(desired);
  const message =
    wanted !== undefined && isNamedAlike(owner, wanted)
      ? `${observed.kind} ${desired.metadata.name} was created for the deleted ${owner.kind} ${owner.name} and is about to be removed${delayedBy(observed)}: it is created again after that`
      : `${observed.kind} ${desired.metadata.name} belongs to ${owner.kind} ${owner.name}: it is not changed; delete or rename one of the two resources`;
  throw new ApiError(message, { code: 409, reason: 'AlreadyExists' });
}

/** Whether an apply would add an owner that the object does not have now, so that the object would be deleted with that owner. */
export function becomesControlled<T extends KubeObject>(desired: Desired<T>, observed: T): boolean {
  const wanted = controllerOf(desired);
  return wanted !== undefined && controllerOf(observed)?.uid !== wanted.uid;
}

/** Error for an object that has the name of a desired one but apparently belongs to a user. */
export const madeByOthers = ({ kind }: ResourceType, name: string): ApiError =>
  new ApiError(`${kind} ${name} exists and was not created by this operator: it is not changed; delete it, or rename one of the two`, {
    code: 409,
    reason: 'AlreadyExists',
  });
