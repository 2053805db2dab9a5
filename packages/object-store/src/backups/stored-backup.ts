import { recordKey, type BackupCompression, type BackupRecordKind } from '@eeveebot/contract';
import type { SidecarReading } from './sidecar-reader.ts';
import type { SidecarSummary } from '../sidecar-summary.ts';
import type { StoredObject } from '../s3/store-types.ts';

/** An archive in a store and its records. */
export interface StoredBackup extends StoredObject {
  readonly id: string;
  readonly compression: BackupCompression;
  /** Common prefix of its keys. */
  readonly beginning: string;
  /** Whether it is at the location of releases before 3.0, which is read-only. */
  readonly isFormer: boolean;
  /** Key of its sidecar, even if the sidecar does not exist. */
  readonly sidecarKey: string;
  /** Kinds of its existing records. */
  readonly records: readonly BackupRecordKind[];
  /** Whether the sidecar exists. It is written last, so an archive without one may be incomplete. */
  readonly hasSidecar: boolean;
  /** Undefined when the sidecar does not exist or cannot be used; {@link sidecarProblem} has the reason. */
  readonly sidecar: SidecarSummary | undefined;
  /** Why the sidecar cannot be used, as a clause such as "its sidecar is not JSON". */
  readonly sidecarProblem: string | undefined;
  /** Start of the backup, from its sidecar. */
  readonly startedAt: Date | undefined;
  /** Sort key of backups: `startedAt` if usable, otherwise LastModified. */
  readonly takenAt: Date;
  /** Whether the last verification of the backup succeeded. */
  readonly verified: boolean;
  /** Whether its last verification failed. */
  readonly failed: boolean;
  /** Whether a user protected it from retention. */
  readonly held: boolean;
  /** Whether it is protected from retention because a restore in place of it has begun and was not finished. */
  readonly restoring: boolean;
}

/** Whether a backup is known to be complete: its sidecar states the size that the archive has. */
export const isComplete = ({ sidecar, sizeBytes }: Pick<StoredBackup, 'sidecar' | 'sizeBytes'>): boolean =>
  sidecar !== undefined && sidecar.sizeBytes === sizeBytes;

/**
 * Orders backups by start time, newest first. LastModified only breaks ties, because copying a bucket sets it to the time of the copy. The
 * id makes the order stable.
 */
export const newestFirst = (
  a: Pick<StoredBackup, 'takenAt' | 'lastModified' | 'id'>,
  b: Pick<StoredBackup, 'takenAt' | 'lastModified' | 'id'>,
): number =>
  b.takenAt.getTime() - a.takenAt.getTime() ||
  b.lastModified.getTime() - a.lastModified.getTime() ||
  Number(a.id < b.id) - Number(a.id > b.id);

/** Clocks of machines and stores differ by minutes at most; stores reject requests otherwise. */
const MOST_CLOCK_SKEW_MS = 24 * 3_600_000;

/**
 * A backup cannot start after it was stored. A later start time comes from a machine whose clock was ahead, and would make the backup the
 * newest for years.
 */
function takenAt({ lastModified }: Pick<StoredObject, 'lastModified'>, sidecar: SidecarSummary | undefined): Date {
  if (sidecar === undefined) return lastModified;
  const { startedAt } = sidecar;
  const isKnown = lastModified.getTime() > 0;
  return isKnown && startedAt.getTime() - lastModified.getTime() > MOST_CLOCK_SKEW_MS ? lastModified : startedAt;
}

/** A location to search for backups. */
export interface Place {
  readonly beginning: string;
  readonly isFormer: boolean;
  /** Limits the search to the backup with this id. */
  readonly id?: string;
}

/** Combines an archive and its records into a backup. */
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
  // Writing one removes the other. If that was interrupted, the later record counts; with equal times, the failure.
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
    restoring: beside.has('restoring'),
  };
}
