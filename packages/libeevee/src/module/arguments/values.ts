import { durationMs, durationText } from '../../duration.ts';
import type { ArgumentDefinition, ChoiceArgument, DurationArgument, NumberArgument, RestArgument, StringArgument } from './types.ts';

/** A value, or the reason why it cannot be read. */
export type ReadValue = { readonly value: string | number } | { readonly problem: string };

/** Longer words are not quoted whole in an answer. */
const MAX_QUOTED = 40;

/** The word as it is quoted in an answer. */
export function quoted(word: string): string {
  const characters = Array.from(word);
  return `"${characters.length > MAX_QUOTED ? `${characters.slice(0, MAX_QUOTED).join('')}…` : word}"`;
}

const INTEGER = /^[+-]?\d+$/;
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/** A bound of a duration in milliseconds. */
export const asMs = (duration: number | string | undefined): number | undefined =>
  typeof duration === 'string' ? durationMs(duration) : duration;

interface Bounds {
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly shown: (bound: number) => string;
}

function within(value: number, { min, max, shown }: Bounds): ReadValue {
  if (min !== undefined && value < min) return { problem: `must be at least ${shown(min)}` };
  if (max !== undefined && value > max) return { problem: `must be at most ${shown(max)}` };
  return { value };
}

function numberIn(word: string, { type, min, max }: NumberArgument): ReadValue {
  const value = Number(word);
  const isRead = type === 'integer' ? INTEGER.test(word) && Number.isSafeInteger(value) : DECIMAL.test(word) && Number.isFinite(value);
  if (!isRead) return { problem: `${quoted(word)} is not a ${type === 'integer' ? 'whole number' : 'number'}` };
  // Minus zero becomes zero.
  return within(value + 0, { min, max, shown: String });
}

function durationIn(word: string, { min, max }: DurationArgument): ReadValue {
  const value = durationMs(word);
  if (value === undefined) return { problem: `${quoted(word)} is not a duration such as 90s, 1h30m or 2d` };
  return within(value, { min: asMs(min), max: asMs(max), shown: durationText });
}

function textIn(word: string, { minLength = 0, maxLength = Infinity }: StringArgument | RestArgument): ReadValue {
  const length = Array.from(word).length;
  if (length < minLength) return { problem: `must have at least ${minLength} characters` };
  if (length > maxLength) return { problem: `must have at most ${maxLength} characters` };
  return { value: word };
}

/** Characters of masks and addresses, which no platform allows in a nick, and the first characters of channels. */
const NOT_A_NICK = /^[#&]|[\s!@,*?:]/;

/** Longer than nicks are on any platform; the store takes keys of this many characters, whatever they are. */
const MAX_NICK_CHARACTERS = 128;

function nickIn(word: string): ReadValue {
  const nick = word.replace(/^@/, '').replace(/[:,]$/, '');
  return nick === '' || nick.length > MAX_NICK_CHARACTERS || !nick.isWellFormed() || NOT_A_NICK.test(nick)
    ? { problem: `${quoted(word)} is not a nick` }
    : { value: nick };
}

function choiceIn(word: string, { choices }: ChoiceArgument): ReadValue {
  const lower = word.toLowerCase();
  const value = choices.find((choice) => choice === word) ?? choices.find((choice) => choice.toLowerCase() === lower);
  return value === undefined ? { problem: `${quoted(word)} is not one of ${choices.join(', ')}` } : { value };
}

/**
 * The value of an argument in a word of a call.
 *
 * @example
 * valueIn('1h30m', { name: 'when', type: 'duration' }); // { value: 5400000 }
 */
export function valueIn(word: string, argument: ArgumentDefinition): ReadValue {
  switch (argument.type) {
    case 'integer':
    case 'number':
      return numberIn(word, argument);
    case 'duration':
      return durationIn(word, argument);
    case 'nick':
      return nickIn(word);
    case 'choice':
      return choiceIn(word, argument);
    case 'string':
    case 'rest':
      return textIn(word, argument);
  }
}

/** The default of an argument as if a call gave it, so that the handler gets what it would get for the same word; `undefined` without one. */
export function readDefault(argument: ArgumentDefinition): ReadValue | undefined {
  const { default: fallback } = argument;
  if (fallback === undefined) return undefined;
  return valueIn(argument.type === 'duration' && typeof fallback === 'number' ? `${fallback}ms` : String(fallback), argument);
}

/** Whether a call must give an argument. */
export const isRequired = ({ required, default: fallback }: ArgumentDefinition): boolean => required ?? fallback === undefined;
