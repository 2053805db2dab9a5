import { type Command, runProgram } from './command.ts';
import { programStep, runSteps } from './steps.ts';

/** Makes everything again that is generated, and fails when a committed file changes by it. */
export const verify: Command = async () => {
  const generated = await runSteps([
    programStep('generate', 'build', ['npm', 'run', 'generate', '--workspaces', '--if-present']),
    // After the definitions, which the charts contain.
    programStep('charts', 'build', ['node', '--conditions=@eeveebot/source', 'charts/generate/generate.ts']),
  ]);
  if (generated.failed > 0) return 1;
  const changed = await runProgram('build', 'git', ['diff', '--exit-code', '--stat']);
  if (changed !== 0) console.error('\nThese files are generated and were not fresh: commit them as they are now.');
  return changed;
};
