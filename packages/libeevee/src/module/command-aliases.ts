const escaped = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);

/** What of a command decides how it is called. */
interface CalledCommand {
  readonly commandDisplayName: string;
  readonly regex: string;
  readonly help?: { readonly command?: string; readonly aliases?: readonly string[] } | undefined;
}

function answersTo(regex: string, name: string): boolean {
  const expression = new RegExp(regex);
  return [name, `${name} `, `${name} x`].some((text) => expression.exec(text)?.index === 0);
}

/** The aliases that the regex of a command does not match by itself. */
const unanswered = ({ regex, help }: CalledCommand): string[] => (help?.aliases ?? []).filter((alias) => !answersTo(regex, alias));

/** Where the regex of a command begins with its name, what follows the name; else `undefined`. */
function afterName({ commandDisplayName, regex, help }: CalledCommand): string | undefined {
  const start = `^${escaped(help?.command ?? commandDisplayName)}`;
  const rest = regex.startsWith(start) ? regex.slice(start.length) : undefined;
  // Letters, digits and quantifiers would belong to the name.
  return rest === undefined || /^[\w*+?{|-]/.test(rest) ? undefined : rest;
}

/**
 * The regex of a command that its aliases call too: what help advertises answers.
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

/** The aliases that nothing answers: the regex neither matches them nor begins with the name of the command. */
export const deafAliases = (command: CalledCommand): string[] => (afterName(command) === undefined ? unanswered(command) : []);
