import { globSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { ensureBinaries } from '../setup/build-binaries.ts';
import { ensurePrograms } from '../setup/install-programs.ts';
import { reportingSetupErrors } from '../setup/setup-error.ts';
import { type Command, runProgram } from './command.ts';

/** Measures a part of the product against its peers: `npm run bench -- backup`. */
export const bench: Command = async ([name = '', ...args]) => {
  const known = globSync('bench/*/run.ts').map((file) => basename(dirname(file)));
  if (!known.includes(name)) {
    console.error(`usage: npm run bench -- ${known.join(' | ')} [options]`);
    return 64;
  }
  return reportingSetupErrors(async () => {
    ensurePrograms('bench');
    await ensureBinaries();
    return runProgram('bench', 'node', ['--conditions=@eeveebot/source', `bench/${name}/run.ts`, ...args]);
  });
};
