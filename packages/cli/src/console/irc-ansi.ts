/** Codes of colours and styles. @see https://modern.ircdocs.horse/formatting */
const CODE = {
  bold: '\u0002',
  colour: '\u0003',
  hexColour: '\u0004',
  reset: '\u000F',
  monospace: '\u0011',
  inverse: '\u0016',
  italic: '\u001D',
  strikethrough: '\u001E',
  underline: '\u001F',
} as const;

const HEX = '[0-9a-fA-F]{6}';

const CODES = new RegExp(
  String.raw`${CODE.colour}(?:(\d{1,2})(?:,(\d{1,2}))?)?|${CODE.hexColour}(?:(${HEX})(?:,(${HEX}))?)?|[${Object.values(CODE).join('')}]`,
  'g',
);

/** The terminal's own 16 colours in place of those of mIRC, so that they match the user's theme. */
const COLOURS = [97, 30, 34, 32, 91, 31, 35, 33, 93, 92, 36, 96, 94, 95, 90, 37] as const;

const STYLES: Readonly<Record<string, { readonly on: number; readonly off: number } | undefined>> = {
  [CODE.bold]: { on: 1, off: 22 },
  [CODE.italic]: { on: 3, off: 23 },
  [CODE.underline]: { on: 4, off: 24 },
  [CODE.strikethrough]: { on: 9, off: 29 },
  [CODE.inverse]: { on: 7, off: 27 },
};

const sgr = (...numbers: readonly number[]): string => (numbers.length === 0 ? '' : `\u001b[${numbers.join(';')}m`);

/** Numbers for a colour of mIRC; none for one beyond the 16. */
function colourNumbers(code: string | undefined, shift: 0 | 10): number[] {
  if (code === undefined) return [];
  // 99 is the default colour.
  if (code === '99') return [39 + shift];
  const colour = COLOURS[Number(code)];
  return colour === undefined ? [] : [colour + shift];
}

function hexNumbers(hex: string | undefined, layer: 38 | 48): number[] {
  if (hex === undefined) return [];
  const value = Number.parseInt(hex, 16);
  return [layer, 2, value >> 16, (value >> 8) & 255, value & 255];
}

/** Control characters, which a terminal would obey, in a visible form. */
export const visibleControls = (text: string): string =>
  text.replaceAll(/\p{Cc}/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`);

/**
 * A line with IRC formatting for a terminal. Ends every format at its end. Other control characters become visible.
 *
 * @example
 * ansiFromIrc('\u0002stop\u0002'); // '\u001b[1mstop\u001b[22m'
 */
export function ansiFromIrc(text: string): string {
  const on = new Set<string>();
  let shown = '';
  let after = 0;
  let isFormatted = false;
  for (const match of text.matchAll(CODES)) {
    const [found, colour, background, hex, hexBackground] = match;
    shown += visibleControls(text.slice(after, match.index));
    after = match.index + found.length;
    const style = STYLES[found];
    if (style !== undefined) {
      shown += sgr(on.has(found) ? style.off : style.on);
      if (!on.delete(found)) on.add(found);
    } else if (found === CODE.reset) {
      on.clear();
      shown += sgr(0);
    } else if (found.startsWith(CODE.colour)) {
      shown += colour === undefined ? sgr(39, 49) : sgr(...colourNumbers(colour, 0), ...colourNumbers(background, 10));
    } else if (found.startsWith(CODE.hexColour)) {
      shown += hex === undefined ? sgr(39, 49) : sgr(...hexNumbers(hex, 38), ...hexNumbers(hexBackground, 48));
    }
    isFormatted = true;
  }
  shown += visibleControls(text.slice(after));
  return isFormatted ? shown + sgr(0) : shown;
}
