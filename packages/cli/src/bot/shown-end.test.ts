import { expect, it } from 'vitest';
import { shownEnd } from './shown-end.ts';

it('the end of a module is shown with its cause, if Node.js has a code for it', () => {
  expect(shownEnd({ code: 3, signal: null })).toBe('exit code 3');
  expect(shownEnd({ code: null, signal: 'SIGSEGV' })).toBe('SIGSEGV');
  expect(shownEnd({ code: 13, signal: null })).toMatch(/^exit code 13: it waits .* for a promise that nothing settles$/);
});
