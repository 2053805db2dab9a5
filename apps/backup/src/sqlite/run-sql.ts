import { execFile } from 'node:child_process';
import { DatabaseSync } from 'node:sqlite';
import { messageOf } from '@eeveebot/contract';

/** A statement to run on a database. */
export interface Statement {
  /** Path of the database. */
  readonly database: Buffer;
  readonly readOnly: boolean;
  readonly sql: string;
  readonly parameters: readonly string[];
  /** Whether it is fast enough to block the event loop. */
  readonly isShort: boolean;
  readonly signal: AbortSignal;
}

/** A statement failed. `errcode` is SQLite's primary result code, if SQLite reported the error. */
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

/** Maximum time to wait for a lock on the database. */
export const BUSY_MS = 10_000;

/** Program of the child process, inlined because the tool is bundled into one file. */
const PROGRAM = `
const { DatabaseSync } = require('node:sqlite');
const [path, readOnly, timeout, sql, ...parameters] = process.argv.slice(1);
try {
  const connection = new DatabaseSync(Buffer.from(path, 'hex'), { readOnly: readOnly === 'true', timeout: Number(timeout) });
  const rows = connection.prepare(sql).all(...parameters);
  connection.close();
  process.stdout.write(JSON.stringify({ rows }));
} catch ({ message, errcode }) {
  process.stdout.write(JSON.stringify({ message, errcode }));
  process.exitCode = 1;
}
`;

/** A row: values by column name. */
export type SqlRow = Readonly<Record<string, unknown>>;

/**
 * Runs a statement, closes the database and returns the rows. Slow statements run in a child process, because SQLite blocks its thread and
 * a blocked thread cannot be terminated; signals and connections are handled in the meantime.
 *
 * @throws SqlError; the signal's reason.
 */
export async function runSql(statement: Statement): Promise<readonly SqlRow[]> {
  statement.signal.throwIfAborted();
  if (statement.isShort) {
    try {
      return runHere(statement);
    } catch (error) {
      // Locked by a writer: wait in a child process.
      if (!(error instanceof SqlError) || error.errcode !== SQLITE_CODE.busy) throw error;
    }
  }
  return await runInProcess(statement);
}

function runHere({ database, readOnly, sql, parameters }: Statement): readonly SqlRow[] {
  try {
    const connection = new DatabaseSync(database, { readOnly, timeout: 0 });
    try {
      return connection.prepare(sql).all(...parameters);
    } finally {
      connection.close();
    }
  } catch (cause) {
    const errcode = cause instanceof Error && 'errcode' in cause ? primaryCode(Number(cause.errcode)) : undefined;
    throw new SqlError(messageOf(cause), { errcode, cause });
  }
}

async function runInProcess({ database, readOnly, sql, parameters, signal }: Statement): Promise<readonly SqlRow[]> {
  const output = await runProgram(PROGRAM, [database.toString('hex'), String(readOnly), String(BUSY_MS), sql, ...parameters], signal);
  return (JSON.parse(output) as { readonly rows: readonly SqlRow[] }).rows;
}

/**
 * Runs a Node program in a child process. The program reports failure by writing an object with `message` and `errcode` to standard output
 * and exiting with a code other than 0.
 *
 * @returns its standard output.
 * @throws SqlError; the signal's reason.
 */
export async function runProgram(program: string, parameters: readonly string[], signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  return await new Promise<string>((resolve, reject) => {
    const child = execFile(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '-e', program, ...parameters],
      // The environment contains credentials and is not needed.
      { signal, killSignal: 'SIGKILL', env: {} },
      (error, output) => {
        const settle = () => {
          if (error === null) resolve(output);
          else if (output === '')
            reject(signal.aborted ? signal.reason : new SqlError(error.message, { errcode: undefined, cause: error }));
          else reject(reportedError(output));
        };
        // An abort is reported before the process exits; until then it may write files that the caller removes.
        const isRunning = child.pid !== undefined && child.exitCode === null && child.signalCode === null;
        if (isRunning) child.once('exit', settle);
        else settle();
      },
    );
  });
}

function reportedError(output: string): SqlError {
  const { message, errcode } = JSON.parse(output) as { readonly message: string; readonly errcode?: number };
  return new SqlError(message, { errcode: errcode === undefined ? undefined : primaryCode(errcode) });
}

/** SQLite reports extended codes such as SQLITE_CORRUPT_INDEX; the low byte is the primary code. */
const primaryCode = (code: number): number => code & 0xff;
