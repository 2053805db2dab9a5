import { COLOR, HEX_COLOR, NOTHING, STYLE_CODES } from './format.ts';

const RESET = STYLE_CODES.normal;

/** A colour with its background, the end of a colour, a style, or a reset of all formats. */
const CODES = new RegExp(
  String.raw`(?<color>${COLOR}(?<digits>\d{1,2}(?:,\d{1,2})?)?)|(?<hex>${HEX_COLOR}(?<hexDigits>[\da-fA-F]{6}(?:,[\da-fA-F]{6})?)?)|[${Object.values(STYLE_CODES).join('')}]`,
  'g',
);

/** Formats that are active at one position of a text. */
interface Formats {
  color: string;
  readonly styles: Set<string>;
}

function follow(line: string, { color, styles }: Formats): Formats {
  const on = { color, styles: new Set(styles) };
  for (const match of line.matchAll(CODES)) {
    const [code] = match;
    const { color: coloured, digits, hex, hexDigits } = match.groups ?? {};
    if (coloured !== undefined || hex !== undefined) on.color = (digits ?? hexDigits) === undefined ? '' : code;
    else if (code === RESET) {
      on.color = '';
      on.styles.clear();
    } else if (!on.styles.delete(code)) on.styles.add(code);
  }
  return on;
}

/** A code of one or two digits, or one before a comma, would absorb the characters that follow it. */
const opened = ({ color, styles }: Formats, line: string): string => {
  const separator = color !== '' && /^[\d,a-fA-F]/.test(line) ? NOTHING : '';
  return [...styles].join('') + color + separator + line;
};

/**
 * Lines of one text, each starting with the colours and styles active at the end of the line before: on IRC, formats end with the line.
 *
 * @example
 * carriedFormats(['\u000304red', 'still red\u0003']); // ['\u000304red', '\u000304still red\u0003']
 */
export function carriedFormats(lines: readonly string[]): string[] {
  let formats: Formats = { color: '', styles: new Set() };
  return lines.map((line) => {
    const shown = line === '' ? line : opened(formats, line);
    formats = follow(line, formats);
    return shown;
  });
}
