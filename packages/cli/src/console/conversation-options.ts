import { type Command, InvalidArgumentError } from 'commander';

/** Options of all commands that talk to a bot. */
export interface ConversationOptions {
  readonly nick: string;
  readonly channel: string;
  readonly prefix: string;
  readonly botNick: string;
}

/** A nick or channel, as connectors report them. */
function oneWord(value: string): string {
  if (/^[^\s\p{Cc}]+$/u.test(value)) return value;
  throw new InvalidArgumentError('Use one word.');
}

function nonEmpty(value: string): string {
  if (value.trim() !== '') return value;
  throw new InvalidArgumentError('Use at least one character, such as "!".');
}

/** A word that is a part of a NATS subject. */
export function subjectWord(value: string): string {
  if (/^[\w-]+$/.test(value)) return value;
  throw new InvalidArgumentError('Use letters, digits, "-" and "_".');
}

/** Adds {@link ConversationOptions} to a command. */
export function addConversationOptions(command: Command): Command {
  return command
    .option('--nick <name>', 'name to talk as', oneWord, 'tester')
    .option('--channel <name>', 'channel to talk in', oneWord, '#test')
    .option('--prefix <text>', 'prefix of commands', nonEmpty, '!')
    .option('--bot-nick <name>', 'name of the bot', oneWord, 'eevee');
}

/** Ends of the help texts of these commands. */
export const TALK_HELP = `
At the prompt, /help lists the commands of the console. Standard input that is not a terminal is a script: each line is
answered before the next one is sent, and lines that begin with # are comments.

Exit codes: 0 done, 1 a module crashed or a line could not be executed, 64 bad arguments, 66 no such module or file,
69 a program or server is missing, 77 permission denied.`;
