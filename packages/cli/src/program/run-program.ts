import { Command, CommanderError } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { CliError, EXIT } from '../cli-error.ts';
import { nodeProblem } from './node-version.ts';

/** Adds the commands of a program. The action of each passes its exit code to `exit`. */
export interface ProgramDefinition {
  /** Name that the user types, such as `kubectl eevee`. */
  readonly name: string;
  readonly description: string;
  readonly examples: readonly string[];
  readonly addCommands: (program: Command, exit: (code: number) => void) => void;
}

/** Examples for the end of a help text. */
export const examplesHelp = (examples: readonly string[]): string => `\nExamples:\n${examples.map((example) => `  ${example}`).join('\n')}`;

/** The command line of a program. Commander suggests the nearest command or option for one that does not exist. */
export function commandLine(definition: ProgramDefinition, exit: (code: number) => void = () => {}): Command {
  const { name, description, examples, addCommands } = definition;
  // Before the commands, which inherit it.
  const program = new Command(name)
    .description(description)
    .version(manifest.version)
    .exitOverride()
    .addHelpText('after', examplesHelp(examples));
  addCommands(program, exit);
  return program;
}

/** If the reader of its output, such as `head`, has ended, the program ends silently, like a conversation on a closed terminal. */
function endWithOutput(name: string, { code, message }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE') {
    if (!process.emit('SIGHUP', 'SIGHUP')) process.exit(EXIT.done);
    return;
  }
  process.stderr.write(`${name}: cannot write the output: ${message}\n`);
  process.exit(EXIT.failed);
}

/**
 * Runs a program and returns its exit code: 64 for bad arguments, 69 for a Node.js that is too old. Shows the message of a
 * {@link CliError}; any other error is a bug of this program and is thrown.
 */
export async function runProgram(
  definition: ProgramDefinition,
  args: readonly string[],
  {
    nodeVersion = process.versions.node,
    complain = (text) => process.stderr.write(text),
  }: { readonly nodeVersion?: string; readonly complain?: (text: string) => unknown } = {},
): Promise<number> {
  const problem = nodeProblem(nodeVersion);
  if (problem !== undefined) {
    complain(`${definition.name}: ${problem}\n`);
    return EXIT.unavailable;
  }
  process.stdout.on('error', (error) => endWithOutput(definition.name, error));
  // It carries no results, and there is no other place to report the error.
  process.stderr.on('error', () => undefined);
  let code: number = EXIT.done;
  const program = commandLine(definition, (given) => (code = given));
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    // Commander has printed it.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    if (!(error instanceof CliError)) throw error;
    process.stderr.write(`${definition.name}: ${error.message}\n`);
    return error.exitCode;
  }
}
