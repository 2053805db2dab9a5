import { describe, expect, it } from 'vitest';
import { canonicalJson, deepFreeze, equalJson, withKnownParts } from './json.ts';

describe('canonicalJson', () => {
  it.each([1, 2, 16, 17, 40])('sorts %i keys by their UTF-16 code units', (count) => {
    const names = Array.from({ length: count }, (_, index) => `${['b', 'a', 'Z', 'é', '😀', '\uff5e'][index % 6]}${count - index}`);
    const value = Object.fromEntries(names.map((name, index) => [name, index]));
    const sorted = names.toSorted().map((name) => `${JSON.stringify(name)}:${value[name]}`);
    expect(canonicalJson(value)).toBe(`{${sorted.join(',')}}`);
  });

  it('leaves undefined fields out, and keeps the order of lists', () => {
    expect(canonicalJson({ b: undefined, a: [{ d: 1, c: null }, [], 'x"', undefined] })).toBe('{"a":[{"c":null,"d":1},[],"x\\"",null]}');
  });
});

describe('equalJson', () => {
  it.each([
    [
      { a: 1, b: [{ c: 'x' }] },
      { b: [{ c: 'x' }], a: 1 },
    ],
    [{ a: 1, b: undefined }, { a: 1 }],
    [[], []],
    [null, null],
  ])('holds for %j and %j', (one, other) => {
    expect(equalJson(one, other)).toBe(true);
    expect(equalJson(other, one)).toBe(true);
  });

  it.each([
    [{ a: 1 }, { a: 1, b: null }],
    [{ a: [1, 2] }, { a: [2, 1] }],
    [{}, []],
    [{ a: 1 }, { a: '1' }],
    [[1], [1, 2]],
  ])('does not hold for %j and %j', (one, other) => {
    expect(equalJson(one, other)).toBe(false);
    expect(equalJson(other, one)).toBe(false);
  });
});

describe('withKnownParts', () => {
  const known = deepFreeze({ spec: { image: 'echo:1', env: [{ name: 'A' }, { name: 'B' }] }, status: { replicas: 1 } });

  it('returns the known value if all is equal', () => {
    expect(withKnownParts(structuredClone(known), known)).toBe(known);
  });

  it('keeps the changed parts, and shares the others', () => {
    const changed = { ...structuredClone(known), status: { replicas: 2 } };
    const value = withKnownParts(changed, known);
    expect(value).toEqual({ spec: known.spec, status: { replicas: 2 } });
    expect(value.spec).toBe(known.spec);
    expect(value).not.toBe(known);
  });

  it.each([
    ['a field is added', { ...structuredClone(known), more: 1 }],
    ['a field is removed', { spec: structuredClone(known.spec) }],
    ['a field is replaced by another', { spec: structuredClone(known.spec), more: 1 }],
    ['a list grows', { ...structuredClone(known), spec: { image: 'echo:1', env: [{ name: 'A' }, { name: 'B' }, { name: 'C' }] } }],
    ['a list shrinks', { ...structuredClone(known), spec: { image: 'echo:1', env: [{ name: 'A' }] } }],
    ['a list becomes an object', { ...structuredClone(known), spec: { image: 'echo:1', env: { 0: { name: 'A' }, 1: { name: 'B' } } } }],
  ])('has the content of the new value when %s', (_, value: object) => {
    const expected = structuredClone(value);
    expect(withKnownParts<object>(value, known)).toEqual(expected);
  });

  it('detects a missing key that every object inherits', () => {
    const labelled = deepFreeze(JSON.parse('{"labels": {"a": "1", "constructor": "x"}}') as object);
    expect(withKnownParts<object>({ labels: { a: '1' } }, labelled)).toEqual({ labels: { a: '1' } });
  });

  it('leaves a frozen value unchanged', () => {
    const frozen = deepFreeze({ ...structuredClone(known), status: { replicas: 2 } });
    expect(withKnownParts(frozen, known)).toEqual({ ...known, status: { replicas: 2 } });
  });
});
