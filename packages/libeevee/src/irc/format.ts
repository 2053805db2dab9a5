/**
 * Colours and styles as IRC clients interpret them.
 *
 * @see https://modern.ircdocs.horse/formatting
 */
export const COLOR = '\u0003';
export const HEX_COLOR = '\u0004';

/** Colour codes by name. */
const COLOR_CODES = {
  white: '00',
  black: '01',
  navy: '02',
  green: '03',
  red: '04',
  brown: '05',
  maroon: '05',
  purple: '06',
  violet: '06',
  olive: '07',
  yellow: '08',
  lightgreen: '09',
  lime: '09',
  teal: '10',
  bluecyan: '10',
  cyan: '11',
  aqua: '11',
  blue: '12',
  royal: '12',
  pink: '13',
  lightpurple: '13',
  fuchsia: '13',
  gray: '14',
  grey: '14',
  lightgray: '15',
  lightgrey: '15',
  silver: '15',
} as const;

/** Style codes by name; `normal` resets all colours and styles. */
export const STYLE_CODES = {
  normal: '\u000f',
  bold: '\u0002',
  italic: '\u001d',
  underline: '\u001f',
  strikethrough: '\u001e',
  monospace: '\u0011',
  inverse: '\u0016',
} as const;

/** A colour of text. */
export type IrcColorName = keyof typeof COLOR_CODES;
/** A background colour of text. */
export type IrcBgColorName = `bg${IrcColorName}`;
/** A style of text. */
export type IrcStyleName = keyof typeof STYLE_CODES;

/** Formats a text. */
export type IrcFormat = (text: string) => string;

/** Bold on and off again: invisible, and separates a code from text that would be read as part of it. */
export const NOTHING = STYLE_CODES.bold.repeat(2);

const apart = (text: string): string => (/^,\d/.test(text) ? NOTHING + text : text);

/** The end of a colour. Digits right after a bare code would be read as another colour and disappear. */
const END = COLOR + NOTHING;

const coloured =
  (code: string): IrcFormat =>
  (text) =>
    COLOR + code + apart(text) + END;

const OWN_COLOUR = new RegExp(String.raw`^${COLOR}(\d\d)(,\d\d)?([^]*)$`);

/** A text that begins with its own colour or background keeps it; any other becomes black, because a background needs a text colour. */
const onColour =
  (code: string): IrcFormat =>
  (text) => {
    const [, own, behind, rest = ''] = OWN_COLOUR.exec(text) ?? [];
    if (own === undefined) return `${COLOR}${COLOR_CODES.black},${code}${text}${END}`;
    if (behind !== undefined) return text;
    return `${COLOR}${own},${code}${rest.startsWith(NOTHING) ? rest.slice(NOTHING.length) : rest}`;
  };

const styled =
  (code: string): IrcFormat =>
  (text) =>
    code + text + code;

const isColorName = (name: string): name is IrcColorName => Object.hasOwn(COLOR_CODES, name);
const isStyleName = (name: string): name is IrcStyleName => Object.hasOwn(STYLE_CODES, name);

function formats<Name extends string>(names: readonly Name[], format: (name: Name) => IrcFormat): Readonly<Record<Name, IrcFormat>> {
  return Object.fromEntries(names.map((name) => [name, format(name)])) as Record<Name, IrcFormat>;
}

const colorNames = Object.keys(COLOR_CODES).filter(isColorName);

/** Colours a text, by the colour's name: `fgColors.red('stop')`. */
export const fgColors = formats(colorNames, (name) => coloured(COLOR_CODES[name]));

/** Colours the background of a text: `bgColors.bgred('stop')`. */
export const bgColors = formats(
  colorNames.map((name): IrcBgColorName => `bg${name}`),
  (name) => onColour(COLOR_CODES[name.slice(2) as IrcColorName]),
);

/** Styles a text: `styles.bold('stop')`. */
export const styles = formats(Object.keys(STYLE_CODES).filter(isStyleName), (name) => styled(STYLE_CODES[name]));

