import { describe, expect, it } from 'vitest';
import { passedOverText, withBoundedReasons } from './passed-over.ts';

const found = { id: 'b1', key: 'k' };

describe('backups that were passed over', () => {
  it('are named with the reason', () => {
    expect(passedOverText({ passedOver: ['b3 failed verification', 'b2 lacks files'] })).toBe(
      'newer backups were passed over: b3 failed verification; b2 lacks files',
    );
    expect(passedOverText({})).toBeUndefined();
    expect(passedOverText({ passedOver: [] })).toBeUndefined();
  });

  it('are only counted where there are many', () => {
    const many = Array.from({ length: 12 }, (_, index) => `b${index} failed verification`);
    expect(withBoundedReasons({ ...found, passedOver: many }).passedOver).toEqual([...many.slice(0, 10), 'and 2 more']);
    expect(withBoundedReasons(found)).toBe(found);
  });
});
