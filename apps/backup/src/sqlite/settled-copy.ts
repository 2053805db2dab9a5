import { createReadStream, createWriteStream, lstatSync, rmSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';

/** Suffixes of SQLite's companion files, whose content a snapshot already includes. */
export const COMPANION_ENDINGS = ['-wal', '-shm', '-journal'] as const;

/** Suffixes of the files to copy: the database, its log and its journal. SQLite recreates the shared memory. */
const ENDINGS = ['', '-wal', '-journal'] as const;

const ATTEMPTS = 20;
const PAUSE_MS = 100;

/** File systems use a clock that ticks every few milliseconds: of two writes within a tick, the second does not change the time. */
const TICK_MS = 50;

/** Clock and timer. */
export interface Timing {
  readonly nowMs: () => number;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

const REAL_TIMING: Timing = {
  nowMs: () => Date.now(),
  wait: (ms, signal) => pause(ms, undefined, { signal }),
};

/** The database was written during every attempt, or it was removed. */
export class UnsettledError extends Error {
  override readonly name = 'UnsettledError';
}

/**
 * Copies the files of a SQLite database while no process writes to it: if sizes and times are equal before and after, the copy is
 * consistent. Needs neither a lock nor write access to the database's directory.
 *
 * @param copy path of the copy; the write-ahead log and the journal are copied next to it.
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
    if (before.length === 0) throw new UnsettledError('it was removed');
    if (before.some(({ mtimeMs }) => Math.abs(timing.nowMs() - mtimeMs) < TICK_MS)) continue;
    for (const { ending, path } of before) {
      await pipeline(createReadStream(path), createWriteStream(copy + ending, { mode: 0o600 }), { signal });
    }
    const after = filesOf(database);
    if (after.length === before.length && after.every(({ state }, index) => state === before[index]?.state)) return;
    removeCopy(copy);
  }
  throw new UnsettledError(`it was written during each of ${ATTEMPTS} attempts to copy it`);
}

/** Removes a copy and its companion files. */
export function removeCopy(copy: string): void {
  for (const ending of ['', ...COMPANION_ENDINGS]) rmSync(copy + ending, { force: true });
}

interface FileState {
  readonly ending: string;
  readonly path: Buffer;
  readonly mtimeMs: number;
  /** Changes with every write. */
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
