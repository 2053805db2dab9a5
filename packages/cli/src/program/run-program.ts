import { Command, CommanderError } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { CliError, EXIT } from './cli-error.ts';

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

/** Ends quietly when the reader of the output has ended, as `head` does: a conversation like at a closed terminal. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  if (!process.emit('SIGHUP', 'SIGHUP')) process.exit(EXIT.done);
}

/**
 * Runs a program and gives its exit code: 64 for bad arguments. Shows the message of a {@link CliError}; any other error is a fault of
 * this program and is thrown.
 */
export async function runProgram(definition: ProgramDefinition, args: readonly string[]): Promise<number> {
  process.stdout.on('error', endWithReader);
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
