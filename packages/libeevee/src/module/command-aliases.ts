const escaped = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);

/** Fields of a command that decide how it is called. */
interface CalledCommand {
  readonly commandDisplayName: string;
  readonly regex: string;
  readonly help?: { readonly command?: string; readonly aliases?: readonly string[] } | undefined;
}

function answersTo(regex: string, name: string): boolean {
  const expression = new RegExp(regex);
  return [name, `${name} `, `${name} x`].some((text) => expression.exec(text)?.index === 0);
}

/** Aliases that the regex of a command does not match. */
const unanswered = ({ regex, help }: CalledCommand): string[] => (help?.aliases ?? []).filter((alias) => !answersTo(regex, alias));

/** The rest of a command's regex after the name, if it begins with the name; else `undefined`. */
function afterName({ commandDisplayName, regex, help }: CalledCommand): string | undefined {
  const start = `^${escaped(help?.command ?? commandDisplayName)}`;
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
  const names = [command.help?.command ?? command.commandDisplayName, ...aliases].map(escaped);
  return `^(?:${names.join('|')})${rest}`;
}

/** Aliases that cannot work: the regex neither matches them nor begins with the name of the command. */
export const deafAliases = (command: CalledCommand): string[] => (afterName(command) === undefined ? unanswered(command) : []);
