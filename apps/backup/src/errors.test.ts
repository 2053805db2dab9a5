import { describe, expect, it } from 'vitest';
import { StoreError } from '@eeveebot/object-store';
import { BackupError, failureKind, isBug } from './errors.ts';

const diskFull = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
const wrongArgument = Object.assign(new TypeError('The "path" argument must be of type string'), { code: 'ERR_INVALID_ARG_TYPE' });

describe('isBug', () => {
  it.each<[string, unknown, boolean]>([
    ['a TypeError', new TypeError('entry is undefined'), true],
    ['a wrong argument of a function of Node', wrongArgument, true],
    ['a thrown text', 'no', true],
    ['a failure of the operating system', diskFull, false],
    ['one that the tool wraps', new BackupError('io', 'cannot write', { cause: new TypeError('x') }), false],
    ['an error with a failure as its cause', new Error('cannot write', { cause: diskFull }), false],
    ['a failure of the store', new StoreError('denied', 'access denied'), false],
  ])('calls only a mistake in the code a bug: %s', (_, error, expected) => {
    expect(isBug(error)).toBe(expected);
  });
});

describe('failureKind', () => {
  it('is that of the first cause that has one', () => {
    expect(failureKind(new Error('x', { cause: new BackupError('integrity', 'truncated', { cause: diskFull }) }))).toBe('integrity');
    expect(failureKind(new Error('x', { cause: diskFull }))).toBe('io');
    expect(failureKind(new TypeError('x'))).toBe('failed');
  });
});
