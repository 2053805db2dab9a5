// Whether node_modules is what package-lock.json says, and `npm ci` when it is not. Node's built-ins only.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** Runs `npm ci` if a package is missing or has another version than the lock file's. Ends the process when npm fails. */
export async function ensureModules(root) {
  if (modulesMatch(root)) return;
  console.error('installing the modules of package-lock.json (npm ci) …');
  const started = Date.now();
  // The npm that started us, if one did; on Windows only a shell finds `npm`.
  const [command, ...first] = process.env.npm_execpath?.endsWith('.js') ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const { status, error } = spawnSync(command, [...first, 'ci', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32' && command === 'npm',
  });
  if (error) console.error(`npm could not be started: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
  console.error(`modules installed in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

/** Path of the Node.js that npm installed for this machine; undefined on a machine that npm has none for. */
export function installedNode(root) {
  const file = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  return existsSync(file) ? file : undefined;
}

/**
 * Makes `node_modules/.bin/node` a link to that Node.js. npm 10 removes it: the package for another processor, which npm leaves out
 * at the end, has a program of the same name.
 */
export function linkNode(root) {
  const file = installedNode(root);
  const link = join(root, 'node_modules', '.bin', 'node');
  if (file === undefined || existsSync(link)) return;
  rmSync(link, { force: true });
  symlinkSync(relative(dirname(link), file), link);
}

/** npm keeps, inside node_modules, a lock file of what it really installed. */
export function modulesMatch(root) {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const installed = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  if (wanted === undefined || installed === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes('node_modules/')) return true;
    const present = installed[path];
    // An optional one may be for another system.
    if (present === undefined) return entry.optional === true || entry.devOptional === true || entry.peer === true;
    return present.version === entry.version && present.integrity === entry.integrity && present.link === entry.link;
  });
}

function packagesOf(lockFile) {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8')).packages;
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
