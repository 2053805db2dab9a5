import { describe, expect, it } from 'vitest';
import { unknownKeys } from './unknown-keys.ts';

const known = { city: 'Oslo', units: { temperature: 'C' }, channels: ['#a'], labels: {}, key: null };

describe('unknownKeys', () => {
  it('names unknown keys, each with the nearest known one', () => {
    const given = { Citty: 'Bergen', units: { temprature: 'F', wind: 'kn' }, q: 1, constructor: 2 };
    expect(unknownKeys(known, given)).toEqual([
      'Citty (did you mean city?)',
      'units.temprature (did you mean units.temperature?)',
      'units.wind',
      'q',
      'constructor',
    ]);
  });

  it('accepts any key below an empty known mapping', () => {
    expect(unknownKeys(known, { city: { a: 1 }, channels: [{ b: 2 }], labels: { c: 3 }, key: { d: 4 } })).toEqual([]);
    expect(unknownKeys({}, { a: 1 })).toEqual([]);
    expect(unknownKeys(undefined, { a: 1 })).toEqual([]);
  });
});
