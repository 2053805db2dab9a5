import { ApiError } from './errors.ts';
import { controllerOf, isNamedAlike, otherController } from './other-controller.ts';
import type { Desired, KubeObject, ResourceType } from './types.ts';

/**
 * An apply is forced: it would take an object that was made for another resource from it, which would then take it back.
 *
 * @throws ApiError 409 when another resource controls `observed`.
 */
export function assertNotForeign<T extends KubeObject>(desired: Desired<T>, observed: T | undefined): void {
  const owner = observed && otherController(observed, desired);
  if (owner === undefined) return;
  const wanted = controllerOf(desired);
  const message =
    wanted !== undefined && isNamedAlike(owner, wanted)
      ? `${observed?.kind} ${desired.metadata.name} was made for a deleted ${owner.kind} ${owner.name}, and is about to be removed: it is made again after that`
      : `${observed?.kind} ${desired.metadata.name} belongs to ${owner.kind} ${owner.name}: it is left as it is; delete or rename one of the two resources`;
  throw new ApiError(message, { code: 409, reason: 'AlreadyExists' });
}

/** Whether an apply would make the object depend on a resource that it does not depend on now: it would be deleted with it. */
export function becomesControlled<T extends KubeObject>(desired: Desired<T>, observed: T): boolean {
  const wanted = controllerOf(desired);
  return wanted !== undefined && controllerOf(observed)?.uid !== wanted.uid;
}

/** Says that an object has the name of one that is desired, and is a user's as far as can be seen. */
export const madeByOthers = ({ kind }: ResourceType, name: string): ApiError =>
  new ApiError(
    `${kind} ${name} exists and was not made by this operator: it is left as it is; delete it, or give one of the two another name`,
    {
      code: 409,
      reason: 'AlreadyExists',
    },
  );
