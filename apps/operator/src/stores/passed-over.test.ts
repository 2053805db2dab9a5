import { describe, expect, it } from 'vitest';
import { passedOverText } from './passed-over.ts';

describe('backups that were passed over', () => {
  it('are listed with the reason', () => {
    expect(passedOverText({ passedOver: ['b3 failed verification', 'b2 lacks files'] })).toBe('b3 failed verification; b2 lacks files');
    expect(passedOverText({})).toBeUndefined();
    expect(passedOverText({ passedOver: [] })).toBeUndefined();
  });

  it('are listed in a text of bounded length', () => {
    expect(passedOverText({ passedOver: ['x'.repeat(5_000)] })).toHaveLength(1_000);
  });
});
