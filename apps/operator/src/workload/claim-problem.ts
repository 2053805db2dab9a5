import type { CoreEvent, PersistentVolumeClaim } from '../kubernetes.ts';

/** What is said of a claim that does not get its volume. Others only tell that it waits for its pod. */
const TELLING: ReadonlySet<string> = new Set(['ProvisioningFailed', 'FailedBinding', 'ExternalProvisioning', 'VolumeMismatch']);

/** Longest quotation of a provisioner. */
const QUOTE_LIMIT = 500;

/**
 * Why `claim` has no volume, for a person; `undefined` when it has one, or when it waits for a pod that uses it.
 *
 * @param events about it, oldest first.
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
