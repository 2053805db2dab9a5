/** Longest line that a server accepts and forwards, including its line end. */
const LINE_BYTES = 512;

const COLOR = '\u0003';
const HEX_COLOR = '\u0004';
const RESET = '\u000f';

/** Bold, monospace, reverse, italic, strikethrough and underline: each code switches the style on, and off again. */
const TOGGLES = '\u0002\u0011\u0016\u001d\u001e\u001f';

/** Codes of IRC formatting; colours take up to two digits each, hexadecimal ones six. */
const FORMAT = new RegExp(
  String.raw`${COLOR}(?:\d{1,2}(?:,\d{1,2})?)?|${HEX_COLOR}(?:[\da-f]{6}(?:,[\da-f]{6})?)?|[${RESET}${TOGGLES}]`,
  'giu',
);

/** Control characters without a meaning in a text: line ends, NUL and the mark of CTCP would change the message. */
const FORBIDDEN = new RegExp(String.raw`(?![\t${COLOR}${HEX_COLOR}${RESET}${TOGGLES}])\p{Cc}`, 'gu');

/** A text without its control characters, except tabs and those of formatting. */
export const withoutControls = (text: string): string => text.replace(FORBIDDEN, '');

/** Number of bytes that a text has on the wire. */
export type ByteLength = (text: string) => number;

const utf8Length: ByteLength = (text) => Buffer.byteLength(text);

/** Part of a text that must not be split. */
interface Atom {
  readonly text: string;
  readonly bytes: number;
  readonly kind: 'format' | 'space' | 'text';
}

/** Formatting in effect: toggles, and a colour or none. */
interface Formatting {
  readonly toggles: ReadonlySet<string>;
  readonly color: string;
}

const PLAIN: Formatting = { toggles: new Set(), color: '' };

/**
 * The lines of a text: split at any line end, without control characters that a server or client would act on, and without empty lines.
 *
 * @example
 * [...textLines('one\r\n\r\ntwo\u0000')]; // ['one', 'two']
 */
export function* textLines(text: string): Generator<string> {
  for (const [found] of text.matchAll(/[^\r\n]+/g)) {
    const line = withoutControls(found);
    if (line.replace(FORMAT, '').trim() !== '') yield line;
  }
}

/**
 * Bytes available for a message, so that the server can prepend the bot's prefix and forward it whole.
 *
 * @param given.prefix `nick!ident@host` of the bot, as others see it.
 * @param given.command `PRIVMSG` or `NOTICE`.
 * @param given.enclosed bytes that enclose the text, as those of an action do.
 */
export function roomForText(given: {
  readonly prefix: string;
  readonly command: string;
  readonly target: string;
  readonly enclosed?: number;
  readonly byteLength?: ByteLength;
}): number {
  const { prefix, command, target, enclosed = 0, byteLength = utf8Length } = given;
  return LINE_BYTES - '\r\n'.length - byteLength(`:${prefix} ${command} ${target} :`) - enclosed;
}

/**
 * Splits a line into lines of at most `maxBytes`: at a space where there is one, otherwise between what people see as characters, never
 * within a formatting code. Formatting that is in effect at the end of a line continues in the next.
 *
 * Lazy: a module can send a megabyte, whose parts would take hundreds of megabytes together.
 *
 * @example
 * [...splitLine('hello world', 8)]; // ['hello', 'world']
 */
export function* splitLine(line: string, maxBytes: number, byteLength: ByteLength = utf8Length): Generator<string> {
  if (byteLength(line) <= maxBytes) {
    yield line;
    return;
  }
  let formatting = PLAIN;
  for (let rest = line; rest !== '';) {
    const { opening, taken, end } = firstLine(rest, { formatting, maxBytes, byteLength });
    const text = textOf(taken.slice(0, end));
    if (text.replace(FORMAT, '').trim() !== '') yield opening + text;
    formatting = formattingAfter(formatting, taken);
    rest = rest.slice(textOf(taken).length);
  }
}

const textOf = (atoms: readonly Atom[]): string => atoms.map(({ text }) => text).join('');

/** Characters at the end of a part of a text that may belong to a longer atom. */
const UNSURE_CHARACTERS = 256;

