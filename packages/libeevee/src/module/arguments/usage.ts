import type { HelpEntry } from '../../chat/help.ts';
import { isStandardSchema } from '../fields/standard-schema.ts';
import type { ArgumentDefinition, ArgumentsDeclaration } from './types.ts';
import { asMs, isRequired } from './values.ts';
import { durationText } from '../../duration.ts';

/** Name and type of an argument, as in a usage line. */
function label(argument: ArgumentDefinition): string {
  switch (argument.type) {
    case 'rest':
      return `${argument.name}…`;
    case 'integer':
    case 'number':
    case 'duration':
      return `${argument.name}:${argument.type}`;
    case 'choice':
      return `${argument.name}:${argument.choices.join('|')}`;
    case 'string':
    case 'nick':
      return argument.name;
  }
}

const bounds = (min: string | number | undefined, max: string | number | undefined): string => {
  if (min !== undefined && max !== undefined) return `, ${min} to ${max}`;
  return min === undefined ? (max === undefined ? '' : `, at most ${max}`) : `, at least ${min}`;
};

/** The values that an argument accepts, for help. */
function kindOf(argument: ArgumentDefinition): string {
  switch (argument.type) {
    case 'integer':
      return `a whole number${bounds(argument.min, argument.max)}`;
    case 'number':
      return `a number${bounds(argument.min, argument.max)}`;
    case 'duration': {
      const [min, max] = [asMs(argument.min), asMs(argument.max)].map((ms) => (ms === undefined ? undefined : durationText(ms)));
      return `a duration such as 1h30m${bounds(min, max)}`;
    }
    case 'nick':
      return 'a nick';
    case 'choice':
      return `one of ${argument.choices.join(', ')}`;
    case 'rest':
      return 'the rest of the text';
    case 'string':
      return 'a word, or several in quotes';
  }
}

type HelpParam = HelpEntry['params'][number];

/** Entry of an argument in help. */
function helpParam(argument: ArgumentDefinition): HelpParam {
  const { name, description } = argument;
  return { param: name, required: isRequired(argument), descr: description ?? kindOf(argument) };
}

/** Parameters of a command in help: those that its arguments declare, otherwise the ones given. */
export const helpParams = (args: ArgumentsDeclaration | undefined, given: readonly HelpParam[] = []): HelpParam[] =>
  args === undefined || isStandardSchema(args) ? [...given] : args.map(helpParam);

/**
 * How a command is called, without a prefix.
 *
 * @param given parameters of its help, for arguments that a schema declares.
 * @example
 * usageOf('remind', [{ name: 'when', type: 'duration' }, { name: 'text', type: 'rest' }]); // 'remind <when:duration> <text…>'
 */
export function usageOf(command: string, args: ArgumentsDeclaration | undefined, given: readonly HelpParam[] = []): string {
  const shown =
    args === undefined || isStandardSchema(args)
      ? given.map(({ param, required }) => ({ text: param, required }))
      : args.map((argument) => ({ text: label(argument), required: isRequired(argument) }));
  return [command, ...shown.map(({ text, required }) => (required ? `<${text}>` : `[${text}]`))].join(' ');
}

/** Fields of a call that show its prefix. */
interface PrefixedCall {
  readonly originalText: string;
  readonly matchedText: string;
}

/**
 * The text before the command in a call: `!`, or `eevee: `. Empty if the router does not send the whole message.
 *
 * @example
 * prefixOf({ originalText: '!echo hi', matchedText: 'echo hi' }); // '!'
 */
export function prefixOf({ originalText, matchedText }: PrefixedCall): string {
  const original = originalText.trimEnd();
  const matched = matchedText.trimEnd();
  return matched !== '' && original.endsWith(matched) ? original.slice(0, original.length - matched.length).trimStart() : '';
}

/**
 * The answer to a call whose arguments do not fit.
 *
 * @example
 * usageLine(call, 'roll <sides:integer>', 'sides is missing'); // 'usage: !roll <sides:integer> (sides is missing)'
 */
export const usageLine = (call: PrefixedCall, usage: string, problem: string): string => `usage: ${prefixOf(call)}${usage} (${problem})`;
