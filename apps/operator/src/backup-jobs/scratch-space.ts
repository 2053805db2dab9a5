import { defined } from '@eeveebot/contract';
import type { Quantity } from '@eeveebot/crds';
import type { Volume } from '../resource-types/kubernetes.ts';

/** A volume that exists only as long as its pod. */
export interface ScratchSpace {
  readonly size: Quantity;
  readonly storageClassName?: string | undefined;
}

const GIBIBYTE = 2 ** 30;

/** Room for directories, partially filled blocks and the journal of the file system, in bytes. */
const OVERHEAD_BYTES = 2 ** 28;

/**
 * Size of a volume into which an unpacked backup fits, in whole GiB, so that the next backup, which is slightly
 * larger, rarely needs another size.
 *
 * @param unpackedBytes space that the files of the last backup take, without holes; undefined if unknown.
 * @example
 * scratchSize(10 * 2 ** 30); // '13Gi'
 */
export const scratchSize = (unpackedBytes: number | undefined): string =>
  `${Math.max(1, Math.ceil(((unpackedBytes ?? 0) * 1.2 + OVERHEAD_BYTES) / GIBIBYTE))}Gi`;

/**
 * A pod's volume `name` of that size.
 *
 * @param labels of the volume claim, which Kubernetes creates with the pod and deletes with it.
 * @see https://kubernetes.io/docs/concepts/storage/ephemeral-volumes/#generic-ephemeral-volumes
 */
export const scratchVolume = (
  name: string,
  { size, storageClassName }: ScratchSpace,
  labels: Readonly<Record<string, string>>,
): Volume => ({
  name,
  ephemeral: {
    volumeClaimTemplate: {
      metadata: { labels },
      spec: {
        accessModes: ['ReadWriteOnce'],
        ...defined({ storageClassName }),
        resources: { requests: { storage: size } },
      },
    },
  },
});
