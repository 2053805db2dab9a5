import { recordKey, type BackupCompression, type BackupRecordKind } from '@eeveebot/contract';
import type { SidecarReading } from './sidecar-reader.ts';
import type { SidecarSummary } from './sidecar-summary.ts';
import type { StoredObject } from '../s3/store-types.ts';

/** An archive in a store, and the records beside it. */
export interface StoredBackup extends StoredObject {
  readonly id: string;
  readonly compression: BackupCompression;
  /** What its keys begin with. */
  readonly beginning: string;
  /** Whether it is at the location of releases before 3.0, which is read but never written. */
  readonly isFormer: boolean;
  /** Key of its sidecar, whether or not there is one. */
  readonly sidecarKey: string;
  /** Records that are beside it. */
  readonly records: readonly BackupRecordKind[];
  /** Whether there is a sidecar: it is written last, so an archive without one may not be complete. */
  readonly hasSidecar: boolean;
  /** Undefined when there is no sidecar, or when it cannot be used: then {@link sidecarProblem} says why. */
  readonly sidecar: SidecarSummary | undefined;
  /** Why the sidecar cannot be used, in words that follow the backup's name: "its sidecar is not JSON". */
  readonly sidecarProblem: string | undefined;
  /** When the backup was begun, by its sidecar. */
  readonly startedAt: Date | undefined;
  /** The time that backups are ordered by: `startedAt`, or LastModified where there is no usable one. */
  readonly takenAt: Date;
  /** Whether its last verification succeeded. */
  readonly verified: boolean;
  /** Whether its last verification found it damaged. */
  readonly failed: boolean;
  /** Whether retention must not remove it. */
  readonly held: boolean;
}

/** Whether a backup is known to be complete: it has a sidecar, and the archive has the size that the sidecar names. */
export const isComplete = ({ sidecar, sizeBytes }: Pick<StoredBackup, 'sidecar' | 'sizeBytes'>): boolean =>
  sidecar !== undefined && sidecar.sizeBytes === sizeBytes;

/**
 * Orders backups, the newest first, by the time they were begun. LastModified decides only between equal times: after a copy of the
 * bucket it is the time of the copy. The id makes the order stable.
 */
export const newestFirst = (
  a: Pick<StoredBackup, 'takenAt' | 'lastModified' | 'id'>,
  b: Pick<StoredBackup, 'takenAt' | 'lastModified' | 'id'>,
): number =>
  b.takenAt.getTime() - a.takenAt.getTime() ||
  b.lastModified.getTime() - a.lastModified.getTime() ||
  Number(a.id < b.id) - Number(a.id > b.id);

/** Clocks of machines and stores differ by minutes: requests are refused otherwise. */
const MOST_CLOCK_SKEW_MS = 24 * 3_600_000;

/**
 * A backup cannot have been begun after it was stored. One that says so comes from a machine whose clock was ahead, and would be the
 * newest of all for years.
 */
function takenAt({ lastModified }: Pick<StoredObject, 'lastModified'>, sidecar: SidecarSummary | undefined): Date {
  if (sidecar === undefined) return lastModified;
  const { startedAt } = sidecar;
  const isKnown = lastModified.getTime() > 0;
  return isKnown && startedAt.getTime() - lastModified.getTime() > MOST_CLOCK_SKEW_MS ? lastModified : startedAt;
}

/** Where to look for backups. */
export interface Place {
  readonly beginning: string;
  readonly isFormer: boolean;
  /** Of the only backup to look for. */
  readonly id?: string;
}

/** A backup from the archive and the records that were found beside it. */
export function storedBackup(
  object: StoredObject,
  given: {
    readonly id: string;
    readonly compression: BackupCompression;
    readonly place: Place;
    readonly beside: ReadonlyMap<BackupRecordKind, Pick<StoredObject, 'lastModified'>>;
    readonly sidecar: SidecarReading;
  },
): StoredBackup {
  const { id, compression, place, beside, sidecar: reading } = given;
  const { sidecar } = reading;
  const verified = beside.get('verified')?.lastModified.getTime();
  const failed = beside.get('failed')?.lastModified.getTime();
  // Writing one removes the other. Where that was interrupted, the later one counts, and with equal times the failure.
  const isFailed = failed !== undefined && (verified === undefined || failed >= verified);
  return {
    ...object,
    id,
    compression,
    beginning: place.beginning,
    isFormer: place.isFormer,
    sidecarKey: recordKey(place.beginning, id, 'sidecar'),
    records: [...beside.keys()],
    hasSidecar: beside.has('sidecar'),
    ...reading,
    startedAt: sidecar?.startedAt,
    takenAt: takenAt(object, sidecar),
    verified: verified !== undefined && !isFailed,
    failed: isFailed,
    held: beside.has('hold'),
  };
}
