// Shared libraries of the Node.js that npm installs. Node's built-ins only: it runs before `npm ci`, whose install scripts are
// already run with that Node.js. Programs are in the table of packages/testing/setup/programs.ts.
import { spawnSync } from 'node:child_process';
import { aptInstall, aptObstacle } from './apt.mjs';

/** Debian packages of libraries that a minimal Debian lacks. */
const LIBRARIES = { 'libatomic.so.1': 'libatomic1' };

/** Makes sure of the libraries; gives the reason when they cannot be had, otherwise undefined. */
export function ensureNodeLibraries() {
  if (process.platform !== 'linux') return undefined;
  const missing = missingLibraries(spawnSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' }).stdout);
  if (missing.length === 0) return undefined;
  const packages = missing.map((library) => LIBRARIES[library]);
  const obstacle = aptObstacle(packages) ?? aptInstall(packages);
  return obstacle && `Node.js needs ${missing.join(', ')} (Debian packages ${packages.join(' ')}): ${obstacle}`;
}

/** Which libraries the linker's cache does not name. A system without such a cache has other ways to find them. */
export function missingLibraries(cache) {
  if (!cache) return [];
  return Object.keys(LIBRARIES).filter((library) => !cache.includes(`\t${library} `));
}
