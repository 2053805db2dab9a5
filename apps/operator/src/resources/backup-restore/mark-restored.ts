import { ANNOTATION } from '@eeveebot/contract';
import { isLive, isTerminating } from '../../backup-jobs/claim-marks.ts';
import type { ReconcileContext } from '../../controller/run/definition.ts';
import { PERSISTENT_VOLUME_CLAIM } from '../../resource-types/kubernetes.ts';
import type { ObservedRestore } from './observe.ts';

/**
 * The data on the volume now belongs to the module: a later bootstrap must not overwrite it. Marks only the claim that was restored into.
 */
export async function markRestored({ volumeClaim, job }: ObservedRestore, { writer, signal }: ReconcileContext): Promise<void> {
  if (volumeClaim === undefined || isLive(volumeClaim) || isTerminating(volumeClaim)) return;
  const { namespace = '', name, uid } = volumeClaim.metadata;
  if ((job?.metadata.annotations?.[ANNOTATION.claimUid] ?? uid) !== uid) return;
  const annotations = { [ANNOTATION.bootstrapped]: 'true', [ANNOTATION.bootstrappedClaim]: uid };
  await writer.patch(PERSISTENT_VOLUME_CLAIM, { namespace, name }, { metadata: { uid, annotations } }, signal);
}
