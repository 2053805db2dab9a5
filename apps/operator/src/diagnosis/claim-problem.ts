import type { CoreEvent, PersistentVolumeClaim } from '../resource-types/kubernetes.ts';

/** Event reasons that explain why a claim has no volume. Other reasons only report that it waits for its pod. */
const TELLING: ReadonlySet<string> = new Set(['ProvisioningFailed', 'FailedBinding', 'ExternalProvisioning', 'VolumeMismatch']);

/** Maximum length of a quotation of a provisioner. */
const QUOTE_LIMIT = 500;

/**
 * Why `claim` has no volume, as a message for users; `undefined` if it has one, or if it waits for a pod that uses it.
 *
 * @param events about the claim, oldest first.
 */
export function claimProblem({ metadata, spec, status }: PersistentVolumeClaim, events: readonly CoreEvent[]): string | undefined {
  const name = `volume claim ${metadata.name}`;
  if (status?.phase === 'Bound') return undefined;
  if (status?.phase === 'Lost') return `${name} has lost its volume ${spec?.volumeName ?? ''}: the data may be gone`;
  const last = events.at(-1);
  if (last?.reason === 'WaitForFirstConsumer' || last?.reason === 'WaitForPodScheduled') return undefined;
  const told = events.findLast(({ reason }) => reason !== undefined && TELLING.has(reason));
  if (told !== undefined) return `${name} has no volume: ${(told.message ?? told.reason ?? '').slice(0, QUOTE_LIMIT)}`;
  if (spec?.volumeName !== undefined) return `${name} waits for volume ${spec.volumeName}`;
  return spec?.storageClassName === undefined
    ? `${name} has no volume: it names no StorageClass, and the cluster has no default one; set spec.persistentVolumeClaim.storageClassName`
    : undefined;
}
