import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { argumentsDeclaration } from './problems.ts';

const problems = (value: unknown): readonly string[] => argumentsDeclaration('args', value);

describe('a declaration of arguments', () => {
  it.each([
    [[]],
    [z.tuple([z.string()])],
    [
      [
        { name: 'a', type: 'string', minLength: 0, maxLength: 5, description: 'x' },
        { name: 'b-2', type: 'choice', choices: ['x', 'y'], default: 'X' },
        { name: 'c', type: 'duration', min: '1m', max: 120_000, default: '90s' },
        { name: 'd', type: 'integer', min: -5, default: 0 },
        { name: 'e', type: 'number', required: false },
        { name: 'f', type: 'nick', required: false },
        { name: 'g', type: 'string', default: '' },
        { name: 'h', type: 'rest', default: 'all of it' },
      ],
    ],
  ])('is valid: %#', (declared) => {
    expect(problems(declared)).toEqual([]);
  });

  it.each([
    ['when', 'args must be a list of arguments, or a schema that implements Standard Schema'],
    [['when'], 'args[0] must be an object'],
    [[{ type: 'string' }], 'args[0].name must consist of letters, digits, "_" and "-", and begin with a letter'],
    [[{ name: '__proto__', type: 'string' }], 'args[0].name must consist of letters, digits, "_" and "-", and begin with a letter'],
    [[{ name: 'a', type: 'text' }], 'args[0].type must be one of string, rest, integer, number, duration, nick, choice'],
    [[{ name: 'a', type: 'string', description: '' }], 'args[0].description is empty'],
    [[{ name: 'a', type: 'string', required: 'no' }], 'args[0].required must be true or false'],
    [[{ name: 'a', type: 'string', maxLength: 0 }], 'args[0].maxLength must be a whole number above 0'],
    [[{ name: 'a', type: 'string', minLength: 5, maxLength: 2 }], 'args[0].minLength must not exceed maxLength'],
    [[{ name: 'a', type: 'integer', min: '5' }], 'args[0].min must be a number'],
    [[{ name: 'a', type: 'integer', min: 5, max: 4 }], 'args[0].min must not exceed max'],
    [[{ name: 'a', type: 'integer', default: '5' }], 'args[0].default must be a number'],
    [[{ name: 'a', type: 'integer', default: 1.5 }], 'args[0].default is not a valid value of the argument: "1.5" is not a whole number'],
    [[{ name: 'a', type: 'integer', min: 5, default: 4 }], 'args[0].default is not a valid value of the argument: must be at least 5'],
    [[{ name: 'a', type: 'duration', min: 'x' }], 'args[0].min must be milliseconds, or a text such as 90s, 1h30m or 2d'],
    [[{ name: 'a', type: 'duration', min: '1h', max: '1m' }], 'args[0].min must not exceed max'],
    [
      [{ name: 'a', type: 'duration', max: '1m', default: 3_600_000 }],
      'args[0].default is not a valid value of the argument: must be at most 1m',
    ],
    [[{ name: 'a', type: 'string', default: 5 }], 'args[0].default must be a string'],
    [[{ name: 'a', type: 'nick', default: '#fox' }], 'args[0].default is not a valid value of the argument: "#fox" is not a nick'],
    [
      [{ name: 'a', type: 'rest', minLength: 2, default: '' }],
      'args[0].default is not a valid value of the argument: must have at least 2 characters',
    ],
    [[{ name: 'a', type: 'choice' }], 'args[0].choices must be a list'],
    [[{ name: 'a', type: 'choice', choices: [] }], 'args[0].choices must have at least one'],
    [[{ name: 'a', type: 'choice', choices: ['x y'] }], 'args[0].choices must be words without spaces'],
    [[{ name: 'a', type: 'choice', choices: ['x', 'X'] }], 'args[0].choices must differ by more than case'],
    [
      [{ name: 'a', type: 'choice', choices: ['x'], default: 'y' }],
      'args[0].default is not a valid value of the argument: "y" is not one of x',
    ],
    [
      [{ name: 'a', type: 'string', required: true, default: 'x' }],
      'args[0].required must be omitted: an argument with a default is optional',
    ],
    [
      [
        { name: 'a', type: 'rest' },
        { name: 'b', type: 'string' },
      ],
      'args[0]: rest must be the last argument',
    ],
    [
      [
        { name: 'a', type: 'string' },
        { name: 'a', type: 'string' },
      ],
      'args[1].name: "a" is used twice',
    ],
    [
      [
        { name: 'a', type: 'string', required: false },
        { name: 'b', type: 'string' },
      ],
      'args[1]: a required argument cannot follow an optional one',
    ],
  ])('%j has the problem: %s', (declared, problem) => {
    expect(problems(declared)).toEqual([problem]);
  });
});
