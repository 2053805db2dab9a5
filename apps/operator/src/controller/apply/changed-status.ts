import { withBoundedMessages } from '../message.ts';
import { mergePatch } from './merge-patch.ts';

/** `stated` with bounded messages, and the patch for it; `undefined` if it is the same as `before`. */
export function changedStatus<S extends object>(before: object, stated: S): { readonly status: S; readonly patch: object } | undefined {
  // Most reconciles state what the resource has, so this is compared first.
  const statedPatch = mergePatch(before, stated);
  if (statedPatch === undefined) return undefined;
  const status = withBoundedMessages(stated);
  const patch = status === stated ? statedPatch : mergePatch(before, status);
  return patch && { status, patch };
}
