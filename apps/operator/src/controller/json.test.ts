import { describe, expect, it } from 'vitest';
import { canonicalJson, deepFreeze, equalJson, frozenWithKnownParts } from './json.ts';

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

describe('frozenWithKnownParts', () => {
  const known = deepFreeze({ spec: { image: 'echo:1', env: [{ name: 'A' }, { name: 'B' }] }, status: { replicas: 1 } });

  it('returns the known value if all is equal', () => {
    expect(frozenWithKnownParts(structuredClone(known), known)).toBe(known);
  });

  it('keeps the changed parts, and shares the others', () => {
    const changed = { ...structuredClone(known), status: { replicas: 2 } };
    const value = frozenWithKnownParts(changed, known);
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
    expect(frozenWithKnownParts<object>(value, known)).toEqual(expected);
  });

  it('detects a missing key that every object inherits', () => {
    const labelled = deepFreeze(JSON.parse('{"labels": {"a": "1", "constructor": "x"}}') as object);
    expect(frozenWithKnownParts<object>({ labels: { a: '1' } }, labelled)).toEqual({ labels: { a: '1' } });
  });

  it('does not take an inherited property for a part of the known value', () => {
    const value = JSON.parse('{"__proto__": {}}') as object;
    expect(Object.keys(frozenWithKnownParts<object>(value, deepFreeze({ a: 1 })))).toEqual(['__proto__']);
    expect(frozenWithKnownParts<object>({ constructor: { a: 1 } }, deepFreeze({ a: 1 }))).toEqual({ constructor: { a: 1 } });
  });

  it('distinguishes an undefined field from another key', () => {
    expect(Object.keys(frozenWithKnownParts<object>({ a: undefined }, deepFreeze({ b: 1 })))).toEqual(['a']);
  });

  it('freezes all parts, and stores equal texts once', () => {
    const shared: string[] = [];
    const share = (text: string) => {
      shared.push(text);
      return text;
    };
    const value = frozenWithKnownParts({ spec: { image: 'echo:2', env: [{ name: 'A' }, 'text'] }, status: { replicas: 1 } }, known, share);
    expect(value.status).toBe(known.status);
    for (const part of [value, value.spec, value.spec.env, value.spec.env[0]]) expect(Object.isFrozen(part)).toBe(true);
    expect(value.spec.env[0]).toBe(known.spec.env[0]);
    expect(shared.toSorted()).toEqual(['echo:2', 'text']);
  });

  it('leaves a frozen value unchanged', () => {
    const frozen = deepFreeze({ ...structuredClone(known), status: { replicas: 2 } });
    expect(frozenWithKnownParts(frozen, known)).toEqual({ ...known, status: { replicas: 2 } });
  });
});
