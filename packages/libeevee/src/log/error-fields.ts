import { types } from 'node:util';
import { withoutUrlCredentials } from './redaction.ts';

/** Maximum depth of `cause` that is logged. */
const MAX_CAUSES = 5;

/** Maximum number of errors of an `AggregateError` that are logged. */
const MAX_ERRORS = 5;

/** An error in the form in which it is logged. */
export interface DescribedError {
  type: string;
  message: string;
  code?: string | number;
  stack?: string;
  cause?: DescribedError | string;
  errors?: (DescribedError | string)[];
}

/** Whether the value is an error, also one of another realm, such as that of a `vm` context. Never throws, unlike `instanceof` for a Proxy. */
export function isError(value: unknown): value is Error {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  try {
    return types.isNativeError(value) || value instanceof Error;
  } catch {
    return false;
  }
}

/** The text of a value that may be anything. Never throws, unlike `String`. */
export function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return '[unreadable]';
  }
}

const frames = (stack: string): string =>
  stack
    .split('\n')
    .filter((line) => line.trimStart().startsWith('at '))
    .join('\n');

/** Parsers quote their input: JSON in double quotes or as one character, regular expressions between slashes. */
const withoutInput = (message: string): string =>
  message
    .replace(/".*"/s, '"…"')
    .replaceAll(/token '[^']*'/gs, "token '…'")
    .replace(/: \/.*\/[a-z]*: /s, ': /…/: ')
    .replace(/: `.*`$/s, ': `…`');

/** A property of an error, which may have any type, or throw when it is read. */
function propertyOf(error: Error, name: keyof AggregateError | 'code'): unknown {
  try {
    return Reflect.get(error, name);
  } catch {
    return undefined;
  }
}

/** The errors below one, of which only texts and errors are logged: other objects may contain secrets. */
function below(value: unknown, place: { showSaid: boolean; depth: number }): DescribedError | string | undefined {
  if (isError(value)) return place.depth <= MAX_CAUSES ? describedError(value, place) : undefined;
  return typeof value === 'string' ? withoutUrlCredentials(value) : undefined;
}

/**
 * `error` as a plain object. The message of a `SyntaxError` quotes its input, which may be the text of a chat message, so the quote is
 * included only where chat text may be logged. Never throws, whatever the properties of the error are.
 */
export function describedError(error: Error, { showSaid, depth = 0 }: { showSaid: boolean; depth?: number }): DescribedError {
  const [name, message, code, stack] = (['name', 'message', 'code', 'stack'] as const).map((each) => propertyOf(error, each));
  const type = typeof name === 'string' ? name : 'Error';
  const quotesInput = type === 'SyntaxError' && !showSaid;
  const said = message === undefined ? '' : textOf(message);
  const described: DescribedError = { type, message: withoutUrlCredentials(quotesInput ? withoutInput(said) : said) };
  if (typeof code === 'string' || typeof code === 'number') described.code = code;
  if (typeof stack === 'string') described.stack = quotesInput ? frames(stack) : withoutUrlCredentials(stack);
  const place = { showSaid, depth: depth + 1 };
  const cause = below(propertyOf(error, 'cause'), place);
  if (cause !== undefined) described.cause = cause;
  const errors = propertyOf(error, 'errors');
  if (Array.isArray(errors)) {
    described.errors = errors.slice(0, MAX_ERRORS).flatMap((each: unknown) => below(each, place) ?? []);
  }
  return described;
}

/** A thrown value as an `Error`. */
export const asError = (thrown: unknown): Error => (isError(thrown) ? thrown : new Error(textOf(thrown)));
