import { lstatSync } from 'node:fs';
import { runSql, SqlError, SQLITE_CODE } from '../sqlite/run-sql.ts';

/** Maximum number of reported problems per database. */
const REPORTED_PROBLEMS = 3;

/** Databases up to this size are checked within a few hundredths of a second. */
const SHORT_BYTES = 16 * 1024 * 1024;

/** Result of SQLite's integrity check. */
export type DatabaseCheck =
  | { readonly result: 'sound' }
  | { readonly result: 'damaged'; readonly message: string }
  /** It uses an unavailable extension, such as a collation, so its pages could not be checked. */
  | { readonly result: 'unchecked'; readonly message: string };

/**
 * Runs `PRAGMA integrity_check` on a database in scratch space. SQLite rolls back its journal or applies its write-ahead log first, as it
 * does when the module opens the database.
 *
 * @throws the signal's reason.
 * @see https://www.sqlite.org/pragma.html#pragma_integrity_check
 */
export async function databaseCheck(path: Buffer, signal: AbortSignal): Promise<DatabaseCheck> {
  try {
    const rows = await runSql({
      database: path,
      readOnly: false,
      sql: `PRAGMA integrity_check(${REPORTED_PROBLEMS})`,
      parameters: [],
      isShort: lstatSync(path).size <= SHORT_BYTES,
      signal,
    });
    const problems = rows.map((row) => String(row['integrity_check'])).filter((problem) => problem !== 'ok');
    return problems.length === 0 ? { result: 'sound' } : { result: 'damaged', message: problems.join('; ') };
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    const isDamage = error.errcode === SQLITE_CODE.corrupt || error.errcode === SQLITE_CODE.notADatabase;
    return { result: isDamage ? 'damaged' : 'unchecked', message: error.message };
  }
}
