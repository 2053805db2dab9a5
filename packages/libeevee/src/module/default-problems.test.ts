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

  it('accepts any value where the default is null or missing', () => {
    expect(defaultProblems({ channel: null, token: undefined }, { channel: '#a', token: 5 })).toEqual([]);
  });

  it('rejects null where the default is a string', () => {
    expect(defaultProblems({ greeting: 'hi' }, { greeting: null })).toEqual(['greeting: expected a string, found nothing']);
  });
});
