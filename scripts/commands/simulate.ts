import { ensureBinaries } from '../setup/build-binaries.ts';
import { ensurePrograms } from '../setup/install-programs.ts';
import { reportingSetupErrors } from '../setup/setup-error.ts';
import { type Command, runProgram } from './command.ts';

/** Plays random histories of the operator's world: `npm run simulate -- --seed 7 --minutes 10`. */
export const simulate: Command = (args) =>
  reportingSetupErrors(async () => {
    const programs = args.includes('--node') ? 'e2e' : 'integration';
    ensurePrograms(programs);
    await ensureBinaries();
    return runProgram(programs, 'node', ['--conditions=@eeveebot/source', 'apps/operator/test/simulation/main.ts', ...args]);
  });
