import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isErrno } from '../../setup/error-facts.ts';

// Below the range that kernels give to outgoing connections: a server that is restarted finds its port still free.
const FIRST = 15_000;
const LAST = 31_999;

const taken = new Set<string>();

/**
 * A free port of 127.0.0.1 that no other test process uses while this one runs.
 *
 * @example
 * const port = await freePort();
 */
export async function freePort(): Promise<number> {
  // Only its owner can write to a folder that is older than the tests of another user.
  const folder = join(tmpdir(), `eevee-ports-${process.getuid?.() ?? 'all'}`);
  mkdirSync(folder, { recursive: true });
  for (let attempt = 0; attempt < 1000; attempt++) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1));
    if (claim(join(folder, String(port))) && (await isFree(port))) return port;
  }
  throw new Error(`no free port between ${FIRST} and ${LAST}`);
}

/** A file that contains the pid of this process: a port is reserved long before a server listens on it. */
function claim(file: string): boolean {
  try {
    const descriptor = openSync(file, 'wx');
    writeSync(descriptor, String(process.pid));
    closeSync(descriptor);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    if (!isStale(file)) return false;
    // Stale: removed for the next caller. Two processes that remove it at once must not both own the port.
    rmSync(file, { force: true });
    return false;
  }
  if (taken.size === 0) process.once('exit', release);
  taken.add(file);
  return true;
}

function isStale(file: string): boolean {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    if (pid > 0) process.kill(pid, 0);
    return false;
  } catch (error) {
    return isErrno(error, 'ESRCH');
  }
}

function release(): void {
  for (const file of taken) rmSync(file, { force: true });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
