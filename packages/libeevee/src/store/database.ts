import { isErrno } from '@eeveebot/contract';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import type * as Sqlite from 'node:sqlite';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { ERROR_CODES, EeveeError, reasonOf } from '../errors.ts';
import { log } from '../log/log.ts';
import { pendingOf } from '../promises.ts';
import { mayEndTransaction, storeError } from './sqlite-errors.ts';

/** Name of the file in the module's volume. */
export const STORE_FILE = 'store.sqlite';

const MEMORY = ':memory:';

/** Marks the file as a store of this library: `eeve`. */
const APPLICATION_ID = 0x65_65_76_65;

/** Version of the tables. A file of a newer one is not opened. */
const SCHEMA_VERSION = 1;

/** Maximum time to wait for another process. Calls are synchronous: the event loop waits, too, and a liveness probe gives it 5 seconds. */
const BUSY_MS = 2_000;

const SCHEMA = `
CREATE TABLE entries (
  namespace TEXT NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (namespace, key)
) WITHOUT ROWID, STRICT;
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** A key and its value as JSON. */
export interface StoredRow {
  readonly key: string;
  readonly value: string;
}

/** Node's SQLite, loaded on first use: a module without a store does not pay for it. */
function sqlite(): typeof Sqlite {
  const builtin = typeof process.getBuiltinModule === 'function' ? process.getBuiltinModule('node:sqlite') : undefined;
  if (builtin === undefined)
    throw new EeveeError(
      ERROR_CODES.storeUnsupported,
      `Node.js ${process.versions.node} has no node:sqlite, which the store needs: use 22.13 or later`,
    );
  return builtin;
}

function pragma(connection: DatabaseSync, name: string): unknown {
  return connection.prepare(`PRAGMA ${name}`).get()?.[name];
}

/** SQLite reports all of these as "unable to open database file". @throws EeveeError */
function checkFolder(folder: string): void {
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw isErrno(error, 'ENOENT', 'ENOTDIR')
      ? new EeveeError(ERROR_CODES.storeUnavailable, `the store cannot be opened: MODULE_DATA is ${folder}, which does not exist`)
      : new EeveeError(
          ERROR_CODES.storeReadOnly,
          `the store cannot be opened: mount ${folder} read-write, and make the user of the container its owner (${reasonOf(error)})`,
          { cause: error },
        );
  }
}

/** Creates the tables in a new file. @throws EeveeError when the file is not a store, or is newer than this library. */
function prepareSchema(connection: DatabaseSync, file: string): void {
  const application = pragma(connection, 'application_id');
  const version = Number(pragma(connection, 'user_version'));
  if (application === APPLICATION_ID) {
    if (version <= SCHEMA_VERSION) return;
    throw new EeveeError(
      ERROR_CODES.storeNewer,
      `the store ${file} has version ${version}, but this libeevee supports version ${SCHEMA_VERSION}: run the newer release of the module, or restore a backup made before it`,
    );
  }
  if (connection.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined)
    throw new EeveeError(
      ERROR_CODES.storeCorrupt,
      `${file} is a database of another program, but the store needs this file name: move the file`,
    );
  // Again inside the lock: another process may have created the tables.
  connection.exec('BEGIN IMMEDIATE');
  try {
    if (pragma(connection, 'application_id') !== APPLICATION_ID) connection.exec(SCHEMA);
    connection.exec('COMMIT');
  } catch (error) {
    connection.exec('ROLLBACK');
    throw error;
  }
}

/** @throws EeveeError when a transaction would continue after it is committed. */
function refuseLater(result: unknown): void {
  const pending = pendingOf(result);
  if (pending === undefined) return;
  pending.catch(() => undefined);
  throw new EeveeError(
    ERROR_CODES.storeRefused,
    'a transaction must be synchronous, but its function returned a promise: await before the transaction, and only read and write in it',
  );
}

/**
 * The file of a store. It is opened on first use; every error of SQLite is an EeveeError with a fix.
 *
 * WAL, so that a backup reads a state while the module writes; `synchronous = NORMAL`, so that a crash of the process loses nothing, and
 * a power failure at most the last commits.
 */
export class StoreDatabase {
  readonly #folder: string | undefined;
  readonly #onMemory: () => void;
  #connection: DatabaseSync | undefined;
  readonly #statements = new Map<string, StatementSync>();
  #depth = 0;
  /** Undo the changes of the transaction, and of its parts, outside the database. */
  #undoings: (() => void)[] = [];
  /** The error that ended the transaction in progress. */
  #endedBy: { readonly error: unknown } | undefined;
  #isClosed = false;

  /**
   * @param folder directory of the file; in memory if `undefined`.
   * @param onMemory called once, when a store in memory is opened.
   */
  constructor(folder: string | undefined, onMemory: () => void = () => undefined) {
    this.#folder = folder;
    this.#onMemory = onMemory;
  }

  /** Path of the file, or `:memory:`. */
  get file(): string {
    return this.#folder === undefined ? MEMORY : join(this.#folder, STORE_FILE);
  }

  all(sql: string, ...parameters: SQLInputValue[]): StoredRow[] {
    return this.#mapErrors(() => this.#prepare(sql).all(...parameters) as unknown as StoredRow[]);
  }

  /** The column `value` of the first row. */
  value(sql: string, ...parameters: SQLInputValue[]): string | undefined {
    return this.#mapErrors(() => this.#prepare(sql).get(...parameters)?.['value'] as string | undefined);
  }

  /** @returns number of changed rows. */
  run(sql: string, ...parameters: SQLInputValue[]): number {
    return this.#mapErrors(() => Number(this.#prepare(sql).run(...parameters).changes));
  }

  /**
   * Runs `work` as one transaction; inside another one, as a part of it that can fail on its own. After an error with which SQLite rolled
   * the transaction back, such as a full disk, it fails as a whole, even if `work` catches the error: later writes would not be part of it.
   *
   * @throws the error of `work`, after its changes were undone; EeveeError `EEVEE_STORE_REFUSED` when it returns a promise.
   */
  transaction<Result>(work: () => Result): Result {
    const name = `part${this.#depth}`;
    const isOuter = this.#depth === 0;
    const former = this.#undoings.length;
    this.#exec(isOuter ? 'BEGIN IMMEDIATE' : `SAVEPOINT ${name}`);
    this.#depth++;
    try {
      const result = work();
      refuseLater(result);
      this.#exec(isOuter ? 'COMMIT' : `RELEASE ${name}`);
      if (isOuter) this.#undoings = [];
      return result;
    } catch (error) {
      if (this.#endedBy === undefined) this.#undo(isOuter ? 'ROLLBACK' : `ROLLBACK TO ${name}; RELEASE ${name}`);
      for (const undo of this.#undoings.splice(former).toReversed()) undo();
      throw error;
    } finally {
      this.#depth--;
      if (isOuter) this.#endedBy = undefined;
    }
  }

  /**
   * Registers what undoes a change outside the database that belongs to a write just made. Called if the transaction in progress, or the
   * part of it, fails; without a transaction, the write is final.
   */
  onUndo(undo: () => void): void {
    if (this.#depth > 0) this.#undoings.push(undo);
  }

  /** Writes the log back into the file and closes it. Later calls fail with `EEVEE_STORE_CLOSED`. */
  close(): void {
    this.#isClosed = true;
    const connection = this.#connection;
    this.#connection = undefined;
    this.#statements.clear();
    // The last connection to close checkpoints.
    if (connection !== undefined) this.#mapErrors(() => connection.close());
  }

  #exec(sql: string): void {
    this.#mapErrors(() => this.#open().exec(sql));
  }

  /** Never throws, so that the cause is reported. */
  #undo(sql: string): void {
    try {
      this.#connection?.exec(sql);
    } catch (error) {
      // SQLite itself has undone a transaction that met a full disk.
      log.debug('a transaction of the store was already rolled back', { producer: 'store', error });
    }
  }

  #prepare(sql: string): StatementSync {
    const connection = this.#open();
    const prepared = this.#statements.get(sql) ?? connection.prepare(sql);
    this.#statements.set(sql, prepared);
    return prepared;
  }

  #open(): DatabaseSync {
    if (this.#isClosed)
      throw new EeveeError(ERROR_CODES.storeClosed, 'the store is closed because the module has stopped: use it only until onStop returns');
    if (this.#connection !== undefined) return this.#connection;
    const { DatabaseSync: Database } = sqlite();
    const { file } = this;
    if (this.#folder === undefined) this.#onMemory();
    else checkFolder(this.#folder);
    const connection = new Database(file, { timeout: BUSY_MS });
    try {
      if (this.#folder !== undefined) connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
      prepareSchema(connection, file);
    } catch (error) {
      connection.close();
      throw error;
    }
    this.#connection = connection;
    return connection;
  }

  #mapErrors<Result>(work: () => Result): Result {
    if (this.#endedBy !== undefined) throw this.#endedBy.error;
    try {
      return work();
    } catch (error) {
      const mapped = storeError(error, this.file);
      if (this.#depth > 0 && mayEndTransaction(error)) {
        this.#undo('ROLLBACK');
        this.#endedBy = { error: mapped };
      }
      throw mapped;
    }
  }
}
