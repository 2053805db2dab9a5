import { ircColors } from '@eeveebot/libeevee';
import { expect, it } from 'vitest';
import { ansiFromIrc } from './irc-ansi.ts';

/** Sequences of the terminal as `<numbers>`. */
const shown = (text: string): string =>
  ansiFromIrc(text)
    .replaceAll('\u001B[', '<')
    .replaceAll(/(<[\d;]+)m/g, '$1>');

it.each([
  ['plain text', 'plain text'],
  [ircColors.bold('stop'), '<1>stop<22><0>'],
  ['\u0002bold \u001Dboth\u000F none', '<1>bold <3>both<0> none<0>'],
  ['\u000304red\u0003', '<91>red<39;49><0>'],
  ['\u00034,01both\u0003', '<91;40>both<39;49><0>'],
  ['\u000399,99default', '<39;49>default<0>'],
  ['\u000342beyond the palette', 'beyond the palette<0>'],
  ['\u00034,text', '<91>,text<0>'],
  ['\u0004FF8800hex', '<38;2;255;136;0>hex<0>'],
  ['\u001Funder\u001F \u001Estruck\u001E \u0016inverse\u0016 \u0011mono', '<4>under<24> <9>struck<29> <7>inverse<27> mono<0>'],
])('shows %j on a terminal', (text, expected) => {
  expect(shown(text)).toBe(expected);
});

it('prevents texts from controlling the terminal', () => {
  expect(ansiFromIrc('\u001B[2J\u0007\u009B1m')).toBe(String.raw`\x1b[2J\x07\x9b1m`);
});
