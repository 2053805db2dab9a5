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

/** Which colour a kind of text has, by the kind's name. */
export type SemanticColorMap = Readonly<Record<string, IrcColorName>>;

/** Values up to `max`, itself included, have this colour. */
export interface ValueColorRange {
  max: number;
  color: IrcColorName;
}

/** Which colour a value has: that of `lt` below its threshold, else of the first range it is in, else the fallback. */
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

/** Those that can be read on light and on dark. */
const READABLE: readonly IrcColorName[] = ['green', 'red', 'brown', 'purple', 'olive', 'teal', 'blue', 'pink', 'gray'];

/** The only platform whose connector takes colours. */
const COLOURED_PLATFORM = 'irc';

function formatted(text: string, platform: string, format: IrcFormat | undefined): string {
  return platform === COLOURED_PLATFORM && format !== undefined ? format(text) : text;
}

/** The value of a name that untyped callers may have made up. */
const named = <T>(of: Readonly<Record<string, T>>, name: string): T | undefined => (Object.hasOwn(of, name) ? of[name] : undefined);

/**
 * `text` in a colour, where `platform` is `irc`; else as it is, as it is for a colour that there is not.
 *
 * @example
 * colorizeForPlatform('stop', 'irc', 'red');
 */
export function colorizeForPlatform(text: string, platform: string, color: IrcColorName): string {
  return formatted(text, platform, named(fgColors, color));
}

/**
 * `text` on a colour, where `platform` is `irc`; else as it is.
 *
 * @example
 * colorizeBgForPlatform('stop', 'irc', 'bgred');
 */
export function colorizeBgForPlatform(text: string, platform: string, color: IrcBgColorName | IrcColorName): string {
  return formatted(text, platform, named(bgColors, color) ?? named(bgColors, `bg${color}`));
}

/**
 * `text` in a style, where `platform` is `irc`; else as it is.
 *
 * @example
 * styleForPlatform('stop', 'irc', 'bold');
 */
export function styleForPlatform(text: string, platform: string, style: IrcStyleName): string {
  return formatted(text, platform, named(styles, style));
}

/**
 * `text` in the colour of what it is: `user`, `date`, `action`, `warning`, `info`, `title`, `error`,
 * `success`, `highlight` or `muted`. Any other kind has that of `info`.
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
 * `text` in the colour of a value; without one for it, as it is.
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
 * `text` in a colour drawn by lot from those that can be read on light and on dark.
 *
 * @param random gives a number in [0, 1).
 * @example
 * randomColorForPlatform('surprise', 'irc');
 */
export function randomColorForPlatform(text: string, platform: string, random: () => number = Math.random): string {
  return colorizeForPlatform(text, platform, READABLE[Math.floor(random() * READABLE.length)] ?? 'blue');
}

/**
 * Each character of `text` in another colour.
 *
 * @example
 * rainbowForPlatform('hooray', 'irc');
 */
export function rainbowForPlatform(text: string, platform: string): string {
  return formatted(text, platform, (plain) => rainbow(plain));
}
