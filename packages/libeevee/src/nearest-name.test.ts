import { describe, expect, it } from 'vitest';
import { nearestName } from './nearest-name.ts';

describe('nearestName', () => {
  it.each([
    ['citty', 'city'],
    ['CITY', 'city'],
    ['cit', 'city'],
    ['ciyt', 'city'],
    ['unit', 'units'],
    ['weather', undefined],
    ['ab', undefined],
    ['c', undefined],
    ['', undefined],
  ])('finds for %j: %s', (asked, name) => {
    expect(nearestName(['city', 'units'], asked)).toBe(name);
  });

  it('prefers the name that differs least, then the first', () => {
    expect(nearestName(['hello', 'help', 'held'], 'hel')).toBe('help');
  });

  it('skips names of another length without comparing them', () => {
    expect(
      nearestName(
        Array.from({ length: 10_000 }, () => 'city'),
        'x'.repeat(1_000_000),
      ),
    ).toBeUndefined();
  });
});
