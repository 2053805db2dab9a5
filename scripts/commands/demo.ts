import { ensureNodeTools, wholeNodeObstacle } from '../setup/node-tools.ts';
import { ensureBinaries } from '../setup/build-binaries.ts';
import { SetupError } from '../setup/setup-error.ts';
import { type Command, runProgram } from './command.ts';

/** The whole product on a cluster of its own; `--context NAME` takes the user's. */
export const demo: Command = async (args) => {
  try {
    if (!args.some((each) => each === '--context' || each.startsWith('--context=') || each === '--help')) {
      const obstacle = await wholeNodeObstacle();
      if (obstacle !== undefined) {
        throw new SetupError(`a Kubernetes node cannot run here: ${obstacle}. With \`--context NAME\` the demo runs in your own cluster.`);
      }
      await ensureNodeTools();
    }
    await ensureBinaries();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(error.message);
    return 69;
  }
  return runProgram('node', ['--conditions=@eeveebot/source', 'scripts/demo/main.ts', ...args]);
};
