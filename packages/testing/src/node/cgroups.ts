import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isErrno } from '../processes/errno.ts';

const ROOT = '/sys/fs/cgroup';

const ATTEMPTS = 40;
const PAUSE_MS = 50;

/** Name of the cgroups of a node: the process that started it can be told from it. */
export function cgroupName(port: number): string {
  return `eevee-${process.pid}-${port}`;
}

/** Removes the cgroups of nodes whose process was killed, which could not do it. */
export async function removeStaleCgroups(): Promise<void> {
  const names = cgroupRoots().flatMap((root) => readdirSync(root).filter((name) => /^eevee-\d+-\d+$/.test(name)));
  for (const name of new Set(names)) {
    if (!existsSync(`/proc/${name.split('-')[1] ?? ''}`)) await removeCgroups(name);
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
    // A process of it is just ending, or somebody else was faster: an empty cgroup that stays harms nobody.
    if (!isErrno(error, 'EBUSY') && !isErrno(error, 'ENOENT')) throw error;
  }
}
