import { BUSY_MS, runProgram, SQLITE_CODE } from './run-sql.ts';

/** Initial step size: takes a few milliseconds, during which no other process can commit. */
const FIRST_STEP_BYTES = 4 * 1024 * 1024;

/** Pause between two steps, in which writers can commit. */
const PAUSE_MS = 5;

/**
 * SQLite restarts the copy when another process commits between two steps. After each restart the step size doubles, so that the copy
 * completes even under continuous writes, at the latest in a single step.
 */
const PROGRAM = `
const { DatabaseSync, backup } = require('node:sqlite');
const { rmSync } = require('node:fs');
const [path, copy, timeout, stepBytes, pauseMs, corrupt] = process.argv.slice(1);
const begunAgain = new Error('begun again');
const still = new Int32Array(new SharedArrayBuffer(4));
async function copyAll() {
  const source = new DatabaseSync(Buffer.from(path, 'hex'), { readOnly: true, timeout: Number(timeout) });
  const { page_size: pageBytes } = source.prepare('PRAGMA page_size').get();
  for (let rate = Math.ceil(Number(stepBytes) / pageBytes); ; rate *= 2) {
    let left = Infinity;
    const progress = ({ remainingPages }) => {
      if (remainingPages >= left) throw begunAgain;
      left = remainingPages;
      Atomics.wait(still, 0, 0, Number(pauseMs));
    };
    try {
      await backup(source, copy, { rate, progress });
      break;
    } catch (error) {
      if (error !== begunAgain) throw error;
      for (const ending of ['', '-journal']) rmSync(copy + ending, { force: true });
    }
  }
  source.close();
  const copied = new DatabaseSync(copy, { readOnly: true });
  const [{ quick_check: found }] = copied.prepare('PRAGMA quick_check(1)').all();
  copied.close();
  if (found !== 'ok') throw { message: 'database disk image is malformed: ' + found, errcode: Number(corrupt) };
}
copyAll().catch(({ message, errcode }) => {
  process.stdout.write(JSON.stringify({ message, errcode }));
  process.exitCode = 1;
});
`;

/**
 * Makes a consistent copy of a SQLite database in steps, between which other processes can commit, and checks it.
 *
 * @throws SqlError; the signal's reason.
 * @see https://www.sqlite.org/backup.html
 */
export async function copyInSteps(database: Buffer, copy: string, signal: AbortSignal): Promise<void> {
  const numbers = [BUSY_MS, FIRST_STEP_BYTES, PAUSE_MS, SQLITE_CODE.corrupt].map(String);
  await runProgram(PROGRAM, [database.toString('hex'), copy, ...numbers], signal);
}
