import { describe, expect, it, vi } from 'vitest';
import { deepFreeze } from '../json.ts';
import { SharedTexts } from './shared-texts.ts';

describe('SharedTexts', () => {
  it('never changes a text, however many there are', () => {
    const texts = new SharedTexts();
    const all = Array.from({ length: 5_000 }, (_, index) => `text-${index % 700}-${'x'.repeat(index % 90)}`);
    for (const text of ['', 'a', ...all]) expect(texts.of(text)).toBe(text);
  });

  it('is used for every text of a frozen value', () => {
    const share = vi.fn((text: string) => text);
    const value = deepFreeze({ a: 'one', b: [{ c: 'two' }, 'three'], d: 1, e: null }, share);
    expect(value).toEqual({ a: 'one', b: [{ c: 'two' }, 'three'], d: 1, e: null });
    expect(share.mock.calls.map(([text]) => text).toSorted()).toEqual(['one', 'three', 'two']);
    expect(Object.isFrozen(value.b[0])).toBe(true);
  });
});
