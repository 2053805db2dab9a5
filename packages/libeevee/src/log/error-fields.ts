import { withoutUrlCredentials } from './redaction.ts';

/** Maximum depth of `cause` that is logged. */
const MAX_CAUSES = 5;

/** An error in the form in which it is logged. */
export interface DescribedError {
  type: string;
  message: string;
  code?: string | number;
  stack?: string;
  cause?: DescribedError | string;
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

/**
 * `error` as a plain object. The message of a `SyntaxError` quotes its input, which may be the text of a chat message, so the quote is
 * included only where chat text may be logged.
 */
export function describedError(error: Error, { showSaid, depth = 0 }: { showSaid: boolean; depth?: number }): DescribedError {
  const quotesInput = error instanceof SyntaxError && !showSaid;
  const message = withoutUrlCredentials(quotesInput ? withoutInput(error.message) : error.message);
  const described: DescribedError = { type: error.name, message };
  if ('code' in error && (typeof error.code === 'string' || typeof error.code === 'number')) described.code = error.code;
  if (error.stack !== undefined) described.stack = quotesInput ? frames(error.stack) : withoutUrlCredentials(error.stack);
  if (error.cause instanceof Error) {
    if (depth < MAX_CAUSES) described.cause = describedError(error.cause, { showSaid, depth: depth + 1 });
  } else if (typeof error.cause === 'string') {
    described.cause = withoutUrlCredentials(error.cause);
  }
  return described;
}

/** A thrown value as an `Error`. */
export const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));
