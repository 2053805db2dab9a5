import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isErrno } from './error-facts.ts';

/** Runs a task while no other process runs it; `file` contains the pid of the process that does. */
export async function withLock(file: string, what: string, act: () => Promise<void>): Promise<void> {
  mkdirSync(dirname(file), { recursive: true });
  let said = false;
  while (!take(file)) {
    const owner = ownerOf(file);
    if (owner !== undefined && !isAlive(owner)) {
      rmSync(file, { force: true });
      continue;
    }
    if (!said) process.stderr.write(`waiting for ${what} (process ${owner ?? 'unknown'}) …\n`);
    said = true;
    await wait(500);
  }
  const release = () => rmSync(file, { force: true });
  process.once('exit', release);
  try {
    await act();
  } finally {
    process.off('exit', release);
    release();
  }
}

function take(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

function ownerOf(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8')) || undefined;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: the process belongs to another user and is alive.
    return isErrno(error, 'EPERM');
  }
}
