import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { ArgumentDefinition } from './types.ts';
import { helpParams, prefixOf, usageLine, usageOf } from './usage.ts';

const declared: readonly ArgumentDefinition[] = [
  { name: 'when', type: 'duration', min: 60_000, description: 'How long to wait' },
  { name: 'who', type: 'nick' },
  { name: 'unit', type: 'choice', choices: ['C', 'F'] },
  { name: 'sides', type: 'integer', min: 2, max: 100, default: 6 },
  { name: 'factor', type: 'number', max: 2, required: false },
  { name: 'title', type: 'string', required: false },
  { name: 'text', type: 'rest', required: false },
];

describe('usage and help', () => {
  it('show every type of argument', () => {
    expect(usageOf('do', declared)).toBe('do <when:duration> <who> <unit:C|F> [sides:integer] [factor:number] [title] [text…]');
    expect(helpParams(declared)).toEqual([
      { param: 'when', required: true, descr: 'How long to wait' },
      { param: 'who', required: true, descr: 'a nick' },
      { param: 'unit', required: true, descr: 'one of C, F' },
      { param: 'sides', required: false, descr: 'a whole number, 2 to 100' },
      { param: 'factor', required: false, descr: 'a number, at most 2' },
      { param: 'title', required: false, descr: 'a word, or several in quotes' },
      { param: 'text', required: false, descr: 'the rest of the text' },
    ]);
    expect(helpParams([{ name: 'for', type: 'duration', min: '1m', max: 3_600_000 }])).toMatchObject([
      { descr: 'a duration such as 1h30m, 1m to 1h' },
    ]);
  });

  it('show the parameters that help declares for a schema', () => {
    const given = [{ param: 'x', required: false, descr: 'The x' }];
    expect(usageOf('do', z.tuple([z.string()]), given)).toBe('do [x]');
    expect(helpParams(z.tuple([z.string()]), given)).toEqual(given);
  });

  it.each([
    ['!roll 6', 'roll 6', '!'],
    ['eevee: roll 6 ', 'roll 6', 'eevee: '],
    ['roll 6', 'roll 6', ''],
    ['', '', ''],
    ['!roll 6', 'other', ''],
  ])('name the prefix of %j before %j: %j', (originalText, matchedText, prefix) => {
    expect(prefixOf({ originalText, matchedText })).toBe(prefix);
    expect(usageLine({ originalText, matchedText }, 'roll', 'why')).toBe(`usage: ${prefix}roll (why)`);
  });
});
