import { createReadStream, createWriteStream, lstatSync, rmSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';

/** What SQLite keeps beside a database: parts of it that a snapshot already contains. */
export const COMPANION_ENDINGS = ['-wal', '-shm', '-journal'] as const;

/** The files that hold a database: itself, and what must be played into it or back. The shared memory is made anew. */
const ENDINGS = ['', '-wal', '-journal'] as const;

const ATTEMPTS = 20;
const PAUSE_MS = 100;

/** Times of files are taken from a clock that ticks every few milliseconds: of two writes in one tick only one shows. */
const TICK_MS = 50;

/** What time it is, and waiting. */
export interface Timing {
  readonly nowMs: () => number;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

const REAL_TIMING: Timing = {
  nowMs: () => Date.now(),
  wait: (ms, signal) => pause(ms, undefined, { signal }),
};

/** Somebody wrote while a database was copied, time and again, or it is gone. */
export class UnsettledError extends Error {
  override readonly name = 'UnsettledError';
}

/**
 * Copies the files of a SQLite database while nobody writes into it: if their sizes and times are the same before and
 * after, the copy is of one moment. Needs no lock, and no right to write beside the database.
 *
 * @param copy path of the copy; the write-ahead log and the journal are put beside it.
 * @throws UnsettledError; Error of the file system; the signal's reason.
 */
export async function copySettled(
  database: Buffer,
  copy: string,
  { signal, timing = REAL_TIMING }: { readonly signal: AbortSignal; readonly timing?: Timing },
): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) await timing.wait(PAUSE_MS, signal);
    signal.throwIfAborted();
    const before = filesOf(database);
    if (before.length === 0) throw new UnsettledError('it went away');
    if (before.some(({ mtimeMs }) => Math.abs(timing.nowMs() - mtimeMs) < TICK_MS)) continue;
    for (const { ending, path } of before) {
      await pipeline(createReadStream(path), createWriteStream(copy + ending, { mode: 0o600 }), { signal });
    }
    const after = filesOf(database);
    if (after.length === before.length && after.every(({ state }, index) => state === before[index]?.state)) return;
    removeCopy(copy);
  }
  throw new UnsettledError(`it was written each of the ${ATTEMPTS} times that it was copied`);
}

/** Removes a copy, and what lies beside it. */
export function removeCopy(copy: string): void {
  for (const ending of ['', ...COMPANION_ENDINGS]) rmSync(copy + ending, { force: true });
}

interface FileState {
  readonly ending: string;
  readonly path: Buffer;
  readonly mtimeMs: number;
  /** Another after every write. */
  readonly state: string;
}

function filesOf(database: Buffer): readonly FileState[] {
  return ENDINGS.flatMap((ending) => {
    const path = Buffer.concat([database, Buffer.from(ending)]);
    const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (stats === undefined) return [];
    const { dev, ino, size, mtimeNs, ctimeNs, mtimeMs } = stats;
    return [{ ending, path, mtimeMs: Number(mtimeMs), state: [ending, dev, ino, size, mtimeNs, ctimeNs].join(' ') }];
  });
}
