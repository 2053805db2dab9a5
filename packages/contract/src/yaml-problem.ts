/** A problem as the `yaml` package reports it. */
export interface YamlFault {
  /** Such as `BAD_INDENT`. */
  readonly code: string;
  /** The message of the package, without the lines of the text that it can add. */
  readonly message: string;
  /** Position in the text, in characters from its start. */
  readonly at: number;
}

interface Explanation {
  readonly code: string;
  /** Pattern of the message, for codes with several causes. */
  readonly message?: RegExp;
  readonly problem: string;
  readonly fix: string;
}

const QUOTE = 'put the whole value in quotes';
const COLON = 'write `key: value`, with a space after the colon';

/** The first entry that matches explains a fault. */
const EXPLANATIONS: readonly Explanation[] = [
  { code: 'ALIAS_PROPS', problem: 'an alias (*name) cannot have an anchor or a tag', fix: 'write only the alias' },
  { code: 'BAD_ALIAS', problem: 'a value starts with * or &, which is reserved for aliases and anchors', fix: QUOTE },
  { code: 'BAD_DIRECTIVE', problem: 'a line starts with %, which is reserved for directives', fix: 'remove the line, or quote its key' },
  {
    code: 'BAD_DQ_ESCAPE',
    problem: 'a text in double quotes contains an unknown escape sequence',
    fix: 'write each backslash twice, or use single quotes',
  },
  { code: 'BAD_INDENT', message: /^Flow/, problem: 'a { or [ before this line is not closed', fix: 'add the missing } or ]' },
  {
    code: 'BAD_INDENT',
    problem: 'the line is not indented like the other entries of its mapping or list',
    fix: 'indent all entries by the same number of spaces, with a space after each dash',
  },
  { code: 'BAD_PROP_ORDER', problem: 'an anchor or a tag is in the wrong place', fix: 'write it directly before its value' },
  { code: 'BAD_SCALAR_START', problem: 'a value starts with a character that YAML reserves (@, ` or %)', fix: QUOTE },
  {
    code: 'BLOCK_AS_IMPLICIT_KEY',
    message: /sequence/,
    problem: 'a list starts on the line of its key',
    fix: 'start the list on the next line, or write [a, b]',
  },
  {
    code: 'BLOCK_AS_IMPLICIT_KEY',
    problem: 'the value contains another key: a colon and a space, or a next line that is indented too far',
    fix: 'put a value with a colon in quotes, and indent the keys of one mapping equally',
  },
  {
    code: 'BLOCK_IN_FLOW',
    problem: 'a comma is missing between { } or [ ], or the bracket is not closed',
    fix: 'separate the entries with commas, and close the bracket',
  },
  {
    code: 'COLLECTION_AS_KEY',
    problem: 'a key is a mapping or a list, as in {{ name }}',
    fix: 'put a value that starts with {{ or [ in quotes',
  },
  { code: 'COMMENT_AS_ENTRY', problem: 'an entry of a list starts with #, which starts a comment', fix: 'put the entry in quotes' },
  { code: 'DUPLICATE_KEY', problem: 'the key is already in this mapping', fix: 'remove or rename one of the two' },
  { code: 'KEY_OVER_1024_CHARS', problem: 'a key has more than 1,024 characters', fix: COLON },
  {
    code: 'MISSING_CHAR',
    message: /closing .quote/,
    problem: 'the quote is never closed',
    fix: 'close it with the same quote at the end of the value',
  },
  {
    code: 'MISSING_CHAR',
    message: /^Comments/,
    problem: 'a # directly after a text or bracket does not start a comment',
    fix: 'put a value with # in quotes, and a space before a comment',
  },
  {
    code: 'MISSING_CHAR',
    message: /^Missing ,|space after :/,
    problem: 'a comma, or a space after a colon, is missing between { } or [ ]',
    fix: 'write {key: value, other: value}',
  },
  { code: 'MISSING_CHAR', message: /without -/, problem: 'an entry of the list has no dash', fix: 'write `- ` before the entry' },
  { code: 'MISSING_CHAR', message: /^Implicit/, problem: 'the line is not a key with a value', fix: COLON },
  {
    code: 'MISSING_CHAR',
    message: /directives-end/,
    problem: 'a line starts with %, which is reserved for directives',
    fix: 'quote its key',
  },
  { code: 'MULTILINE_IMPLICIT_KEY', problem: 'the line is not a key with a value, or continues the line before it', fix: COLON },
  { code: 'MULTIPLE_DOCS', problem: 'a line with --- starts a second document', fix: 'keep one document, without such a line' },
  { code: 'TAB_AS_INDENT', problem: 'the line is indented with a tab', fix: 'use spaces' },
  {
    code: 'TAG_RESOLVE_FAILED',
    message: /tag:yaml\.org,2002:/,
    problem: 'a value does not fit its tag (!!name)',
    fix: 'remove the tag, or put a value that starts with !! in quotes',
  },
  { code: 'TAG_RESOLVE_FAILED', problem: 'a value starts with !, which is reserved for tags', fix: QUOTE },
  {
    code: 'UNEXPECTED_TOKEN',
    message: /^Block scalar header/,
    problem: 'a value starts with > or |, which is reserved for texts of several lines',
    fix: QUOTE,
  },
  {
    code: 'UNEXPECTED_TOKEN',
    message: /^Unexpected (?:,|empty item)/,
    problem: 'there is a comma too many between { } or [ ]',
    fix: 'remove it',
  },
  {
    code: 'UNEXPECTED_TOKEN',
    message: /flow-(?:map|seq)-end/,
    problem: 'a } or ] closes nothing',
    fix: 'remove it, or add the opening bracket',
  },
  {
    code: 'UNEXPECTED_TOKEN',
    message: /at node end$/,
    problem: 'a text follows the end of the value',
    fix: `${QUOTE}; write a single quote within single quotes twice`,
  },
];

