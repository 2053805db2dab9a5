import { hash } from 'node:crypto';
import { ANNOTATION } from '@eeveebot/contract';
import { canonicalJson, equalJson } from '../json.ts';
import { appliedFields, isOnlyCreated, ownsAll } from '../objects/field-ownership.ts';
import type { FieldSet, KubeObject } from '../objects/kube-object.ts';

/** SHA-256 of an object's content as hexadecimal digits, independent of the order of its keys. */
export const contentChecksum = (desired: object): string => hash('sha256', canonicalJson(desired));

/** The mark that an apply left on an object. */
export const markOf = (object: KubeObject | undefined): string | undefined => object?.metadata.annotations?.[ANNOTATION.applied];

/**
 * Whether an apply changed nothing but the recorded owners of fields. The server counts changes of the content as generations, except for
 * those of metadata and of kinds without generations.
 */
export function hasSameContent({ metadata: before }: KubeObject, { metadata: after }: KubeObject): boolean {
  if (before.generation === undefined || before.generation !== after.generation) return false;
  return equalJson([before.labels, before.annotations, before.ownerReferences], [after.labels, after.annotations, after.ownerReferences]);
}

/** `desired` with the mark that records what was applied. */
export function marked<T extends { readonly metadata: { readonly annotations?: Readonly<Record<string, string>> } }>(
  desired: T,
  mark: string,
): T {
  const { metadata } = desired;
  return { ...desired, metadata: { ...metadata, annotations: { ...metadata.annotations, [ANNOTATION.applied]: mark } } };
}

/**
 * Whether applying `desired` would change `observed`. Needs neither a request nor the values.
 *
 * It would when something else was applied last (the mark differs because a field was changed or removed), and
 * when another client has changed or removed a field since (the operator no longer owns it). Both are stored on
 * the object, so a new process knows as much as the previous one.
 *
 * @param given.mark of `desired`.
 * @param given.settled the fields that the server granted to the last apply of this exact mark, if it did
 *   not grant all of them: repeating the apply would not change that.
 */
export function wouldChange(given: {
  readonly desired: { readonly metadata: object };
  readonly mark: string;
  readonly observed: KubeObject | undefined;
  readonly settled?: FieldSet | undefined;
}): boolean {
  const { desired, mark, observed, settled } = given;
  if (observed === undefined || markOf(observed) !== mark) return true;
  const fields = appliedFields(observed.metadata);
  if (fields === undefined) return true;
  if (ownsAll(fields, desired, { isOnlyCreated: isOnlyCreated(observed.metadata) })) return false;
  return settled === undefined || !equalJson(settled, fields);
}
