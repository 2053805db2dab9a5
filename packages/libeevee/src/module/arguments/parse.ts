import type { ArgumentDefinition } from './types.ts';
import { isRequired, quoted, readDefault, valueIn } from './values.ts';
import { type Word, wordsOf } from './words.ts';

/** The arguments of a call by name, or why they do not fit. */
export type ParsedCall = { readonly args: Readonly<Record<string, string | number | undefined>> } | { readonly problem: string };

/** The part of the text that an argument reads, from its word on; `undefined` if the call does not give it. */
function givenText(text: string, word: Word | undefined, { type }: ArgumentDefinition): string | undefined {
  if (word === undefined) return undefined;
  return type === 'rest' ? text.slice(word.start).trimEnd() : word.text;
}

/**
 * The arguments in the text of a call.
 *
 * @example
 * parsedCall('2d "the milk"', [{ name: 'when', type: 'duration' }, { name: 'what', type: 'string' }]);
 * // { args: { when: 172800000, what: 'the milk' } }
 * parsedCall('soon', [{ name: 'when', type: 'duration' }]); // { problem: 'when: "soon" is not a duration such as 90s, 1h30m or 2d' }
 */
export function parsedCall(text: string, declared: readonly ArgumentDefinition[]): ParsedCall {
  const isOpen = declared.at(-1)?.type === 'rest';
  // One more than declared shows that there are too many.
  const words = wordsOf(text, isOpen ? declared.length : declared.length + 1);
  const args: Record<string, string | number | undefined> = {};
  let index = 0;
  for (const argument of declared) {
    const given = givenText(text, words[index++], argument);
    if (given === undefined && isRequired(argument)) return { problem: `${argument.name} is missing` };
    const read = given === undefined ? (readDefault(argument) ?? { value: undefined }) : valueIn(given, argument);
    if ('problem' in read) return { problem: `${argument.name}: ${read.problem}` };
    args[argument.name] = read.value;
  }
  const extra = words[declared.length];
  if (extra !== undefined) return { problem: `${quoted(extra.text)} is one argument too many` };
  return { args };
}
