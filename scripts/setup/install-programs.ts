import { spawnSync } from 'node:child_process';
import { findProgram, missingPackages } from '../../packages/testing/setup/find-program.ts';
import type { StepName } from '../../packages/testing/setup/programs.ts';
import { SetupError } from './setup-error.ts';

/** Another apt-get or dpkg may hold the lock for as long as it installs something large. */
const LOCK_TIMEOUT_S = 600;

/** Why the programs of a step cannot be had here; undefined when they can, perhaps after an installation. */
export function programsObstacle(step: StepName): string | undefined {
  const missing = missingPackages(step);
  if (missing.length === 0) return undefined;
  const needs = `it needs programs of the Debian package${missing.length === 1 ? '' : 's'} ${missing.join(' ')}`;
  if (findProgram('apt-get') === undefined)
    return `${needs}, and this system has no apt-get to install them: install their programs yourself`;
  if (process.getuid?.() !== 0) return `${needs}, and only root can install them: sudo apt-get install ${missing.join(' ')}`;
  return undefined;
}

/**
 * Installs the Debian packages that a step lacks, after saying so.
 *
 * @throws {SetupError} when they cannot be installed, or do not have the programs that the table names.
 */
export function ensurePrograms(step: StepName): void {
  const obstacle = programsObstacle(step);
  if (obstacle !== undefined) throw new SetupError(`${step} cannot run here: ${obstacle}`);
  const missing = missingPackages(step);
  if (missing.length === 0) return;
  console.error(`installing Debian packages: ${missing.join(' ')} …`);
  install(missing);
  const still = missingPackages(step);
  if (still.length > 0)
    throw new SetupError(`installed, but without the programs that packages/testing/setup/programs.ts names: ${still.join(' ')}`);
}

function install(packages: readonly string[]): void {
  const args = ['install', '--yes', '--no-install-recommends', ...packages];
  // First with the package lists as they are: refreshing them takes longer than the installation.
  if (aptGet(args).status === 0) return;
  aptGet(['update']);
  const { status, stdout, stderr } = aptGet(args);
  if (status !== 0) throw new SetupError(`apt-get could not install ${packages.join(' ')}:\n${stdout}${stderr}`);
}

function aptGet(args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync('apt-get', ['--quiet', '-o', `DPkg::Lock::Timeout=${LOCK_TIMEOUT_S}`, ...args], {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}
