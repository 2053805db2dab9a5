import { PROSE_PATTERNS, type ProsePattern } from './patterns.ts';

/** An occurrence of a pattern. */
export interface ProseFinding {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly pattern: string;
  /** The matched words, on one line. */
  readonly text: string;
  readonly instead: string;
}

/** A finding that stays, and the reason. */
export interface ProseException {
  readonly file: string;
  /** Words of the line it is in. */
  readonly words: string;
  readonly reason: string;
}

/** Between two words of a phrase: white space, or the end of a comment line and the start of the next. */
const GAP = String.raw`\s+(?:(?://|\*|#|>)\s+)?`;

/** Before the first word of a sentence: the start of a line, comment, string or table cell, or the end of another sentence. */
const START = String.raw`(?<=^[\s>*/#|-]*|[.:!?]\s+(?:(?://|\*|#)\s+)?|/\*\*\s*|//\s*|['"\x60]|\|\s*)`;

const EXPRESSIONS = PROSE_PATTERNS.map((pattern) => ({ pattern, expressions: pattern.phrases.map(expressionOf) }));

/**
 * Finds the patterns in a file's text. Comments, strings and prose are not distinguished, because identifiers do not match the patterns.
 */
export function proseFindings(file: string, text: string): readonly ProseFinding[] {
  return EXPRESSIONS.flatMap(({ pattern, expressions }) =>
    expressions.flatMap((expression) => [...text.matchAll(expression)].map((match) => findingOf({ file, text, match, pattern }))),
  ).toSorted((one, other) => one.line - other.line);
}

function expressionOf(phrase: string): RegExp {
  // A space inside a lookbehind or class is part of the phrase as well.
  const source = phrase.replaceAll('<start>', '\0').replaceAll(' ', GAP).replaceAll('\0', START);
  return new RegExp(source, phrase.includes('<start>') ? 'gm' : 'gim');
}

function findingOf({
  file,
  text,
  match,
  pattern,
}: {
  readonly file: string;
  readonly text: string;
  readonly match: RegExpMatchArray;
  readonly pattern: ProsePattern;
}): ProseFinding {
  const index = match.index ?? 0;
  return {
    file,
    line: text.slice(0, index).split('\n').length,
    pattern: pattern.name,
    text: match[0].replaceAll(/\s+/g, ' '),
    instead: pattern.instead,
  };
}
