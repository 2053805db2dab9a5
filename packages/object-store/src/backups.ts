import {
  archiveKey,
  backupPrefix,
  formerBackupPrefix,
  parsedBackupKey,
  recordKey,
  type BackupCompression,
  type BackupOwner,
  type BackupRecordKind,
} from '@eeveebot/contract';
import { sidecarSummary, type SidecarSummary } from './sidecar-summary.ts';
import { StoreError } from './store-error.ts';
import type { StoreErrorKind } from './store-failures.ts';
import { LARGEST_TEXT_BYTES, type Store, type StoredObject } from './store.ts';

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
  /** The time that backups are ordered by: `startedAt`, or LastModified without a usable sidecar. */
  readonly takenAt: Date;
  /** Whether its last verification succeeded. */
  readonly verified: boolean;
  /** Whether its last verification found it damaged. */
  readonly failed: boolean;
  /** Whether retention must not remove it. */
  readonly held: boolean;
}

/** A record whose archive is gone. */
export interface OrphanRecord extends StoredObject {
  readonly id: string;
  readonly kind: BackupRecordKind;
}

/** Everything that the backup tool keeps for a module. */
export interface BackupListing {
  /** The newest first. */
  readonly backups: readonly StoredBackup[];
  /** Records at today's location whose archive is gone. */
  readonly orphans: readonly OrphanRecord[];
  /** Set when the credentials may not read sidecars: then the times of backups are not known. */
  readonly denial: StoreError | undefined;
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

/**
 * All backups of a module, the newest first, and what is left of those whose archive is gone. Reads the sidecar of each, which the
 * store's cache remembers.
 *
 * The location of releases before 3.0 is read only while today's holds no archive: `<prefix><namespace>/` without a slash between
 * them can be the location of another store's module.
 *
 * @throws StoreError
 */
export async function backupListing(store: Store, owner: BackupOwner, signal?: AbortSignal): Promise<BackupListing> {
  const { prefix } = store.location;
  const [today, former] = [backupPrefix(prefix, owner), formerBackupPrefix(prefix, owner)];
  const listing = await listingOf(store, { beginning: today, isFormer: false }, signal);
  if (listing.backups.length > 0 || former === today) return listing;
  return { ...listing, backups: await formerBackups(store, former, signal) };
}

/**
 * All backups of a module, the newest first: see {@link backupListing}.
 *
 * @throws StoreError
 * @example
 * const [newest] = await listBackups(store, { namespace: 'chat', moduleName: 'seen' });
 */
export async function listBackups(store: Store, owner: BackupOwner, signal?: AbortSignal): Promise<readonly StoredBackup[]> {
  return (await backupListing(store, owner, signal)).backups;
}

/**
 * A backup of today's location as it is now; undefined when its archive is gone.
 *
 * @throws StoreError
 */
export async function relistedBackup(
  store: Store,
  { beginning, id }: Pick<StoredBackup, 'beginning' | 'id'>,
  signal?: AbortSignal,
): Promise<StoredBackup | undefined> {
  return (await listingOf(store, { beginning, isFormer: false, id }, signal)).backups[0];
}

/**
 * The backup with this id; undefined only when the store answered that there is none. Credentials that may not list the bucket are
 * enough to find it.
 *
 * @throws StoreError
 */
export async function backupById(store: Store, owner: BackupOwner, id: string, signal?: AbortSignal): Promise<StoredBackup | undefined> {
  const { prefix } = store.location;
  const [today, former] = [backupPrefix(prefix, owner), formerBackupPrefix(prefix, owner)];
  try {
    const { backups } = await listingOf(store, { beginning: today, isFormer: false, id }, signal);
    if (backups[0] !== undefined || former === today) return backups[0];
    if (await holdsArchives(store, today, signal)) return undefined;
    return (await formerBackups(store, former, signal, id))[0];
  } catch (error) {
    if (!isDenied(error)) throw error;
    return await backupWithoutListing(store, [...new Set([today, former])], id, { denial: error, signal });
  }
}

/** A policy may be limited to today's location: then there is nothing to read at the former one. */
async function formerBackups(store: Store, former: string, signal: AbortSignal | undefined, id?: string): Promise<readonly StoredBackup[]> {
  try {
    return (await listingOf(store, { beginning: former, isFormer: true, ...(id === undefined ? {} : { id }) }, signal)).backups;
  } catch (error) {
    if (isDenied(error)) return [];
    throw error;
  }
}

async function holdsArchives(store: Store, beginning: string, signal: AbortSignal | undefined): Promise<boolean> {
  for await (const { key } of store.list(beginning, signal === undefined ? {} : { signal })) {
    if (parsedBackupKey(key, beginning)?.kind === 'archive') return true;
  }
  return false;
}

interface Place {
  readonly beginning: string;
  readonly isFormer: boolean;
  /** Of the only backup to look for. */
  readonly id?: string;
}

async function listingOf(store: Store, place: Place, signal: AbortSignal | undefined): Promise<BackupListing> {
  const { beginning, id: wanted = '' } = place;
  const archives: { readonly object: StoredObject; readonly id: string; readonly compression: BackupCompression }[] = [];
  const records = new Map<string, Map<BackupRecordKind, StoredObject>>();
  for await (const object of store.list(`${beginning}${wanted}`, signal === undefined ? {} : { signal })) {
    const parsed = parsedBackupKey(object.key, beginning);
    if (parsed === undefined) continue;
    const { id } = parsed;
    if (parsed.kind === 'archive') archives.push({ object, id, compression: parsed.compression });
    else records.set(id, (records.get(id) ?? new Map<BackupRecordKind, StoredObject>()).set(parsed.kind, object));
  }
  const reader = new SidecarReader(store, signal);
  const backups = await inParallel(archives, async ({ object, id, compression }) => {
    const beside = records.get(id) ?? new Map<BackupRecordKind, StoredObject>();
    return storedBackup(object, { id, compression, place, beside, sidecar: await reader.read(beside.get('sidecar')) });
  });
  const ids = new Set(archives.map(({ id }) => id));
  const orphans = [...records]
    .filter(([id]) => !ids.has(id))
    .flatMap(([id, beside]) => [...beside].map(([kind, object]) => ({ ...object, id, kind })));
  return { backups: backups.toSorted(newestFirst), orphans, denial: reader.denial };
}

/** Result of reading a sidecar. */
type SidecarReading = Pick<StoredBackup, 'sidecar' | 'sidecarProblem'>;

const NO_SIDECAR: SidecarReading = { sidecar: undefined, sidecarProblem: undefined };

function storedBackup(
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
    takenAt: sidecar?.startedAt ?? object.lastModified,
    verified: verified !== undefined && !isFailed,
    failed: isFailed,
    held: beside.has('hold'),
  };
}

