import { expect, it } from 'vitest';
import { ircFolded } from './case-mapping.ts';

it.each([
  ['Fox[Away]\\~', undefined, 'fox{away}|^'],
  ['Fox[Away]\\~', 'strict-rfc1459', 'fox{away}|~'],
  ['Fox[Away]\\~', 'ascii', 'fox[away]\\~'],
])('folds %s under %s to %s', (name, mapping, expected) => {
  expect(ircFolded(name, mapping)).toBe(expected);
});
