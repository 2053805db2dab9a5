import { describe, expect, it } from 'vitest';
import { defaultProblems } from './default-problems.ts';

describe('a configuration merged over defaults', () => {
  it('is valid when its fields have the types of the defaults', () => {
    expect(
      defaultProblems({ greeting: 'hi', rate: { limit: 5 }, tags: [] }, { greeting: '', rate: { limit: 0 }, tags: [1], more: 1 }),
    ).toEqual([]);
  });

  it('reports every field of another type by its path, without its value', () => {
    expect(defaultProblems({ greeting: 'hi', rate: { limit: 5 }, tags: [] }, { greeting: 7, rate: { limit: 'secret' }, tags: {} })).toEqual(
      [
        'greeting: expected a string, found a number',
        'rate.limit: expected a number, found a string',
        'tags: expected a list, found a mapping',
      ],
    );
  });

  it('reports items of another type than those of the default, and what is not a number', () => {
    const defaults = { nicks: ['fox'], ports: [1], mixed: ['a', 1], none: [], rules: [{ a: 1 }], limit: 5 };
    expect(
      defaultProblems(defaults, {
        nicks: ['owl', 5, null],
        ports: [Number.NaN],
        mixed: [true],
        none: [1],
        rules: [{ b: 2 }],
        limit: Number.NaN,
      }),
    ).toEqual([
      'nicks[1]: expected a string, found a number',
      'nicks[2]: expected a string, found nothing',
      'ports[0]: expected a number, found NaN',
      'limit: expected a number, found NaN',
    ]);
  });

  it('accepts any value where the default is null or missing', () => {
    expect(defaultProblems({ channel: null, token: undefined }, { channel: '#a', token: 5 })).toEqual([]);
  });

  it('rejects null where the default is a string', () => {
    expect(defaultProblems({ greeting: 'hi' }, { greeting: null })).toEqual(['greeting: expected a string, found nothing']);
  });
});
