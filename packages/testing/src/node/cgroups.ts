import { existsSync, readdirSync, readlinkSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isErrno } from '../../setup/error-facts.ts';

const ROOT = '/sys/fs/cgroup';

const ATTEMPTS = 40;
const PAUSE_MS = 50;

/** Name of the cgroups of a node, which names the process that started it: pids are of a PID namespace, which has a number too. */
export function cgroupName(port: number): string {
  return `${beginning()}${process.pid}-${port}`;
}

const beginning = (): string => `eevee-${/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0]}-`;

/**
 * Removes the cgroups of nodes whose process was killed, which could not do it. Containers and pristine roots share the file system
 * of cgroups with this machine: nodes of other PID namespaces are theirs.
 */
export async function removeStaleCgroups(): Promise<void> {
  const own = beginning();
  const names = cgroupRoots().flatMap((root) =>
    readdirSync(root).filter((name) => name.startsWith(own) && /^\d+-\d+$/.test(name.slice(own.length))),
  );
  for (const name of new Set(names)) {
    if (!existsSync(`/proc/${name.slice(own.length).split('-')[0] ?? ''}`)) await removeCgroups(name);
  }
}

/**
 * Removes the cgroups of a node that has ended: the kernel keeps them when their processes are gone. These may take a moment
 * to be gone after they were killed.
 */
export async function removeCgroups(name: string): Promise<void> {
  const folders = cgroupRoots().map((root) => join(root, name));
  for (let attempt = 0; attempt < ATTEMPTS && folders.some((folder) => existsSync(folder)); attempt++) {
    if (attempt > 0) await wait(PAUSE_MS);
    for (const folder of folders) if (existsSync(folder)) removeTree(folder);
  }
}

/** One on cgroups v2; on v1 one for each controller. */
function cgroupRoots(): string[] {
  const controllers = readdirSync(ROOT, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [ROOT, ...controllers.map((entry) => join(ROOT, entry.name))];
}

/** Innermost first; files in a cgroup's folder are the kernel's and go with it. */
function removeTree(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(join(folder, entry.name));
  }
  try {
    rmdirSync(folder);
  } catch (error) {
    // One of its processes is still ending, or another run removed it. A remaining empty cgroup does no harm.
    if (!isErrno(error, 'EBUSY') && !isErrno(error, 'ENOENT')) throw error;
  }
}
