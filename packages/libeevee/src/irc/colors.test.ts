import { describe, expect, it } from 'vitest';
import {
  colorizeBgForPlatform,
  colorizeByType,
  colorizeByValue,
  colorizeForPlatform,
  rainbowForPlatform,
  randomColorForPlatform,
  styleForPlatform,
} from './colors.ts';
import { type IrcColorName, bgColors, fgColors, ircColors, stripColors, stripColorsAndStyle, stripStyle, styles } from './format.ts';

/** IRC's control bytes in readable form: `C04`, `B`. */
const shown = (text: string): string =>
  text.replaceAll('\u0003', '^C').replaceAll('\u0002', '^B').replaceAll('\u001f', '^U').replaceAll('\u001d', '^I');

describe('on IRC', () => {
  it.each([
    ['a colour', colorizeForPlatform('stop', 'irc', 'red'), '^C04stop^C^B^B'],
    ['a colour before what would be read as a second one', colorizeForPlatform(',5', 'irc', 'red'), '^C04^B^B,5^C^B^B'],
    ['a colour before a digit', colorizeForPlatform('5', 'irc', 'white'), '^C005^C^B^B'],
    ['nothing to colour', colorizeForPlatform('', 'irc', 'lime'), '^C09^C^B^B'],
    ['a background', colorizeBgForPlatform('stop', 'irc', 'bgred'), '^C01,04stop^C^B^B'],
    ['a background without its prefix', colorizeBgForPlatform('stop', 'irc', 'red'), '^C01,04stop^C^B^B'],
    ['a style', styleForPlatform('stop', 'irc', 'bold'), '^Bstop^B'],
    ['a colour that there is not', colorizeForPlatform('stop', 'irc', 'toString' as IrcColorName), 'stop'],
    ['a colour by lot', randomColorForPlatform('x', 'irc', () => 0), '^C03x^C^B^B'],
    ['the last colour by lot', randomColorForPlatform('x', 'irc', () => 0.999), '^C14x^C^B^B'],
    ['a rainbow', rainbowForPlatform('a b🦊', 'irc'), '^C04a^C ^C07b^C08🦊^C^B^B'],
    ['a rainbow of a family', rainbowForPlatform('👨‍👩‍👧x', 'irc'), '^C04👨‍👩‍👧^C07x^C^B^B'],
  ])('gives %s', (_what, text, expected) => expect(shown(text)).toBe(expected));

  it.each([
    ['user', '11'],
    ['date', '03'],
    ['action', '08'],
    ['warning', '07'],
    ['info', '12'],
    ['title', '11'],
    ['error', '04'],
    ['success', '03'],
    ['highlight', '08'],
    ['muted', '14'],
    ['anything', '12'],
    ['constructor', '12'],
  ])('colours what is %s', (type, code) => expect(shown(colorizeByType('x', 'irc', type))).toBe(`^C${code}x^C^B^B`));

  it('uses a colour map of the caller, with its info as the fallback', () => {
    expect(shown(colorizeByType('x', 'irc', 'own', { own: 'pink' }))).toBe('^C13x^C^B^B');
    expect(shown(colorizeByType('x', 'irc', 'unknown', { info: 'pink' }))).toBe('^C13x^C^B^B');
    expect(shown(colorizeByType('x', 'irc', 'error', { own: 'pink' }))).toBe('^C04x^C^B^B');
  });

  it.each([
    [-1, '12'],
    [0, '11'],
    [15, '11'],
    [15.1, '08'],
    [25, '08'],
    [26, '04'],
    [Number.NaN, '04'],
  ])('colours the value %d: below the threshold, in the first range it is in, otherwise the fallback', (value, code) => {
    const colors = {
      lt: { threshold: 0, color: 'blue' },
      ranges: [
        { max: 15, color: 'cyan' },
        { max: 25, color: 'yellow' },
        { max: 5, color: 'pink' },
      ],
      fallback: 'red',
    } as const;
    expect(shown(colorizeByValue('x', 'irc', value, colors))).toBe(`^C${code}x^C^B^B`);
  });

  it('leaves a value without a colour unchanged', () => {
    expect(colorizeByValue('x', 'irc', 5, { ranges: [{ max: 1, color: 'red' }] })).toBe('x');
    expect(colorizeByValue('x', 'irc', 5, {})).toBe('x');
  });
});

