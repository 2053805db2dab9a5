import {
  type IrcBgColorName,
  type IrcColorName,
  type IrcFormat,
  type IrcStyleName,
  bgColors,
  fgColors,
  rainbow,
  styles,
} from './format.ts';

/** Colour of each kind of text, by the name of the kind. */
export type SemanticColorMap = Readonly<Record<string, IrcColorName>>;

/** Values up to and including `max` have this colour. */
export interface ValueColorRange {
  max: number;
  color: IrcColorName;
}

/** Colour of a value: that of `lt` below its threshold, otherwise of the first range that contains it, otherwise the fallback. */
export interface ValueColors {
  lt?: { threshold: number; color: IrcColorName };
  ranges?: readonly ValueColorRange[];
  fallback?: IrcColorName;
}

const TYPE_COLORS = {
  user: 'cyan',
  date: 'green',
  action: 'yellow',
  warning: 'olive',
  info: 'blue',
  title: 'cyan',
  error: 'red',
  success: 'green',
  highlight: 'yellow',
  muted: 'gray',
} as const satisfies SemanticColorMap;

/** Colours that are readable on light and dark backgrounds. */
const READABLE: readonly IrcColorName[] = ['green', 'red', 'brown', 'purple', 'olive', 'teal', 'blue', 'pink', 'gray'];

/** The only platform whose connector supports colours. */
const COLOURED_PLATFORM = 'irc';

function formatted(text: string, platform: string, format: IrcFormat | undefined): string {
  return platform === COLOURED_PLATFORM && format !== undefined ? format(text) : text;
}

/** The value of a name that may not exist, because untyped callers can pass any. */
const named = <T>(of: Readonly<Record<string, T>>, name: string): T | undefined => (Object.hasOwn(of, name) ? of[name] : undefined);

/**
 * `text` in a colour if `platform` is `irc`; otherwise, or if the colour does not exist, unchanged.
 *
 * @example
 * colorizeForPlatform('stop', 'irc', 'red');
 */
export function colorizeForPlatform(text: string, platform: string, color: IrcColorName): string {
  return formatted(text, platform, named(fgColors, color));
}

/**
 * `text` on a background colour if `platform` is `irc`; otherwise unchanged.
 *
 * @example
 * colorizeBgForPlatform('stop', 'irc', 'bgred');
 */
export function colorizeBgForPlatform(text: string, platform: string, color: IrcBgColorName | IrcColorName): string {
  return formatted(text, platform, named(bgColors, color) ?? named(bgColors, `bg${color}`));
}

/**
 * `text` in a style if `platform` is `irc`; otherwise unchanged.
 *
 * @example
 * styleForPlatform('stop', 'irc', 'bold');
 */
export function styleForPlatform(text: string, platform: string, style: IrcStyleName): string {
  return formatted(text, platform, named(styles, style));
}

/**
 * `text` in the colour of its kind: `user`, `date`, `action`, `warning`, `info`, `title`, `error`, `success`, `highlight` or `muted`.
 * Any other kind has the colour of `info`.
 *
 * @param colors other colours, or other kinds.
 * @example
 * colorizeByType('fox', 'irc', 'user'); // cyan
 */
export function colorizeByType(text: string, platform: string, type: string, colors: SemanticColorMap = {}): string {
  const all: SemanticColorMap = { ...TYPE_COLORS, ...colors };
  return colorizeForPlatform(text, platform, named(all, type) ?? all['info'] ?? TYPE_COLORS.info);
}

/**
 * `text` in the colour of a value; unchanged if the value has none.
 *
 * @example
 * colorizeByValue('12 °C', 'irc', 12, { lt: { threshold: 0, color: 'blue' }, ranges: [{ max: 15, color: 'cyan' }], fallback: 'red' });
 */
export function colorizeByValue(text: string, platform: string, value: number, { lt, ranges = [], fallback }: ValueColors): string {
  const range = lt !== undefined && value < lt.threshold ? lt : ranges.find(({ max }) => value <= max);
  const color = range?.color ?? fallback;
  return color === undefined ? text : colorizeForPlatform(text, platform, color);
}

/**
 * `text` in a random colour that is readable on light and dark backgrounds.
 *
 * @param random returns a number in [0, 1).
 * @example
 * randomColorForPlatform('surprise', 'irc');
 */
export function randomColorForPlatform(text: string, platform: string, random: () => number = Math.random): string {
  return colorizeForPlatform(text, platform, READABLE[Math.floor(random() * READABLE.length)] ?? 'blue');
}

/**
 * `text` with each character in the next colour of the rainbow.
 *
 * @example
 * rainbowForPlatform('hooray', 'irc');
 */
export function rainbowForPlatform(text: string, platform: string): string {
  return formatted(text, platform, (plain) => rainbow(plain));
}
