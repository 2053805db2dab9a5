import { ANNOTATION } from '@eeveebot/contract';
import type { PersistentVolumeClaim } from '../resource-types/kubernetes.ts';

/** Annotations that mark the data of a claim as live. */
export type ClaimMarks = Readonly<Record<string, string>>;

/**
 * Whether the data of a claim is live: restored before, or used by the module. A mark counts only on the claim on which it was
 * set: a claim that was created again from a manifest carries the mark of its predecessor but is empty. Marks of earlier releases
 * have no uid and always count.
 */
export function isLive(claim: PersistentVolumeClaim | undefined): boolean {
  if (claim === undefined || isTerminating(claim)) return false;
  return claim.metadata.annotations?.[ANNOTATION.bootstrapped] === 'true' && !isRecreated(claim);
}

/** Whether a claim carries the mark of a predecessor, which was deleted. */
export function isRecreated({ metadata: { uid, annotations = {} } }: PersistentVolumeClaim): boolean {
  const markedUid = annotations[ANNOTATION.bootstrappedClaim];
  return annotations[ANNOTATION.bootstrapped] === 'true' && markedUid !== undefined && markedUid !== uid;
}

/** Whether a claim is being deleted: it disappears with the last pod that uses it, and a new pod cannot mount it. */
export const isTerminating = ({ metadata }: PersistentVolumeClaim): boolean => metadata.deletionTimestamp !== undefined;

/**
 * Marks to apply to a claim. Valid marks are never removed: without them, a failed restore would be followed by a
 * bootstrap that overwrites live data.
 *
 * @param claim the observed claim; `undefined` when it is about to be created, with a uid that is not known yet.
 * @param given.live whether the module is about to run on it.
 * @param given.withUid whether to record the uid: needed only where a bootstrap could follow.
 */
export function claimMarks(
  claim: PersistentVolumeClaim | undefined,
  { live, withUid }: { readonly live: boolean; readonly withUid: boolean },
): ClaimMarks {
  if (!live && !isLive(claim)) return {};
  const uid = claim?.metadata.uid;
  const isRecorded = claim?.metadata.annotations?.[ANNOTATION.bootstrappedClaim] !== undefined;
  return {
    [ANNOTATION.bootstrapped]: 'true',
    ...(uid !== undefined && (withUid || isRecorded) ? { [ANNOTATION.bootstrappedClaim]: uid } : {}),
  };
}
