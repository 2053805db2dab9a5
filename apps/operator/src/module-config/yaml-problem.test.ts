import { parseDocument } from 'yaml';
import { describe, expect, it, vi } from 'vitest';
import { yamlProblem } from './yaml-problem.ts';

const isRejected = (text: string): boolean => parseDocument(text, { prettyErrors: false }).errors.length > 0;

describe('yamlProblem', () => {
  it.each([
    ['a: 1\na: 2', 'line 2, column 1 (`a: …`): the key is already in this mapping'],
    ['a: {b: 1, c: 2, b: 3}', 'line 1, column 17 (`a: {…: …, …: …, …: …}`): the key is already'],
    ['- {x: 1}\n- k: 1\n  k: 1\n', 'line 3, column 3 (`k: …`): the key is already'],
    ['a: [1\nb: 2', 'line 2, column 1 (`b: …`): a { or [ before this line is not closed; to fix it, add the missing } or ]'],
    ['a: "x', 'line 1, column 4 (`a: "…`): the quote is never closed'],
    ['a: 1\nb: !help', 'line 2, column 4 (`b: !…`): a value starts with !, which is reserved for tags; to fix it, put the whole value in'],
    ['a: !\nb: 1', 'line 1, column 5 (`a: !`): a value starts with !'],
    ['a: {{ b }}', 'line 1, column 5 (`a: {{ … }}`): a key is a mapping or a list, as in {{ name }}; to fix it,'],
    ['- #eevee\n- b', 'an entry of a list starts with #, which starts a comment; to fix it, put the entry in quotes'],
    ['a: 1\na: 2\nb: [', 'line 2, column 1 (`a: …`): the key is already'],
  ])('names line and column of the problem in %j', (text, problem) => {
    expect(yamlProblem(text)).toContain(problem);
  });

  it.each(['', 'a: 1\nb: {a: 1}\nc: [{a: 1}, {a: 2}]', '1: x\n"1": y', 'a: &x 1\nb: *x', '<<: 1\nb: 2', '<<: 1\n<<: 2'])(
    'agrees with the parser about %j',
    (text) => {
      expect(yamlProblem(text) !== undefined).toBe(isRejected(text));
    },
  );

  it('checks each key of a map once', () => {
    // If each key were compared with all others, 16 times the keys would take 256 times the work.
    const keys = (count: number) => Array.from({ length: count }, (_, index) => `k${index}: 1`).join('\n');
    const lookUps = (text: string): number => {
      using has = vi.spyOn(Set.prototype, 'has');
      yamlProblem(text);
      return has.mock.calls.length;
    };
    expect(lookUps(keys(1_600))).toBeLessThanOrEqual(lookUps(keys(100)) * 17);
  });
});
