import { withoutUrlCredentials } from './redaction.ts';

/** Deepest `cause` that is written. */
const MAX_CAUSES = 5;

/** An error as a log line carries it. */
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
 * `error` as a plain object. The message of a `SyntaxError` quotes what was parsed, which may be
 * text of a message, so that part of it is written only where that may be.
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
