import { describe, expect, it } from 'vitest';
import { BackupError } from '../../errors.ts';
import { entryPath } from './entry-path.ts';

describe('the path of an entry', () => {
  it.each([
    ['a', 'a'],
    ['./a', 'a'],
    ['.//a', 'a'],
    ['././a/', 'a'],
    ['a//b', 'a/b'],
    ['a/./b', 'a/b'],
    ['a/.//./b///', 'a/b'],
    ['a/b/.', 'a/b'],
    ['./', ''],
    ['.', ''],
    ['', ''],
    ['.///./', ''],
    ['...', '...'],
    ['a/..b', 'a/..b'],
    [`${'n'.repeat(255)}/b`, `${'n'.repeat(255)}/b`],
  ])('%j is normalized to %j', (raw, path) => {
    expect(entryPath(Buffer.from(raw)).toString()).toBe(path);
  });

  it('keeps bytes that are not UTF-8', () => {
    expect(entryPath(Buffer.from([0x2e, 0x2f, 0xe9, 0x2f, 0x2f, 0xff]))).toEqual(Buffer.from([0xe9, 0x2f, 0xff]));
  });

  it.each([
    ['absolute', '/a'],
    ['absolute', '//a'],
    ['absolute', '/'],
    ['upwards', '..'],
    ['upwards', '../a'],
    ['upwards', './/../a'],
    ['upwards', 'a/../../b'],
    ['upwards', 'a/..'],
    ['upwards', 'a//..//b'],
    ['zero byte', 'a\0b'],
    ['255 bytes', 'n'.repeat(256)],
    ['255 bytes', `a//${'n'.repeat(256)}/b`],
    ['65536 bytes', 'd/'.repeat(40_000)],
  ])('is rejected: %s', (reason, raw) => {
    const error = refusal(raw);
    expect(error.kind).toBe('integrity');
    expect(error.message).toContain(reason);
  });
});

function refusal(raw: string): BackupError {
  try {
    entryPath(Buffer.from(raw));
  } catch (error) {
    if (error instanceof BackupError) return error;
    throw error;
  }
  throw new Error(`${JSON.stringify(raw)} is not rejected`);
}
