import { type Command, runProgram } from './command.ts';
import { GENERATE_STEPS } from './generate-steps.ts';
import { runSteps } from './steps.ts';

/** Writes everything that is generated, and fails when a committed file changes. */
export const verify: Command = async () => {
  const generated = await runSteps(GENERATE_STEPS);
  if (generated.failed > 0) return 1;
  const changed = await runProgram('build', 'git', ['diff', '--exit-code', '--stat']);
  if (changed !== 0) console.error('\nThese generated files were out of date: commit the regenerated ones.');
  return changed;
};
