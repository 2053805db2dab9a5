import { programsObstacle, ensurePrograms } from '../setup/install-programs.ts';
import { reportingSetupErrors, SetupError } from '../setup/setup-error.ts';
import { wholeNodeObstacle } from '../setup/whole-node.ts';
import { type Command, runProgram } from './command.ts';

/** Runs commands of this repository in a root that contains only the programs that README requires. */
export const pristine: Command = (args) =>
  reportingSetupErrors(async () => {
    const obstacle = wholeNodeObstacle() ?? programsObstacle('pristine');
    if (obstacle !== undefined) throw new SetupError(`cannot create a clean machine here: ${obstacle}`);
    ensurePrograms('pristine');
    return runProgram('pristine', 'node', ['--conditions=@eeveebot/source', 'scripts/pristine/main.ts', ...args]);
  });
