import { existsSync, readdirSync, readlinkSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isErrno } from '../../setup/error-facts.ts';

const ROOT = '/sys/fs/cgroup';

const ATTEMPTS = 40;
const PAUSE_MS = 50;

/**
 * Prefix of the names of a node's cgroups, which contain the process that started it: pids are relative to a PID namespace, so its number
 * is part of the name.
 */
export function cgroupName(port: number): string {
  return `${beginning()}${process.pid}-${port}`;
}

const beginning = (): string => `eevee-${/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0]}-`;

/**
 * Removes the cgroups of nodes whose process was killed before it could remove them. Containers and pristine roots share the cgroup file
 * system with this machine: nodes of other PID namespaces belong to them.
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
 * Removes the cgroups of a node that has ended: the kernel keeps them when their processes are gone. Killed processes may take a moment to
 * end.
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

/** Innermost first; the files in a cgroup's folder belong to the kernel and are removed with it. */
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
