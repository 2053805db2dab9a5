import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A request that fails. With `fold` nothing fails: names are kept in small letters, and found in any. */
export interface Fault {
  readonly op: 'lookup' | 'open' | 'read' | 'readdir' | 'chmod' | 'chown' | 'utimes' | 'symlink' | 'make' | 'fold';
  /** Relative path, or its last names; all if it is not given. */
  readonly name?: string;
  /** Of reading: from this byte on. */
  readonly from?: number;
  readonly errno: number;
}

/** Numbers of errors, as the kernel has them. */
export const ERRNO = { EPERM: 1, EIO: 5, EACCES: 13, EINVAL: 22, ENOSYS: 38, EOPNOTSUPP: 95, ESTALE: 116 } as const;

/** The number that an error of the file system has; below zero. */
export const errnoOf = (error: unknown): number | undefined =>
  error instanceof Error && 'errno' in error && typeof error.errno === 'number' ? error.errno : undefined;

/** Mounts a file system that shows a directory and has faults. */
export async function mountFaulty(mountpoint: string, directory: string, faults: readonly Fault[]): Promise<AsyncDisposable> {
  const server = fileURLToPath(new URL('server.ts', import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', server, mountpoint, directory, JSON.stringify(faults)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const isMounted = await Promise.race([once(child.stdout, 'data').then(() => true), once(child, 'exit').then(() => false)]);
  if (!isMounted) throw new Error(`${mountpoint} could not be mounted`);
  return {
    async [Symbol.asyncDispose]() {
      // Lazily: what a failed test left open must not keep it.
      spawnSync('umount', ['-l', mountpoint]);
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}
