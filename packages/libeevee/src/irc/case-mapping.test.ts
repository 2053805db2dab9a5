import { expect, it } from 'vitest';
import { ircFolded } from './case-mapping.ts';

it.each([
  ['Fox[Away]\\~', undefined, 'fox{away}|^'],
  ['Fox[Away]\\~', 'strict-rfc1459', 'fox{away}|~'],
  ['Fox[Away]\\~', 'ascii', 'fox[away]\\~'],
])('folds %s under %s to %s', (name, mapping, expected) => {
  expect(ircFolded(name, mapping)).toBe(expected);
});

it.each(['rfc1459', 'strict-rfc1459', 'ascii'])('%s keeps letters that are not in ASCII apart', (mapping) => {
  // The first letter is the Kelvin sign.
  expect(ircFolded('\u212Aim', mapping)).not.toBe(ircFolded('kim', mapping));
  expect(ircFolded('#Ärger', mapping)).not.toBe(ircFolded('#ärger', mapping));
});

it('folds letters of all scripts for a mapping of Unicode', () => {
  expect(ircFolded('#Ärger', 'rfc7613')).toBe('#ärger');
});