it.each(['discord', 'IRC', '', 'slack'])('texts are unchanged on %j', (platform) => {
  expect([
    colorizeForPlatform('x', platform, 'red'),
    colorizeBgForPlatform('x', platform, 'bgred'),
    styleForPlatform('x', platform, 'bold'),
    colorizeByType('x', platform, 'user'),
    colorizeByValue('x', platform, 1, { fallback: 'red' }),
    randomColorForPlatform('x', platform),
    rainbowForPlatform('x', platform),
  ]).toEqual(Array(7).fill('x'));
});

describe('stripping', () => {
  const all = [...Object.values(fgColors), ...Object.values(bgColors), ...Object.values(styles)];

  it.each(['plain', ',5 apples', '5 apples', '', 'a,b', '🦊'])('removes all formats around %j', (text) => {
    for (const outer of all) for (const inner of all) expect(stripColorsAndStyle(outer(inner(text)))).toBe(text);
    expect(stripColorsAndStyle(ircColors.rainbow(text))).toBe(text);
  });

  it('removes only colours, or only styles', () => {
    const both = styles.bold(fgColors.red(',5'));
    expect(shown(stripColors(both))).toBe('^B,5^B');
    expect(shown(stripStyle(both))).toBe('^C04^B^B,5^C');
    expect(shown(stripStyle(`${both}5`))).toBe('^C04^B^B,5^C^B^B5');
    expect(shown(stripStyle(`${fgColors.red('x')}${styles.bold('5')}`))).toBe('^C04x^C^B^B5');
    expect(stripColors('\u0003,5 and \u00034,5x\u0004ff0000y')).toBe(',5 and xy');
  });
});

describe('text after a colour', () => {
  /** Text that IRC clients show: a colour code absorbs up to two digits, and two more after a comma. */
  const visible = (text: string): string => shown(text).replaceAll(/\^C(?:\d{1,2}(?:,\d{1,2})?)?|\^[BIU]/g, '');

  it.each(Object.keys({ ...fgColors, ...bgColors }))('is not read as another colour after %s', (name) => {
    const format: unknown = Reflect.get(ircColors, name);
    if (typeof format !== 'function') throw new TypeError(name);
    for (const following of ['5 apples', '12', ',3', '0,1'])
      expect(visible(`${String(format('sum: '))}${following}`)).toBe(`sum: ${following}`);
  });

  it('is not read as a colour after a rainbow', () => {
    expect(visible(`${rainbowForPlatform('a b', 'irc')}42`)).toBe('a b42');
    expect(visible(rainbowForPlatform('a1,2', 'irc'))).toBe('a1,2');
  });
});

describe('ircColors', () => {
  it('can be chained', () => {
    expect(shown(ircColors.bold.red('x'))).toBe('^C04^Bx^B^C^B^B');
    expect(shown(ircColors.red.bold('x'))).toBe('^B^C04x^C^B^B^B');
    expect(shown(ircColors.white.bgblack('x'))).toBe('^C00,01x^C^B^B');
    expect(shown(ircColors.bold.red.underline(',1'))).toBe('^U^C04^B,1^B^C^B^B^U');
    expect(shown(ircColors.red.rainbow('a'))).toContain('^C04');
  });

  it('has every colour and style', () => {
    for (const [name, format] of Object.entries({ ...fgColors, ...bgColors, ...styles })) {
      expect(Reflect.get(ircColors, name)('x')).toBe(format('x'));
    }
    expect(Object.keys(fgColors)).toHaveLength(27);
  });
});
