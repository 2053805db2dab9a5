import { ensureBinaries } from '../setup/build-binaries.ts';
import { ensurePrograms } from '../setup/install-programs.ts';
import { reportingSetupErrors, SetupError } from '../setup/setup-error.ts';
import { wholeNodeObstacle } from '../setup/whole-node.ts';
import { type Command, runProgram } from './command.ts';

/** The whole product on a cluster of its own; `--context NAME` uses the user's. */
export const demo: Command = (args) =>
  reportingSetupErrors(async () => {
    const ownNode = !args.some((each) => each === '--context' || each.startsWith('--context=') || each === '--help');
    if (ownNode) {
      const obstacle = wholeNodeObstacle();
      if (obstacle !== undefined) {
        throw new SetupError(`a Kubernetes node cannot run here: ${obstacle}. With \`--context NAME\` the demo runs in your own cluster.`);
      }
      ensurePrograms('demo');
    }
    await ensureBinaries();
    return runProgram(ownNode ? 'demo' : 'of the user', 'node', ['--conditions=@eeveebot/source', 'scripts/demo/main.ts', ...args]);
  });
