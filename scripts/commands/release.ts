import { type Command, runProgram } from './command.ts';

/** One step of a release (`scripts/release/main.ts`), with the programs of the user: docker, cosign and helm come from the workflow. */
export const release: Command = (args) => runProgram('of the user', 'node', ['scripts/release/main.ts', ...args]);
