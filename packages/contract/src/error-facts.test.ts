import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { errorCode, isErrno, messageOf, systemErrorName } from './error-facts.ts';

/** An error as Node.js makes it for a number that libuv does not know. */
function unnamed(errno: number): Error {
  const code = `Unknown system error -${errno}`;
  return Object.assign(new Error(`${code}: ${code}, write`), { code, errno: -errno, syscall: 'write' });
}

describe('an error of the operating system that Node.js has no name for', () => {
  it.each(['EDQUOT', 'ESTALE', 'ENOLCK', 'EBADMSG'] as const)('has its name: %s', (name) => {
    const error = unnamed(constants.errno[name]);
    expect(errorCode(error)).toBe(name);
    expect(isErrno(error, 'ENOENT', name)).toBe(true);
    expect(messageOf(error)).toMatch(new RegExp(`^${name}: [a-z]`));
    expect(messageOf(error)).not.toContain('Unknown');
  });

  it('keeps its number if the system has no name for it either', () => {
    const error = unnamed(9999);
    expect(errorCode(error)).toBe('Unknown system error -9999');
    expect(messageOf(error)).toBe(error.message);
    expect(systemErrorName('ENOENT')).toBe('ENOENT');
  });

  it('has its name inside the message of another error', () => {
    expect(messageOf(new Error(`cannot write: ${unnamed(constants.errno.EDQUOT).message}`))).toBe(
      'cannot write: EDQUOT: disk quota exceeded, write',
    );
  });
});
