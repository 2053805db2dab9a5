// Installs Debian packages. Node's built-ins only: it may run before `npm ci`.
import { spawnSync } from 'node:child_process';

/** Another apt-get or dpkg may hold the lock for as long as it installs something large. */
const LOCK_TIMEOUT_S = 600;

/** Why Debian packages cannot be installed here; undefined when they can. */
export function aptObstacle(packages) {
  if (aptGet(['--version']).status !== 0) return 'this system has no apt-get: install the programs in these packages yourself';
  if (process.getuid?.() !== 0) return `only root can install them: sudo apt-get install ${packages.join(' ')}`;
  return undefined;
}

/** Installs packages, after saying so. Gives the output of apt-get when it fails, otherwise undefined. */
export function aptInstall(packages) {
  console.error(`installing Debian packages: ${packages.join(' ')} …`);
  const args = ['install', '--yes', '--no-install-recommends', ...packages];
  // First with the package lists as they are: refreshing them takes longer than the installation.
  if (aptGet(args).status === 0) return undefined;
  aptGet(['update']);
  const { status, stdout, stderr } = aptGet(args);
  return status === 0 ? undefined : `${stdout}${stderr}`;
}

function aptGet(args) {
  return spawnSync('apt-get', ['--quiet', '-o', `DPkg::Lock::Timeout=${LOCK_TIMEOUT_S}`, ...args], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}
