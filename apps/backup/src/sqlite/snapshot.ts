import { randomUUID } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';

/** First bytes of every SQLite database. @see https://www.sqlite.org/fileformat.html#magic_header_string */
const MAGIC = Buffer.from('SQLite format 3\0', 'latin1');

/** Bytes of a file that {@link isSqliteDatabase} wants to see. */
export const MAGIC_BYTES = MAGIC.length;

/** What SQLite keeps beside a database: parts of it that a snapshot already contains. */
export const COMPANION_ENDINGS = ['-wal', '-shm', '-journal'] as const;

/** A writer may hold the database for this long. */
const BUSY_MS = 10_000;

/** A larger database is copied on a thread of its own, so that signals and connections are served meanwhile. */
const INLINE_BYTES = 16 * 1024 * 1024;

/** Whether a file that begins like this is a SQLite database. */
export const isSqliteDatabase = (beginning: Buffer): boolean => beginning.subarray(0, MAGIC_BYTES).equals(MAGIC);

/** A database could not be copied as of one moment: it is locked, damaged, encrypted, or there is no room. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
}

/**
 * Copies a live SQLite database as of one moment, with every transaction committed before. Writers are not disturbed;
 * the database's own folder may be read-only.
 *
 * @param directory where the copy is put.
 * @returns path of the copy, which the caller removes.
 * @throws SnapshotError
 * @see https://www.sqlite.org/lang_vacuum.html#vacuuminto
 */
export async function sqliteSnapshot(
  database: string,
  { directory, sizeBytes }: { directory: string; sizeBytes: number },
): Promise<string> {
  const copy = join(directory, `eevee-sqlite-${randomUUID()}`);
  try {
    if (sizeBytes <= INLINE_BYTES) vacuumInto(database, copy);
    else await vacuumOnThread(database, copy);
    if (!existsSync(copy)) throw new Error('SQLite made no copy');
    return copy;
  } catch (cause) {
    rmSync(copy, { force: true });
    throw new SnapshotError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function vacuumInto(database: string, copy: string): void {
  const connection = new DatabaseSync(database, { readOnly: true, timeout: BUSY_MS });
  try {
    connection.prepare('VACUUM INTO ?').run(copy);
  } finally {
    connection.close();
  }
}

/** The thread's program: a bundle of one file has no second one to start. */
const THREAD = `
const { DatabaseSync } = require('node:sqlite');
const { workerData: { database, copy, timeout } } = require('node:worker_threads');
const connection = new DatabaseSync(database, { readOnly: true, timeout });
connection.prepare('VACUUM INTO ?').run(copy);
connection.close();
`;

async function vacuumOnThread(database: string, copy: string): Promise<void> {
  const thread = new Worker(THREAD, { eval: true, workerData: { database, copy, timeout: BUSY_MS } });
  await new Promise<void>((resolve, reject) => {
    thread.once('error', reject);
    thread.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`the copying thread ended with ${code}`))));
  });
}
