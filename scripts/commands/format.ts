import { type Command, runProgram } from './command.ts';

/** Formats everything in place. */
export const format: Command = (args) => runProgram('lint', 'oxfmt', args);
