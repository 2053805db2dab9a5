import { escaped } from '../regex/escaped.ts';

/** Fields of a command that decide its name. */
interface NamedCommand {
  readonly commandDisplayName: string;
  readonly help?: { readonly command?: string; readonly aliases?: readonly string[] } | undefined;
}

/** Fields of a command that decide how it is called. */
interface CalledCommand extends NamedCommand {
  readonly regex: string;
}

/** Name of a command in help and usage lines. */
export const commandName = ({ commandDisplayName, help }: NamedCommand): string => help?.command ?? commandDisplayName;

/**
 * The regex of a command that declares none: its name, as a whole word.
 *
 * @example
 * nameRegex({ commandDisplayName: 'remind' }); // '^remind(?:\\s+|$)'
 */
export const nameRegex = (command: NamedCommand): string => String.raw`^${escaped(commandName(command))}(?:\s+|$)`;

function answersTo(regex: string, name: string): boolean {
  const expression = new RegExp(regex);
  return [name, `${name} `, `${name} x`].some((text) => expression.exec(text)?.index === 0);
}

/** Aliases that the regex of a command does not match. */
const unanswered = ({ regex, help }: CalledCommand): string[] => (help?.aliases ?? []).filter((alias) => !answersTo(regex, alias));

/** The rest of a command's regex after the name, if it begins with the name; otherwise `undefined`. */
function afterName(command: CalledCommand): string | undefined {
  const { regex } = command;
  const start = `^${escaped(commandName(command))}`;
  const rest = regex.startsWith(start) ? regex.slice(start.length) : undefined;
  // Letters, digits and quantifiers would be part of the name.
  return rest === undefined || /^[\w*+?{|-]/.test(rest) ? undefined : rest;
}

/**
 * The regex of a command extended to match its aliases, so that every alias that help lists works.
 *
 * @example
 * regexWithAliases({ commandDisplayName: 'roll', regex: String.raw`^roll\s+`, help: { aliases: ['throw'] } }); // '^(?:roll|throw)\s+'
 */
export function regexWithAliases(command: CalledCommand): string {
  const aliases = unanswered(command);
  const rest = afterName(command);
  if (aliases.length === 0 || rest === undefined) return command.regex;
  const names = [commandName(command), ...aliases].map(escaped);
  return `^(?:${names.join('|')})${rest}`;
}

/** Aliases that cannot work: the regex neither matches them nor begins with the name of the command. */
export const deafAliases = (command: CalledCommand): string[] => (afterName(command) === undefined ? unanswered(command) : []);