const OTHERWISE = { problem: 'the text is not expected here', fix: QUOTE };

/** Limits of a line in a message: what is read of it, and what is shown. */
const MAX_READ_CHARACTERS = 500;
const MAX_SHOWN_CHARACTERS = 80;

/** The position that a user has to change: an unclosed quote is detected at the end of the text. */
function placeOf(text: string, { code, message, at }: YamlFault): number {
  const [, quote] = code === 'MISSING_CHAR' ? (/^Missing closing (.)quote/.exec(message) ?? []) : [];
  if (quote === undefined) return at;
  for (let index = text.lastIndexOf(quote, at - 1); index >= 0; index = index === 0 ? -1 : text.lastIndexOf(quote, index - 1)) {
    const isDoubled = text[index - 1] === quote || text[index + 1] === quote;
    if (!isDoubled && /[\s,:[{]/.test(text[index - 1] ?? '\n')) return index;
  }
  return at;
}

/** Quoted texts, possibly without the closing quote, and others. Never backtracks. */
const VALUES = /"(?:[^"\\]|\\.?)*(?:"|$)|'(?:[^']|'')*(?:'|$)|[^\s:,[\]{}"'#&*!|>%@`]+/g;

/** Replaces what may be a secret: everything but the key at the start of the line and the characters that have a meaning in YAML. */
function masked(line: string): string {
  const [key = ''] = /^\s*(?:- +)*-*(?:[A-Za-z_][\w.-]{0,60}(?=\s*:)|\? )?/.exec(line) ?? [];
  const values = line.slice(key.length).replaceAll(VALUES, (value) => {
    const quote = value.startsWith('"') || value.startsWith("'") ? value.charAt(0) : '';
    return `${quote}…${value.length > 1 && value.endsWith(quote) ? quote : ''}`;
  });
  const shown = key + values;
  return shown.length > MAX_SHOWN_CHARACTERS ? `${shown.slice(0, MAX_SHOWN_CHARACTERS)}…` : shown;
}

/**
 * The line at a position, with `…` for its values, which may be secrets.
 *
 * @example
 * yamlPlace('a: 1\nb: x: y', 9); // 'line 2, column 5 (`b: …: …`)'
 */
export function yamlPlace(text: string, at: number): string {
  const start = text.lastIndexOf('\n', at - 1) + 1;
  const lineNumber = text.slice(0, start).split('\n').length;
  const [line = ''] = text.slice(start).split(/\r?\n/, 1);
  const place = `line ${lineNumber}, column ${at - start + 1}`;
  return line.trim() === '' ? place : `${place} (\`${masked(line.slice(0, MAX_READ_CHARACTERS)).trim()}\`)`;
}

/**
 * A problem of a YAML text in words, with its place and the fix. Values of the text are never quoted.
 *
 * @example
 * yamlProblemText('a: 1\na: 2', { code: 'DUPLICATE_KEY', message: 'Map keys must be unique', at: 5 });
 * // 'line 2, column 1 (`a: …`): the key is already in this mapping; to fix it, remove or rename one of the two'
 */
export function yamlProblemText(text: string, fault: YamlFault): string {
  const { problem, fix } =
    EXPLANATIONS.find(({ code, message }) => code === fault.code && (message === undefined || message.test(fault.message))) ?? OTHERWISE;
  return `${yamlPlace(text, placeOf(text, fault))}: ${problem}; to fix it, ${fix}`;
}
