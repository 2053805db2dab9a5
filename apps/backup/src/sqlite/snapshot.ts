import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { copyInSteps } from './copy-in-steps.ts';
import { runSql, SqlError, SQLITE_CODE } from './run-sql.ts';
import { copySettled, removeCopy } from './settled-copy.ts';

export { COMPANION_ENDINGS } from './settled-copy.ts';

/** First bytes of every SQLite database. @see https://www.sqlite.org/fileformat.html#magic_header_string */
const MAGIC = Buffer.from('SQLite format 3\0', 'latin1');

/** Bytes of a file that {@link isSqliteDatabase} wants to see. */
export const MAGIC_BYTES = MAGIC.length;

/** Bytes of a header that tell how the database is used; one that is shorter is none. */
export const HEADER_BYTES = 100;

/** Where a header says how the database is written and read. @see https://www.sqlite.org/fileformat.html#file_format_version_numbers */
const WRITE_VERSION_AT = 18;
const READ_VERSION_AT = 19;
/** With a write-ahead log. */
const VERSION_WAL = 2;

/** Copying less than this takes a few hundredths of a second. */
const SHORT_BYTES = 16 * 1024 * 1024;

/** Whether a file that begins like this is a SQLite database. */
export const isSqliteDatabase = (beginning: Buffer): boolean => beginning.subarray(0, MAGIC_BYTES).equals(MAGIC);

/** A database could not be copied as of one moment: it is damaged, encrypted, locked for long, or there is no room. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
}

/** Where a copy is put, and what for. */
export interface SnapshotOptions {
  readonly directory: string;
  /** First {@link HEADER_BYTES} of the database. */
  readonly header: Buffer;
  /** Of the database. */
  readonly sizeBytes: number;
  readonly signal: AbortSignal;
}

/**
 * Copies a SQLite database as of one moment, with every transaction committed before, and leaves nothing beside it.
 * Writers of other processes go on; the database's own folder may be read-only.
 *
 * One in use is copied by SQLite itself, which takes part in the writers' locking: a large one without a write-ahead log in steps, so
 * that writers need not wait until all of it has been read. One that nobody has open, or that a
 * writer left in the middle of a transaction, SQLite opens only where it may write: that one is copied as it lies there,
 * as long as nobody writes, and played back or forth in the copy.
 *
 * @returns path of the copy, which the caller removes.
 * @throws SnapshotError; the signal's reason.
 */
export async function sqliteSnapshot(database: Buffer, options: SnapshotOptions): Promise<string> {
  const copy = join(options.directory, `eevee-sqlite-${randomUUID()}`);
  let first: unknown;
  for (const way of waysToCopy(database, options)) {
    try {
      await way(database, copy, options);
      if (hasLog(options.header)) setLogMode(copy);
      return copy;
    } catch (error) {
      removeCopy(copy);
      options.signal.throwIfAborted();
      first ??= error;
      if (isDamage(error)) break;
    }
  }
  throw new SnapshotError(first instanceof Error ? first.message : String(first), { cause: first });
}

type Copying = (database: Buffer, copy: string, options: SnapshotOptions) => Promise<void>;

function waysToCopy(database: Buffer, { header, sizeBytes }: SnapshotOptions): readonly Copying[] {
  if (hasLog(header)) return isClosed(database) ? [copyAtRest, copyInUse] : [copyInUse, copyAtRest];
  // With a log, writers go on beside a reader. Without one, they wait for as long as it reads.
  return sizeBytes <= SHORT_BYTES ? [copyInUse, copyAtRest] : [copyBetweenWrites, copyAtRest];
}

/** Whether a database has a write-ahead log. */
const hasLog = (header: Buffer): boolean => header[READ_VERSION_AT] === VERSION_WAL;

/**
 * Whether nobody has a database with a write-ahead log open, as far as one can see: there is shared memory beside it while it is in
 * use. Opening it would make that anew.
 */
const isClosed = (database: Buffer): boolean => !existsSync(Buffer.concat([database, Buffer.from('-shm')]));

/** Has a copy use a write-ahead log again: SQLite makes copies without one. */
function setLogMode(copy: string): void {
  const fd = openSync(copy, 'r+');
  try {
    writeSync(fd, Buffer.from([VERSION_WAL, VERSION_WAL]), 0, 2, WRITE_VERSION_AT);
  } finally {
    closeSync(fd);
  }
}

const copyBetweenWrites: Copying = (database, copy, { signal }) => copyInSteps(database, copy, signal);

/** @see https://www.sqlite.org/lang_vacuum.html#vacuuminto */
async function copyInUse(database: Buffer, copy: string, { sizeBytes, signal }: SnapshotOptions): Promise<void> {
  await runSql({ database, readOnly: true, sql: 'VACUUM INTO ?', parameters: [copy], isShort: sizeBytes <= SHORT_BYTES, signal });
  if (!existsSync(copy)) throw new SnapshotError('SQLite made no copy');
}

async function copyAtRest(database: Buffer, copy: string, { sizeBytes, signal }: SnapshotOptions): Promise<void> {
  await copySettled(database, copy, { signal });
  const statement = { database: Buffer.from(copy), readOnly: false, parameters: [], isShort: sizeBytes <= SHORT_BYTES, signal };
  // Whoever reads first plays a journal back; whoever closes last brings the log into the database, and removes it.
  await runSql({ ...statement, sql: 'SELECT count(*) FROM sqlite_schema' });
}

const isDamage = (error: unknown): boolean =>
  error instanceof SqlError && (error.errcode === SQLITE_CODE.corrupt || error.errcode === SQLITE_CODE.notADatabase);
