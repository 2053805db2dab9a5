import { expect, it } from 'vitest';
import { isService } from './services.ts';

it.each([
  ['NickServ', undefined, true],
  ['chanserv', undefined, true],
  ['X', 'x', true],
  ['X', undefined, false],
  ['fox', 'NickServ', false],
])('detects whether %s is a service on %s: %s', (nick, own, is) => {
  expect(isService(nick, own)).toBe(is);
});
