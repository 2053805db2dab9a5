import { describe, expect, it } from 'vitest';
import { mergePatch } from './merge-patch.ts';

describe('mergePatch', () => {
  it('is undefined when nothing differs, regardless of key order and undefined fields', () => {
    expect(mergePatch({ a: 1, b: { c: [{ x: 1, y: 2 }] } }, { b: { c: [{ y: 2, x: 1 }] }, a: 1, d: undefined })).toBeUndefined();
  });

  it('contains only the differences', () => {
    expect(mergePatch({ a: 1, b: 2 }, { a: 1, b: 3 })).toEqual({ b: 3 });
  });

  it('removes missing fields, including nested ones', () => {
    expect(mergePatch({ a: 1, b: { c: 2, d: 3 } }, { b: { c: 2 } })).toEqual({ a: null, b: { d: null } });
  });

  it('replaces lists as a whole', () => {
    expect(mergePatch({ list: [1, 2] }, { list: [1] })).toEqual({ list: [1] });
  });

  it('replaces a scalar by an object and vice versa', () => {
    expect(mergePatch({ a: 1, b: { c: 1 } }, { a: { x: 1 }, b: 2 })).toEqual({ a: { x: 1 }, b: 2 });
  });

  it('distinguishes an empty object from an absent one', () => {
    expect(mergePatch({}, { a: {} })).toEqual({ a: {} });
  });
});
