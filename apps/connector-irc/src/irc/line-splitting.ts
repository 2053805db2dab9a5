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
 * textLines('one\r\n\r\ntwo\u0000'); // ['one', 'two']
 */
export function textLines(text: string): string[] {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => line.replace(FORBIDDEN, ''))
    .filter((line) => line.replace(FORMAT, '').trim() !== '');
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
 * @example
 * splitLine('hello world', 8); // ['hello', 'world']
 */
export function splitLine(line: string, maxBytes: number, byteLength: ByteLength = utf8Length): string[] {
  if (byteLength(line) <= maxBytes) return [line];
  const atoms = atomsOf(line, byteLength);
  const lines: string[] = [];
  let formatting = PLAIN;
  for (let start = 0; start < atoms.length;) {
    const opening = openingOf(formatting, atoms[start]?.text ?? '');
    const { end, next } = lineEnd(atoms, start, maxBytes - byteLength(opening));
    const text = atoms.slice(start, end).map((atom) => atom.text);
    if (text.join('').replace(FORMAT, '').trim() !== '') lines.push(opening + text.join(''));
    formatting = formattingAfter(formatting, atoms.slice(start, next));
    start = next;
  }
  return lines;
}

/** Where a line that begins with the atom `start` ends, and where the next begins: between them is the space that it is split at. */
function lineEnd(atoms: readonly Atom[], start: number, maxBytes: number): { readonly end: number; readonly next: number } {
  let bytes = 0;
  let end = start;
  let lastSpace = -1;
  for (; end < atoms.length; end++) {
    const atom = atoms[end];
    if (atom === undefined || bytes + atom.bytes > maxBytes) break;
    bytes += atom.bytes;
    if (atom.kind === 'space' && end > start) lastSpace = end;
  }
  if (end === atoms.length) return { end, next: end };
  // One atom is longer than a line, which only a tiny limit can bring about: it must go out somehow.
  if (end === start) return { end: start + 1, next: start + 1 };
  if (atoms[end]?.kind === 'space') return { end, next: end + 1 };
  return lastSpace > start ? { end: lastSpace, next: lastSpace + 1 } : { end, next: end };
}

/** Created for the first line that must be split, because it takes more than a megabyte. */
let graphemes: Intl.Segmenter | undefined;

/** Clusters with many combining marks are longer than any letter: such ones are split between code points. */
const MAX_GRAPHEME_BYTES = 64;

function atomsOf(line: string, byteLength: ByteLength): Atom[] {
  const atoms: Atom[] = [];
  const add = (kind: Atom['kind'], text: string): void => void atoms.push({ kind, text, bytes: byteLength(text) });
  const addText = (text: string): void => {
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
    } else if (text.startsWith(COLOR) || text.startsWith(HEX_COLOR)) color = text.length === 1 ? '' : text;
    else if (!toggles.delete(text)) toggles.add(text);
  }
  return { toggles, color };
}

/** Codes that restore formatting before `first`. */
function openingOf({ toggles, color }: Formatting, first: string): string {
  // In two digits, so that a following digit of the text is not read as part of the colour.
  const twoDigits = color.startsWith(COLOR) ? color.replace(/\d+/g, (digits) => digits.padStart(2, '0')) : color;
  // A comma after a colour would start a background colour: bold on and off between them has no effect and prevents that.
  const apart = color !== '' && first.startsWith(',') ? '\u0002\u0002' : '';
  return [...toggles].join('') + twoDigits + apart;
}
