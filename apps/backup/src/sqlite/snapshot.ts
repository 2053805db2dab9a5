import { randomUUID } from 'node:crypto';
import { accessSync, closeSync, constants, existsSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, messageOf } from '@eeveebot/contract';
import { copyInSteps } from './copy-in-steps.ts';
import { runSql, SqlError, SQLITE_CODE } from './run-sql.ts';
import { copySettled, removeCopy } from './settled-copy.ts';

export { COMPANION_ENDINGS } from './settled-copy.ts';

/** First bytes of every SQLite database. @see https://www.sqlite.org/fileformat.html#magic_header_string */
const MAGIC = Buffer.from('SQLite format 3\0', 'latin1');

/** Number of bytes that {@link isSqliteDatabase} needs. */
export const MAGIC_BYTES = MAGIC.length;

/** Size of a database header; shorter files are not databases. */
export const HEADER_BYTES = 100;

/**
 * Offsets of the versions in a header that select the journal mode. @see https://www.sqlite.org/fileformat.html#file_format_version_numbers
 */
const WRITE_VERSION_AT = 18;
const READ_VERSION_AT = 19;
/** Version of databases with a write-ahead log. */
const VERSION_WAL = 2;

/** Databases up to this size are copied within a few hundredths of a second. */
const SHORT_BYTES = 16 * 1024 * 1024;

/** Whether a file that starts with these bytes is a SQLite database. */
export const isSqliteDatabase = (beginning: Buffer): boolean => beginning.subarray(0, MAGIC_BYTES).equals(MAGIC);

/** No consistent copy could be made: the database is damaged, encrypted or locked, or the disk is full. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
}

/** Options of {@link sqliteSnapshot}. */
export interface SnapshotOptions {
  readonly directory: string;
  /** First {@link HEADER_BYTES} of the database. */
  readonly header: Buffer;
  /** Size of the database. */
  readonly sizeBytes: number;
  readonly signal: AbortSignal;
}

/**
 * Makes a consistent copy of a SQLite database that contains all committed transactions, and creates no file next to the database. Other
 * processes can continue to write; the database's directory may be read-only.
 *
 * A database in use is copied by SQLite itself, which respects the locks of writers; a large one without a write-ahead log is copied in
 * steps, so that writers do not wait for the whole copy. SQLite needs write access to open a database that no process has open or that was
 * left in the middle of a transaction; the files of such a database are copied as is while no process writes, and recovered in the copy.
 *
 * @returns path of the copy, which the caller must remove.
 * @throws SnapshotError; the signal's reason.
 */
export async function sqliteSnapshot(database: Buffer, options: SnapshotOptions): Promise<string> {
  assertWritable(options.directory);
  const copy = join(options.directory, randomUUID());
  let first: unknown;
  for (const copyDatabase of copyMethods(database, options)) {
    try {
      await copyDatabase(database, copy, options);
      if (usesWal(options.header)) enableWal(copy);
      return copy;
    } catch (error) {
      removeCopy(copy);
      options.signal.throwIfAborted();
      first ??= error;
      if (isDamage(error)) break;
    }
  }
  throw new SnapshotError(messageOf(first), { cause: first });
}

/** @throws SnapshotError with the setting to correct. */
function assertWritable(directory: string): void {
  let problem: string | undefined;
  try {
    if (!statSync(directory).isDirectory()) problem = 'is not a directory';
    accessSync(directory, constants.W_OK | constants.X_OK);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    problem ??= errorCode(error) === 'ENOENT' ? 'does not exist' : `is not writable (${errorCode(error)})`;
  }
  if (problem !== undefined)
    throw new SnapshotError(
      `the temporary directory ${directory} ${problem}: set TMPDIR to a directory with room for a copy of the database`,
    );
}

type CopyMethod = (database: Buffer, copy: string, options: SnapshotOptions) => Promise<void>;

function copyMethods(database: Buffer, { header, sizeBytes }: SnapshotOptions): readonly CopyMethod[] {
  if (usesWal(header)) return isClosed(database) ? [copyAtRest, copyInUse] : [copyInUse, copyAtRest];
  // With a log, readers do not block writers. Without one, writers wait until the copy is read.
  return sizeBytes <= SHORT_BYTES ? [copyInUse, copyAtRest] : [copyBetweenWrites, copyAtRest];
}

/** Whether a database has a write-ahead log. */
const usesWal = (header: Buffer): boolean => header[READ_VERSION_AT] === VERSION_WAL;

/**
 * Whether no process seems to have a database with a write-ahead log open: its shared memory file exists while it is in use. Opening the
 * database would create that file.
 */
const isClosed = (database: Buffer): boolean => !existsSync(Buffer.concat([database, Buffer.from('-shm')]));

/** Re-enables the write-ahead log in a copy, because SQLite creates copies without one. */
function enableWal(copy: string): void {
  const fd = openSync(copy, 'r+');
  try {
    writeSync(fd, Buffer.from([VERSION_WAL, VERSION_WAL]), 0, 2, WRITE_VERSION_AT);
  } finally {
    closeSync(fd);
  }
}

const copyBetweenWrites: CopyMethod = (database, copy, { signal }) => copyInSteps(database, copy, signal);

/** @see https://www.sqlite.org/lang_vacuum.html#vacuuminto */
async function copyInUse(database: Buffer, copy: string, { sizeBytes, signal }: SnapshotOptions): Promise<void> {
  await runSql({ database, readOnly: true, sql: 'VACUUM INTO ?', parameters: [copy], isShort: sizeBytes <= SHORT_BYTES, signal });
  if (!existsSync(copy)) throw new SnapshotError('SQLite made no copy');
}

async function copyAtRest(database: Buffer, copy: string, { sizeBytes, signal }: SnapshotOptions): Promise<void> {
  await copySettled(database, copy, { signal });
  const statement = { database: Buffer.from(copy), readOnly: false, parameters: [], isShort: sizeBytes <= SHORT_BYTES, signal };
  // The first read rolls a journal back; closing the last connection checkpoints the log into the database and removes it.
  await runSql({ ...statement, sql: 'SELECT count(*) FROM sqlite_schema' });
}

const isDamage = (error: unknown): boolean =>
  error instanceof SqlError && (error.errcode === SQLITE_CODE.corrupt || error.errcode === SQLITE_CODE.notADatabase);
