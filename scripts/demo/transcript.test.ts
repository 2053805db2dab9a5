import { expect, it } from 'vitest';
import { shownLine } from './transcript.ts';

it.each([
  ['message', '<eevee> hello'],
  ['notice', '-eevee- hello'],
  ['action', '* eevee hello'],
  ['join', undefined],
] as const)('a line of the kind %s is shown as %s', (kind, shown) => {
  expect(shownLine({ kind, nick: 'eevee', text: 'hello' })).toBe(shown);
});
