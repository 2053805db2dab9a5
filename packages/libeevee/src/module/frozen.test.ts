import { describe, expect, it } from 'vitest';
import { frozenCopy } from './frozen.ts';

describe('a frozen copy', () => {
  it('equals its original, which is not modified', () => {
    const date = new Date(0);
    const original = { list: [1, { deep: 'a' }], nothing: null, date, run: (): void => {} };
    const copy = frozenCopy(original);
    expect(copy).toEqual(original);
    expect(copy.date).toBe(date);
    original.list.push(2);
    expect(copy.list).toHaveLength(2);
  });

  it('is read-only at any depth', () => {
    const copy = frozenCopy({ list: [{ deep: 'a' }], deep: { deeper: { limit: 5 } } });
    expect(() => (copy.deep.deeper.limit = 6)).toThrow(TypeError);
    expect(() => copy.list.push({ deep: 'b' })).toThrow(TypeError);
    expect(() => Object.assign(copy.list[0] ?? {}, { deep: 'b' })).toThrow(TypeError);
    expect(() => Object.assign(copy, { more: 1 })).toThrow(TypeError);
  });

  it('handles cycles', () => {
    const original: { self?: unknown } = {};
    original.self = original;
    const copy = frozenCopy(original);
    expect(copy.self).toBe(copy);
  });

  it.each([[5], ['text'], [null], [undefined]])('of %j is itself', (value) => {
    expect(frozenCopy(value)).toBe(value);
  });
});
