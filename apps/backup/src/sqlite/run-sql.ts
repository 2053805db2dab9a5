import { execFile } from 'node:child_process';
import { DatabaseSync } from 'node:sqlite';

/** One statement on one database. */
export interface Statement {
  /** Path of the database. */
  readonly database: Buffer;
  readonly readOnly: boolean;
  readonly sql: string;
  readonly parameters: readonly string[];
  /** Whether it takes so little time that nothing else need go on meanwhile. */
  readonly isShort: boolean;
  readonly signal: AbortSignal;
}

/** A statement failed. `errcode` is SQLite's primary result code, where SQLite was the one that failed. */
export class SqlError extends Error {
  override readonly name = 'SqlError';
  readonly errcode: number | undefined;

  constructor(message: string, { errcode, cause }: { errcode: number | undefined; cause?: unknown }) {
    super(message, { cause });
    this.errcode = errcode;
  }
}

/** Primary result codes of SQLite. @see https://www.sqlite.org/rescode.html */
export const SQLITE_CODE = { busy: 5, corrupt: 11, notADatabase: 26 } as const;

/** A writer may hold the database for this long. */
const BUSY_MS = 10_000;

/** The program of the other process: a bundle of one file has no second one to start. */
const PROGRAM = `
const { DatabaseSync } = require('node:sqlite');
const [path, readOnly, timeout, sql, ...parameters] = process.argv.slice(1);
try {
  const connection = new DatabaseSync(Buffer.from(path, 'hex'), { readOnly: readOnly === 'true', timeout: Number(timeout) });
  connection.prepare(sql).all(...parameters);
  connection.close();
} catch ({ message, errcode }) {
  process.stdout.write(JSON.stringify({ message, errcode }));
  process.exitCode = 1;
}
`;

/**
 * Runs a statement and closes the database again. What may take long runs in a process of its own, since SQLite blocks
 * its thread, and a thread that is blocked cannot be ended: signals are heeded and connections served meanwhile.
 *
 * @throws SqlError; the signal's reason.
 */
export async function runSql(statement: Statement): Promise<void> {
  if (statement.isShort) {
    try {
      return runHere(statement);
    } catch (error) {
      // Somebody writes: waiting takes long.
      if (!(error instanceof SqlError) || error.errcode !== SQLITE_CODE.busy) throw error;
    }
  }
  await runInProcess(statement);
}

function runHere({ database, readOnly, sql, parameters }: Statement): void {
  try {
    const connection = new DatabaseSync(database, { readOnly, timeout: 0 });
    try {
      connection.prepare(sql).all(...parameters);
    } finally {
      connection.close();
    }
  } catch (cause) {
    const errcode = cause instanceof Error && 'errcode' in cause ? Number(cause.errcode) : undefined;
    throw new SqlError(cause instanceof Error ? cause.message : String(cause), { errcode, cause });
  }
}

async function runInProcess({ database, readOnly, sql, parameters, signal }: Statement): Promise<void> {
  signal.throwIfAborted();
  const argv = [database.toString('hex'), String(readOnly), String(BUSY_MS), sql, ...parameters];
  const stdout = await new Promise<string | undefined>((resolve, reject) => {
    const child = execFile(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '-e', PROGRAM, ...argv],
      // Of the environment, which holds credentials, it needs nothing.
      { signal, killSignal: 'SIGKILL', env: {} },
      (error, output) => {
        const settle = () => {
          if (error === null) resolve(undefined);
          else if (output === '')
            reject(signal.aborted ? signal.reason : new SqlError(error.message, { errcode: undefined, cause: error }));
          else resolve(output);
        };
        // An abort is told before the process is gone, and until then it may write what the caller then removes.
        const isRunning = child.pid !== undefined && child.exitCode === null && child.signalCode === null;
        if (isRunning) child.once('exit', settle);
        else settle();
      },
    );
  });
  if (stdout === undefined) return;
  const { message, errcode } = JSON.parse(stdout) as { message: string; errcode?: number };
  throw new SqlError(message, { errcode });
}
