import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../processes/errno.ts';

const ROOT = '/sys/fs/cgroup';

/** Removes the cgroups of a node that has ended: the kernel keeps them when their processes are gone. */
export function removeCgroups(name: string): void {
  const controllers = readdirSync(ROOT, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const folder of [join(ROOT, name), ...controllers.map((entry) => join(ROOT, entry.name, name))]) {
    if (existsSync(folder)) removeTree(folder);
  }
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