/** Reads sidecars of a listing. Once one is denied the others are not asked for: credentials that may only list stay usable. */
class SidecarReader {
  readonly #store: Store;
  readonly #signal: AbortSignal | undefined;
  denial: StoreError | undefined;

  constructor(store: Store, signal: AbortSignal | undefined) {
    this.#store = store;
    this.#signal = signal;
  }

  async read(object: StoredObject | undefined): Promise<SidecarReading> {
    if (object === undefined) return NO_SIDECAR;
    const { endpoint, bucket } = this.#store.location;
    const version = [endpoint, bucket, object.key, object.etag ?? '', object.lastModified.getTime(), object.sizeBytes].join(' ');
    const cached = this.#store.sidecars.get(version);
    if (cached !== undefined) return { sidecar: cached, sidecarProblem: undefined };
    if (object.sizeBytes > LARGEST_TEXT_BYTES) return { sidecar: undefined, sidecarProblem: `its sidecar has ${object.sizeBytes} bytes` };
    if (this.denial !== undefined) return unreadable(this.denial);
    return this.#load(object.key, version);
  }

  async #load(key: string, version: string): Promise<SidecarReading> {
    try {
      const text = await this.#store.text(key, this.#signal);
      if (text === undefined) return { sidecar: undefined, sidecarProblem: 'its sidecar was removed while the backups were listed' };
      const summary = sidecarSummary(text);
      if (typeof summary === 'string') return { sidecar: undefined, sidecarProblem: `its sidecar ${summary}` };
      this.#store.sidecars.set(version, summary);
      return { sidecar: summary, sidecarProblem: undefined };
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (error.kind === 'denied') this.denial = error;
      else if (!OF_ONE_OBJECT.has(error.kind)) throw error;
      return unreadable(error);
    }
  }
}

/** Kinds of errors that concern the object that was asked for: the others can still be read. */
const OF_ONE_OBJECT: ReadonlySet<StoreErrorKind> = new Set(['rejected', 'archived', 'unsupported']);

const unreadable = ({ message }: StoreError): SidecarReading => ({
  sidecar: undefined,
  sidecarProblem: `its sidecar could not be read: ${message}`,
});

/**
 * Looks for a backup by asking for its objects. Without the right to list, S3 answers 403 for an object that does not exist, so a
 * denial may mean absence; only when nothing else was answered is it reported.
 */
async function backupWithoutListing(
  store: Store,
  beginnings: readonly string[],
  id: string,
  { denial, signal }: { readonly denial: StoreError; readonly signal: AbortSignal | undefined },
): Promise<StoredBackup | undefined> {
  let isAnswered = false;
  for (const [index, beginning] of beginnings.entries()) {
    for (const compression of ['gzip', 'zstd'] as const) {
      const head = await headUnlessDenied(store, archiveKey(beginning, id, compression), signal);
      if (head instanceof StoreError) continue;
      isAnswered = true;
      if (head !== undefined)
        return await describedBackup(store, head, { id, compression, place: { beginning, isFormer: index > 0 }, signal });
    }
  }
  if (!isAnswered) throw denial;
  return undefined;
}

async function describedBackup(
  store: Store,
  object: StoredObject,
  given: { readonly id: string; readonly compression: BackupCompression; readonly place: Place; readonly signal: AbortSignal | undefined },
): Promise<StoredBackup> {
  const { id, compression, place, signal } = given;
  const beside = new Map<BackupRecordKind, StoredObject>();
  for (const kind of ['sidecar', 'verified', 'failed', 'hold'] as const) {
    const head = await headUnlessDenied(store, recordKey(place.beginning, id, kind), signal);
    if (head !== undefined && !(head instanceof StoreError)) beside.set(kind, head);
  }
  const sidecar = await new SidecarReader(store, signal).read(beside.get('sidecar'));
  return storedBackup(object, { id, compression, place, beside, sidecar });
}

async function headUnlessDenied(
  store: Store,
  key: string,
  signal: AbortSignal | undefined,
): Promise<StoredObject | StoreError | undefined> {
  try {
    return await store.head(key, signal);
  } catch (error) {
    if (isDenied(error)) return error;
    throw error;
  }
}

const isDenied = (error: unknown): error is StoreError => error instanceof StoreError && error.kind === 'denied';

/** Sidecars that are read at once: as many as a store has connections. */
const AT_ONCE = 8;

async function inParallel<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<readonly Result[]> {
  const results: Result[] = [];
  const entries = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of entries) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
  return results;
}
