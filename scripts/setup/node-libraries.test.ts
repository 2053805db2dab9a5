import { expect, it } from 'vitest';
import { missingLibraries } from './node-libraries.mjs';

const LIBC = '\tlibc.so.6 (libc6,x86-64) => /lib/x86_64-linux-gnu/libc.so.6\n';
const ATOMIC = '\tlibatomic.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libatomic.so.1\n';

it('names the libraries of Node.js that the cache of the linker lacks', () => {
  expect(missingLibraries(`2 libs found in cache\n${LIBC}`)).toEqual(['libatomic.so.1']);
  expect(missingLibraries(`2 libs found in cache\n${LIBC}${ATOMIC}`)).toEqual([]);
});

it('does nothing on a system without such a cache', () => {
  expect(missingLibraries(undefined)).toEqual([]);
});
