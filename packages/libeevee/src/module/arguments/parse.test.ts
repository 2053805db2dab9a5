import { describe, expect, it } from 'vitest';
import { parsedCall } from './parse.ts';
import type { ArgumentDefinition } from './types.ts';

const when: ArgumentDefinition = { name: 'when', type: 'duration', min: '1m', max: '1w' };
const text: ArgumentDefinition = { name: 'text', type: 'rest', maxLength: 20 };
const sides: ArgumentDefinition = { name: 'sides', type: 'integer', min: 2, max: 100, default: 6 };
const who: ArgumentDefinition = { name: 'who', type: 'nick', required: false };
const unit: ArgumentDefinition = { name: 'unit', type: 'choice', choices: ['C', 'F'] };
const factor: ArgumentDefinition = { name: 'factor', type: 'number', max: 10 };
const title: ArgumentDefinition = { name: 'title', type: 'string', minLength: 2 };

describe('a call', () => {
  it.each([
    ['1h30m  the "milk"  now ', [when, text], { when: 5_400_000, text: 'the "milk"  now' }],
    ['', [], {}],
    ['', [sides, who], { sides: 6, who: undefined }],
    ['20 @fox:', [sides, who], { sides: 20, who: 'fox' }],
    [`20 ${'x'.repeat(128)}`, [sides, who], { sides: 20, who: 'x'.repeat(128) }],
    ['+7', [sides], { sides: 7 }],
    ['f', [unit], { unit: 'F' }],
    ['-2.5e0', [factor], { factor: -2.5 }],
    ['"a title"', [title], { title: 'a title' }],
    ['🦊🦉', [title], { title: '🦊🦉' }],
    ['', [{ name: 'for', type: 'duration', default: '1h' }], { for: 3_600_000 }],
    ['', [{ name: 'for', type: 'duration', default: 5 }], { for: 5 }],
    ['', [{ ...text, default: 'nothing' }], { text: 'nothing' }],
    ['', [{ ...text, default: '' }], { text: '' }],
    ['', [{ ...unit, default: 'f' }], { unit: 'F' }],
    ['', [{ name: 'who', type: 'nick', default: '@fox' }], { who: 'fox' }],
    ['', [{ ...factor, default: -0 }], { factor: 0 }],
    ['', [{ ...factor, default: 1e-7 }], { factor: 1e-7 }],
    ['-0', [factor], { factor: 0 }],
  ] satisfies [string, ArgumentDefinition[], unknown][])('%j fits', (said, declared, args) => {
    expect(parsedCall(said, declared)).toEqual({ args });
  });

  it.each([
    ['', [when, text], 'when is missing'],
    ['5m', [when, text], 'text is missing'],
    ['soon x', [when, text], 'when: "soon" is not a duration such as 90s, 1h30m or 2d'],
    ['5s x', [when, text], 'when: must be at least 1m'],
    ['8d x', [when, text], 'when: must be at most 1w'],
    [`1h ${'x'.repeat(21)}`, [when, text], 'text: must have at most 20 characters'],
    ['six', [sides], 'sides: "six" is not a whole number'],
    ['2.5', [sides], 'sides: "2.5" is not a whole number'],
    ['9007199254740993', [{ name: 'n', type: 'integer' }], 'n: "9007199254740993" is not a whole number'],
    ['1', [sides], 'sides: must be at least 2'],
    ['101', [sides], 'sides: must be at most 100'],
    ['0x10', [factor], 'factor: "0x10" is not a number'],
    ['1e999', [factor], 'factor: "1e999" is not a number'],
    ['K', [unit], 'unit: "K" is not one of C, F'],
    ['6 #fox', [sides, who], 'who: "#fox" is not a nick'],
    ['6 *!*@host', [sides, who], 'who: "*!*@host" is not a nick'],
    ['6 @', [sides, who], 'who: "@" is not a nick'],
    ['6 \ud800', [sides, who], 'who: "\ud800" is not a nick'],
    [`6 ${'x'.repeat(129)}`, [sides, who], `who: "${'x'.repeat(40)}…" is not a nick`],
    [`${'x'.repeat(39)}🦊🦊`, [sides], `sides: "${'x'.repeat(39)}🦊…" is not a whole number`],
    ['🦊', [title], 'title: must have at least 2 characters'],
    ['6 fox owl', [sides, who], '"owl" is one argument too many'],
    ['x', [], '"x" is one argument too many'],
    [`6 fox ${'o'.repeat(50)}`, [sides, who], `"${'o'.repeat(40)}…" is one argument too many`],
  ] satisfies [string, ArgumentDefinition[], string][])('%j does not fit', (said, declared, problem) => {
    expect(parsedCall(said, declared)).toEqual({ problem });
  });
});
