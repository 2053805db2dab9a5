import type { CoreEvent, PersistentVolumeClaim } from '../resource-types/kubernetes.ts';

/** Event reasons that explain why a claim has no volume. Other reasons only report that it waits for its pod. */
const TELLING: ReadonlySet<string> = new Set(['ProvisioningFailed', 'FailedBinding', 'ExternalProvisioning', 'VolumeMismatch']);

/** Event reasons of a claim whose volume is only made once a pod uses it. */
const WAITS_FOR_POD: ReadonlySet<string | undefined> = new Set(['WaitForFirstConsumer', 'WaitForPodScheduled']);

/** Maximum length of a quotation of a provisioner. */
const QUOTE_LIMIT = 500;

/**
 * Why `claim` has no volume, as a message for users; `undefined` if it has one, or if it waits for a pod that uses it.
 *
 * @param events about the claim, oldest first.
 */
export function claimProblem(claim: PersistentVolumeClaim, events: readonly CoreEvent[]): string | undefined {
  const { metadata, spec, status } = claim;
  if (status?.phase === 'Bound') return undefined;
  if (status?.phase === 'Lost') return `volume claim ${metadata.name} has lost its volume ${spec?.volumeName ?? ''}: the data may be gone`;
  return unboundProblem(claim, events);
}

function unboundProblem({ metadata, spec }: PersistentVolumeClaim, events: readonly CoreEvent[]): string | undefined {
  const name = `volume claim ${metadata.name}`;
  if (WAITS_FOR_POD.has(events.at(-1)?.reason)) return undefined;
  const cause = reportedCause(events);
  if (cause !== undefined) return `${name} has no volume: ${cause.slice(0, QUOTE_LIMIT)}`;
  if (spec?.volumeName !== undefined) return `${name} waits for volume ${spec.volumeName}`;
  return spec?.storageClassName === undefined
    ? `${name} has no volume: it has no StorageClass, and the cluster has no default StorageClass; set spec.persistentVolumeClaim.storageClassName`
    : undefined;
}

/** Why the provisioner or the volume controller has not bound the claim. */
function reportedCause(events: readonly CoreEvent[]): string | undefined {
  const telling = events.findLast(({ reason }) => reason !== undefined && TELLING.has(reason));
  return telling && (telling.message ?? telling.reason ?? '');
}
