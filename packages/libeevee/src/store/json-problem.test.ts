import { describe, expect, it } from 'vitest';
import { jsonProblem } from './json-problem.ts';

class Quote {
  text = 'x';
}

const cycle: Record<string, unknown> = { name: 'fox' };
cycle['friends'] = [cycle];

const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);

const shared = { a: 1 };

describe('jsonProblem', () => {
  it.each([
    ['a text', 'text'],
    ['zero', 0],
    ['null', null],
    ['nested parts', { a: [1, { b: false }], c: null }],
    ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1 })],
    ['one object in two places', [shared, shared]],
    ['100 levels', deep(100)],
  ])('accepts %s', (_what, value) => {
    expect(jsonProblem(value, 1_000)).toBeUndefined();
    expect(JSON.parse(JSON.stringify(value))).toEqual(value);
  });

  it.each([
    [undefined, 'is undefined: omit it, or use null'],
    [{ a: { b: undefined } }, '.a.b is undefined: omit it, or use null'],
    // An array with a hole.
    [Object.assign([1], { 2: 3 }), '[1] is undefined: omit it, or use null'],
    [Number.NaN, 'is NaN: JSON has only finite numbers'],
    [[Infinity], '[0] is Infinity: JSON has only finite numbers'],
    [10n, 'is a BigInt: store its toString()'],
    [{ since: new Date(0) }, '.since is a Date: store its toISOString()'],
    [new Map(), 'is a Map: store Object.fromEntries of it'],
    [new Set(), 'is a Set: store an array of its members'],
    [{ quote: new Quote() }, '.quote is a Quote: store a plain object with the fields to keep'],
    [Promise.resolve(1), 'is a Promise: await it first'],
    [{ run: () => 1 }, '.run is a function, which JSON does not have'],
    [Symbol('s'), 'is a symbol, which JSON does not have'],
    [cycle, '.friends[0] contains itself: store an identifier instead of the object'],
  ])('names the part that JSON would change, in case %#', (value, problem) => {
    expect(jsonProblem(value, 1_000)).toBe(problem);
  });

  it('refuses nesting that would exhaust the stack', () => {
    expect(jsonProblem(deep(5_000), 10_000)).toMatch(/is nested deeper than 100 levels$/);
  });

  it('refuses a value that refers to its parts too often, without following all references', () => {
    let doubled: unknown = 1;
    for (let level = 0; level < 90; level++) doubled = { left: doubled, right: doubled };
    expect(jsonProblem({ doubled }, 1_000)).toBe('has more than 1000 parts: split it');
    expect(jsonProblem(Array.from({ length: 999 }).fill(1), 1_000)).toBeUndefined();
  });
});
