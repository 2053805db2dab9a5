import type { Command } from './command.ts';
import { LINT_STEPS } from './lint-steps.ts';
import { programStep, runSteps } from './steps.ts';

/** Lints, then compiles what changed: libraries to JavaScript and types, apps to one file each. */
export const build: Command = async () => {
  const linted = await runSteps(LINT_STEPS);
  if (linted.failed > 0) return 1;
  const built = await runSteps([
    programStep('compile', 'build', ['turbo', 'run', 'build', '--output-logs=errors-only', '--no-update-notifier']),
  ]);
  return built.failed === 0 ? 0 : 1;
};