/** The parts of a text that make its first line, up to `end`, and the space that it is split at. */
function firstLine(
  rest: string,
  { formatting, maxBytes, byteLength }: { readonly formatting: Formatting; readonly maxBytes: number; readonly byteLength: ByteLength },
): { readonly opening: string; readonly taken: readonly Atom[]; readonly end: number } {
  // Characters have at least one byte each in most encodings.
  for (let characters = maxBytes + UNSURE_CHARACTERS; ; characters *= 2) {
    const atoms = atomsOf(rest.slice(0, characters), byteLength);
    const opening = openingOf(formatting, atoms[0]?.text ?? '');
    const { end, next } = lineEnd(atoms, maxBytes - byteLength(opening));
    const left = textOf(atoms.slice(next)).length;
    if (characters >= rest.length || left >= UNSURE_CHARACTERS / 2) return { opening, taken: atoms.slice(0, next), end };
  }
}

/** Where the first line of parts ends, and where the next begins: between them is the space that it is split at. */
function lineEnd(atoms: readonly Atom[], maxBytes: number): { readonly end: number; readonly next: number } {
  let bytes = 0;
  let end = 0;
  let lastSpace = -1;
  for (; end < atoms.length; end++) {
    const atom = atoms[end];
    if (atom === undefined || bytes + atom.bytes > maxBytes) break;
    bytes += atom.bytes;
    if (atom.kind === 'space' && end > 0) lastSpace = end;
  }
  if (end === atoms.length) return { end, next: end };
  // One atom is longer than a line, which only a tiny limit can bring about: it must go out somehow.
  if (end === 0) return { end: 1, next: 1 };
  if (atoms[end]?.kind === 'space') return { end, next: end + 1 };
  return lastSpace > 0 ? { end: lastSpace, next: lastSpace + 1 } : { end, next: end };
}

/** Created for the first line that must be split, because it takes more than a megabyte. */
let graphemes: Intl.Segmenter | undefined;

/** Clusters with many combining marks are longer than any letter: such ones are split between code points. */
const MAX_GRAPHEME_BYTES = 64;

/** Each character is one that people see. */
const PRINTABLE_ASCII = /^[ -~]*$/;

function atomsOf(line: string, byteLength: ByteLength): Atom[] {
  const atoms: Atom[] = [];
  const add = (kind: Atom['kind'], text: string): void => void atoms.push({ kind, text, bytes: byteLength(text) });
  const addText = (text: string): void => {
    if (PRINTABLE_ASCII.test(text)) {
      for (const character of text) add(character === ' ' ? 'space' : 'text', character);
      return;
    }
    graphemes ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
    for (const { segment } of graphemes.segment(text)) {
      if (segment === ' ') add('space', segment);
      else if (byteLength(segment) <= MAX_GRAPHEME_BYTES) add('text', segment);
      else for (const codePoint of segment) add('text', codePoint);
    }
  };
  let done = 0;
  for (const match of line.matchAll(FORMAT)) {
    addText(line.slice(done, match.index));
    add('format', match[0]);
    done = match.index + match[0].length;
  }
  addText(line.slice(done));
  return atoms;
}

function formattingAfter(before: Formatting, atoms: readonly Atom[]): Formatting {
  const toggles = new Set(before.toggles);
  let { color } = before;
  for (const { kind, text } of atoms) {
    if (kind !== 'format') continue;
    if (text === RESET) {
      toggles.clear();
      color = '';
    } else if (text.startsWith(COLOR) || text.startsWith(HEX_COLOR)) color = colorAfter(color, text);
    else if (!toggles.delete(text)) toggles.add(text);
  }
  return { toggles, color };
}

/** The colour in effect after a code: without a background of its own, that of the colour before stays. */
function colorAfter(before: string, code: string): string {
  if (code.length === 1) return '';
  const [, background] = before.split(',');
  // A background is written as its foreground is.
  const isOfSameKind = before.charAt(0) === code.charAt(0);
  return code.includes(',') || background === undefined || !isOfSameKind ? code : `${code},${background}`;
}

/** Codes that restore formatting before `first`. */
function openingOf({ toggles, color }: Formatting, first: string): string {
  // In two digits, so that a following digit of the text is not read as part of the colour.
  const twoDigits = color.startsWith(COLOR) ? color.replace(/\d+/g, (digits) => digits.padStart(2, '0')) : color;
  // A comma after a colour would start a background colour: bold on and off between them has no effect and prevents that.
  const apart = color !== '' && first.startsWith(',') ? '\u0002\u0002' : '';
  return [...toggles].join('') + twoDigits + apart;
}
