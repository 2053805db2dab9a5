import { type HelpEntry, nearestName } from '@eeveebot/libeevee';
import type { ModuleHelp } from './registry.ts';

/** IRC connectors split longer lines: 512 bytes less the bot's own address and the target. */
const LINE_CHARACTERS = 400;

/** Maximum number of lines of an answer: an IRC connector sends one line every two seconds, which delays its other messages. */
const MAX_LINES = 10;

/** The text before the command in the message, such as `!` or `eevee: `. */
type Prefix = string;

/** `<city>`, or `[city]` for an optional parameter. */
const placeholder = ({ param, required }: HelpEntry['params'][number]): string => (required ? `<${param}>` : `[${param}]`);

const usage = ({ command, params }: HelpEntry, prefix: Prefix): string => [`${prefix}${command}`, ...params.map(placeholder)].join(' ');

/** Words joined by `separator` into as few lines as possible. */
function filled(words: readonly string[], { first, separator }: { first: string; separator: string }): string[] {
  const lines: string[] = [];
  let line = first;
  for (const word of words) {
    const extended = line === first || line === '' ? line + word : line + separator + word;
    if (extended.length <= LINE_CHARACTERS || line === '') {
      line = extended;
    } else {
      lines.push(line);
      line = word;
    }
  }
  return line === '' ? lines : [...lines, line];
}

/** At most {@link MAX_LINES} lines; the last one states how many are omitted. */
const bounded = (lines: readonly string[]): readonly string[] =>
  lines.length <= MAX_LINES ? lines : [...lines.slice(0, MAX_LINES - 1), `… and ${lines.length - MAX_LINES + 1} more lines.`];

/** Names in as few lines as possible, then the hint; `undefined` when they need more than {@link MAX_LINES}. */
function listed(names: readonly string[], { first, hint }: { first: string; hint: string }): string[] | undefined {
  const words = names.map((name, index) => (index === names.length - 1 ? `${name}.` : `${name},`));
  const lines = filled([...words, hint], { first, separator: ' ' });
  return lines.length <= MAX_LINES ? lines : undefined;
}

/** {@link listed}, truncated when there are too many names. */
function listedInPart(names: readonly string[], { first, hint }: { first: string; hint: string }): string[] {
  let most = names.length;
  for (;;) {
    const rest = names.length - most;
    const lines = listed(names.slice(0, most), { first, hint: rest === 0 ? hint : `… and ${rest} more. ${hint}` });
    if (lines !== undefined) return lines;
    most = Math.floor(most / 1.2);
  }
}

/** The lines that explain one command: usage and description, its parameters, its other names. */
function entryLines(entry: HelpEntry, prefix: Prefix): string[] {
  const { descr, params, aliases = [] } = entry;
  const heading = descr === '' ? usage(entry, prefix) : `${usage(entry, prefix)} — ${descr}`;
  const explained = params.filter((param) => param.descr !== '').map((param) => `${placeholder(param)}: ${param.descr}`);
  return [
    heading,
    ...filled(explained, { first: '', separator: ' · ' }),
    ...(aliases.length > 0 ? [`Also: ${aliases.map((alias) => prefix + alias).join(', ')}`] : []),
  ];
}

/**
 * The answer to `help`: the names of all commands, or of all modules when the commands need too many lines.
 *
 * @example
 * overview([{ from: 'echo', entries: [{ command: 'echo', descr: '', params: [] }] }], '!');
 * // ['Commands: echo. Type !help <command> for how to use one.']
 */
export function overview(modules: readonly ModuleHelp[], prefix: Prefix): string[] {
  const names = modules.flatMap(({ entries }) => entries.map(({ command }) => command));
  if (names.length === 0) return ['None of the running modules declares commands.'];
  const sorted = [...new Set(names)].toSorted(byName);
  const all = listed(sorted, { first: 'Commands: ', hint: `Type ${prefix}help <command> for how to use one.` });
  if (all !== undefined) return all;
  const first = `There are ${sorted.length} commands, in these modules: `;
  return listedInPart(
    modules.map(({ from }) => from),
    { first, hint: `Type ${prefix}help <module> for its commands.` },
  );
}

const byName = (a: string, b: string): number => a.localeCompare(b, 'en');

const namesOf = ({ command, aliases = [] }: HelpEntry): readonly string[] => [command, ...aliases];

function unknown(modules: readonly ModuleHelp[], name: string, prefix: Prefix): string[] {
  const known = modules.flatMap(({ from, entries }) => [from, ...entries.flatMap(namesOf)]);
  const nearest = nearestName(known, name);
  const suggestion = nearest === undefined ? `${prefix}help lists the commands.` : `Did you mean ${nearest}?`;
  return [`There is no command or module called "${Array.from(name).slice(0, 50).join('')}". ${suggestion}`];
}

/**
 * The answer to `help <name>`, where the name is that of a command, of one of its aliases, or of a module.
 *
 * @param name as typed; case does not matter.
 */
export function helpOn(modules: readonly ModuleHelp[], name: string, prefix: Prefix): readonly string[] {
  const wanted = name.toLowerCase();
  const commands = modules.flatMap(({ entries }) =>
    entries.filter((entry) => namesOf(entry).some((each) => each.toLowerCase() === wanted)),
  );
  if (commands.length > 0) return bounded(commands.flatMap((entry) => entryLines(entry, prefix)));
  const module = modules.find(({ from }) => from.toLowerCase() === wanted);
  if (module === undefined) return unknown(modules, wanted, prefix);
  const lines = module.entries.map((entry) => `${usage(entry, prefix)}${entry.descr === '' ? '' : ` — ${entry.descr}`}`);
  if (lines.length <= MAX_LINES) return lines;
  return listedInPart(
    module.entries.map(({ command }) => command),
    { first: `Commands of ${module.from}: `, hint: `Type ${prefix}help <command> for how to use one.` },
  );
}