/** A colour by number, or by red, green and blue, each with or without a background; or the end of either. */
const COLOURS = new RegExp(
  String.raw`${COLOR}(?:\d{1,2}(?:,\d{1,2}|${NOTHING})?|${NOTHING})?|${HEX_COLOR}(?:[\da-fA-F]{6}(?:,[\da-fA-F]{6})?)?`,
  'g',
);

/** Removes all colours from a text. */
export const stripColors = (text: string): string => text.replace(COLOURS, '');

const ANY_STYLE = `[${Object.values(STYLE_CODES).join('')}]`;

/** Bold, italic and other styles, and their end; but not the separator between a colour and the text after it. */
const STYLES = new RegExp(
  String.raw`(${COLOR}\d{1,2}${NOTHING}(?=${ANY_STYLE}*,\d)|${COLOR}${NOTHING}(?=${ANY_STYLE}*\d))|${ANY_STYLE}`,
  'g',
);

/** Removes bold, italic, underline, strikethrough, monospace, inverse and resets from a text; colours stay. */
export const stripStyle = (text: string): string => text.replace(STYLES, (_found, code: string | undefined) => code ?? '');

/** Removes all colours and styles from a text. */
export const stripColorsAndStyle = (text: string): string => stripStyle(stripColors(text));

const RAINBOW: readonly IrcColorName[] = ['red', 'olive', 'yellow', 'green', 'blue', 'navy', 'violet'];

let segmenter: Intl.Segmenter | undefined;

/** Colours the characters of a text in turn; spaces are unchanged. */
export function rainbow(text: string, colors: readonly IrcColorName[] = RAINBOW): string {
  segmenter ??= new Intl.Segmenter();
  let turn = 0;
  // Splits by grapheme: half an emoji cannot be coloured.
  const coloredText = Array.from(segmenter.segment(text), ({ segment }) => {
    const name = segment.trim() === '' ? undefined : colors[turn++ % colors.length];
    return name === undefined ? segment : fgColors[name](segment);
  }).join('');
  // A colour need not end before the next one begins, and a space after it needs no separator: lines on IRC are short.
  return coloredText.replaceAll(END + COLOR, COLOR).replaceAll(`${END} `, `${COLOR} `);
}

const ALL: Readonly<Record<string, IrcFormat>> = { ...fgColors, ...bgColors, ...styles, rainbow: (text) => rainbow(text) };

/** A format whose properties are all other formats, to combine several: `ircColors.bold.red('stop')`. */
export type ChainedFormat = IrcFormat & { readonly [Name in IrcColorName | IrcBgColorName | IrcStyleName | 'rainbow']: ChainedFormat };

/** Prototype of every chained format: a property per format that applies both in turn. */
const chain: object = Object.create(Function.prototype);
for (const [name, format] of Object.entries(ALL)) {
  Object.defineProperty(chain, name, {
    get(this: IrcFormat) {
      return chained((text) => format(this(text)));
    },
  });
}

function chained(format: IrcFormat): ChainedFormat {
  const own: IrcFormat = (text) => format(text);
  return Object.setPrototypeOf(own, chain) as ChainedFormat;
}

/** {@link ircColors}. */
type IrcColors = Readonly<Record<IrcColorName | IrcBgColorName | IrcStyleName, ChainedFormat>> & {
  readonly rainbow: typeof rainbow;
  readonly stripColors: IrcFormat;
  readonly stripStyle: IrcFormat;
  readonly stripColorsAndStyle: IrcFormat;
};

/**
 * All colours and styles of IRC by name. They can be chained.
 *
 * @example
 * ircColors.bold.red('stop'); // bold, and red
 * ircColors.stripColorsAndStyle(ircColors.red('stop')); // 'stop'
 */
export const ircColors = {
  ...(Object.fromEntries(Object.entries(ALL).map(([name, format]) => [name, chained(format)])) as Record<
    IrcColorName | IrcBgColorName | IrcStyleName,
    ChainedFormat
  >),
  rainbow,
  stripColors,
  stripStyle,
  stripColorsAndStyle,
} satisfies IrcColors;
