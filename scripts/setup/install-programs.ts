import { missingPackages } from '../../packages/testing/setup/find-program.ts';
import type { StepName } from '../../packages/testing/setup/programs.ts';
import { aptInstall, aptObstacle } from './apt.mjs';
import { SetupError } from './setup-error.ts';

/** Why the programs of a step cannot be had here; undefined when they can, perhaps after an installation. */
export function programsObstacle(step: StepName): string | undefined {
  const missing = missingPackages(step);
  if (missing.length === 0) return undefined;
  const obstacle = aptObstacle(missing);
  return obstacle && `it needs programs of the Debian package${missing.length === 1 ? '' : 's'} ${missing.join(' ')}, and ${obstacle}`;
}

/**
 * Installs the Debian packages that a step lacks, after saying so.
 *
 * @throws {SetupError} when they cannot be installed, or do not have the programs that the table names.
 */
export function ensurePrograms(step: StepName): void {
  const missing = missingPackages(step);
  if (missing.length === 0) return;
  const obstacle = programsObstacle(step);
  if (obstacle !== undefined) throw new SetupError(`${step} cannot run here: ${obstacle}`);
  const failure = aptInstall(missing);
  if (failure !== undefined) throw new SetupError(`apt-get could not install ${missing.join(' ')}:\n${failure}`);
  const still = missingPackages(step);
  if (still.length > 0) {
    throw new SetupError(`the installed packages lack programs listed in packages/testing/setup/programs.ts: ${still.join(' ')}`);
  }
}
