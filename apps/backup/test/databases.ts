import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { eventually } from '@eeveebot/testing';
import { HEADER_BYTES, sqliteSnapshot } from '../src/sqlite/snapshot.ts';

/** Content of a copy of a database: the numbers 1 to `rows` if nothing is missing. */
export interface CopiedRows {
  readonly rows: number;
  readonly last: number;
  readonly integrity: string;
}

/** Rows of the databases created here. */
export const ROWS = 1000;

const FILL = `
CREATE TABLE t (n INTEGER PRIMARY KEY, filler TEXT);
WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < ${ROWS})
  INSERT INTO t SELECT n, hex(randomblob(50)) FROM counted;
`;

/** States in which a program can leave a database. */
export const LEFT_BEHIND = {
  'closed, with a write-ahead log': (path: string) => leaveClosed(path, 'WAL'),
  'closed, with a journal': (path: string) => leaveClosed(path, 'DELETE'),
  'of a program that was killed, with a write-ahead log': (path: string) => leaveKilled(path, 'PRAGMA journal_mode=WAL; ' + FILL),
  // More pages are changed than cached, so the journal must undo some in the database.
  'of a program that was killed in a transaction, with a journal': (path: string) =>
    leaveKilled(path, `${FILL} PRAGMA cache_size=2; BEGIN; UPDATE t SET filler = hex(randomblob(60)); DELETE FROM t WHERE n > 10;`),
} as const;

function leaveClosed(path: string, mode: 'WAL' | 'DELETE'): void {
  const database = new DatabaseSync(path);
  database.exec(`PRAGMA journal_mode=${mode}; ${FILL}`);
  database.close();
}

const KILLED = `
const { DatabaseSync } = require('node:sqlite');
const [path, sql] = process.argv.slice(1);
new DatabaseSync(path).exec(sql);
process.kill(process.pid, 'SIGKILL');
`;

function leaveKilled(path: string, sql: string): void {
  const { signal } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', '-e', KILLED, path, sql]);
  if (signal !== 'SIGKILL') throw new Error('the writer was not killed');
  if (!['-wal', '-journal'].some((ending) => existsSync(path + ending))) throw new Error('there is no log or journal to recover');
}

const WRITER = `
const { DatabaseSync } = require('node:sqlite');
const [path, mode] = process.argv.slice(1);
const connection = new DatabaseSync(path, { timeout: 10_000 });
connection.exec('PRAGMA journal_mode=' + mode + '; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=5; CREATE TABLE t (n INTEGER PRIMARY KEY, filler TEXT)');
const insert = connection.prepare('INSERT INTO t (n, filler) VALUES (?, ?)');
let n = 0;
setInterval(() => {
  insert.run(++n, 'x'.repeat(500));
  require('node:fs').writeFileSync(path + '.committed', String(n));
}, 5);
`;

/** Starts a process that commits up to 200 transactions a second and reports what it committed. Checkpoints are frequent. */
export async function startWriter(path: string, mode: 'WAL' | 'DELETE'): Promise<AsyncDisposable & { committed(): number }> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '-e', WRITER, path, mode], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const committed = () => Number(readFileSync(`${path}.committed`, 'utf8'));
  await eventually(() => committed() > 20, { what: 'the writer to be at work' });
  return {
    committed,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

const HURRIED = `
const { DatabaseSync } = require('node:sqlite');
const { readdirSync, statSync, writeFileSync } = require('node:fs');
const [path, copies, counted] = process.argv.slice(1);
const half = statSync(path).size / 2;
// Whether a copy is in progress and less than half complete.
const begun = () => {
  try {
    const [name] = readdirSync(copies);
    const bytes = name === undefined ? 0 : statSync(copies + '/' + name).size;
    return bytes > 0 && bytes < half;
  } catch {
    return false;
  }
};
const connection = new DatabaseSync(path, { timeout: 100 });
const update = connection.prepare('UPDATE t SET n = n + 1 WHERE id = 1');
let commits = 0;
writeFileSync(counted, '0');
const turn = () => {
  setImmediate(turn);
  if (!begun()) return;
  try {
    update.run();
  } catch {
    return;
  }
  if (begun()) writeFileSync(counted, String(++commits));
};
turn();
`;

/** Starts a process that commits to a database as often as possible, and counts the commits while a copy was less than half complete. */
export async function startHurriedWriter(
  path: string,
  given: { readonly copies: string; readonly counted: string },
): Promise<AsyncDisposable & { commits(): number }> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '-e', HURRIED, path, given.copies, given.counted], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await eventually(() => existsSync(given.counted), { what: 'the writer to be at work' });
  return {
    commits: () => Number(readFileSync(given.counted, 'utf8')),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

/** Copies a database like a backup. */
export function snapshotOf(
  path: string | Buffer,
  given: { readonly directory: string; readonly sizeBytes?: number; readonly signal?: AbortSignal },
): Promise<string> {
  const { directory, sizeBytes = 1000, signal = new AbortController().signal } = given;
  const database = Buffer.from(path);
  return sqliteSnapshot(database, { directory, header: readFileSync(database).subarray(0, HEADER_BYTES), sizeBytes, signal });
}

/** Reads a copy of a database. */
export function copiedRows(copy: string): CopiedRows {
  const database = new DatabaseSync(copy);
  try {
    const { rows, last } = database.prepare('SELECT count(*) AS rows, max(n) AS last FROM t').get() as { rows: number; last: number };
    const { integrity_check: integrity } = database.prepare('PRAGMA integrity_check').get() as { integrity_check: string };
    return { rows, last, integrity };
  } finally {
    database.close();
  }
}
