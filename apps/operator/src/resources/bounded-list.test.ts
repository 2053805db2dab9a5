import { describe, expect, it } from 'vitest';
import { boundedList } from './bounded-list.ts';

describe('a bounded list', () => {
  it('joins what fits', () => {
    expect(boundedList(['a failed', 'b failed'])).toBe('a failed; b failed');
    expect(boundedList([])).toBe('');
  });

  it('counts what does not fit', () => {
    const texts = Array.from({ length: 100 }, (_, index) => `module ${index} `.padEnd(100, '.'));
    const text = boundedList(texts);
    expect(text.length).toBeLessThan(2_050);
    expect(text).toMatch(/; and 81 more$/);
  });

  it('cuts a single text that is too long', () => {
    expect(boundedList(['x'.repeat(5_000), 'y'])).toMatch(/^x{2000}; and 1 more$/);
  });
});
