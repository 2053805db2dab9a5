import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A request that fails. `fold` does not fail but makes the file system case-insensitive: names are stored in lower case. */
export interface Fault {
  readonly op: 'lookup' | 'open' | 'read' | 'readdir' | 'chmod' | 'chown' | 'utimes' | 'symlink' | 'make' | 'fold';
  /** Relative path or the end of one; all paths by default. */
  readonly name?: string;
  /** For reads: offset of the first failing byte. */
  readonly from?: number;
  readonly errno: number;
}

/** Error numbers of the kernel. */
export const ERRNO = {
  EPERM: 1,
  EIO: 5,
  EACCES: 13,
  EINVAL: 22,
  ENOLCK: 37,
  ENOSYS: 38,
  EOPNOTSUPP: 95,
  ESTALE: 116,
  EDQUOT: 122,
} as const;

/** Errno of the error, as a negative number. */
export const errnoOf = (error: unknown): number | undefined =>
  error instanceof Error && 'errno' in error && typeof error.errno === 'number' ? error.errno : undefined;

/** Mounts a file system that mirrors a directory and injects faults. */
export async function mountFaulty(mountpoint: string, directory: string, faults: readonly Fault[]): Promise<AsyncDisposable> {
  const server = fileURLToPath(new URL('server.ts', import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', server, mountpoint, directory, JSON.stringify(faults)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const isMounted = await Promise.race([once(child.stdout, 'data').then(() => true), once(child, 'exit').then(() => false)]);
  if (!isMounted) throw new Error(`${mountpoint} could not be mounted`);
  return {
    async [Symbol.asyncDispose]() {
      // Lazy, because a failed test may have left files open.
      spawnSync('umount', ['-l', mountpoint]);
      // A mount namespace that was created since, such as that of a node, has a copy of the mount and would keep its server.
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}
