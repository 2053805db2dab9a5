import { describe, expect, it } from 'vitest';
import { mountPoints, mountsBelow } from './mounts.ts';

const line = (mountPoint: string): string => `36 35 98:0 / ${mountPoint} rw,noatime master:1 - ext4 /dev/root rw,errors=continue\n`;

describe('mount points', () => {
  const found = (directory: string, ...points: readonly string[]): readonly string[] =>
    mountPoints(Buffer.from(points.map(line).join(''), 'latin1'), Buffer.from(directory, 'latin1')).map((path) => path.toString('latin1'));

  it('are those below the directory, relative to it', () => {
    expect(found('/data', '/', '/data', '/data2', '/data/a', '/data/a/b', '/dat')).toEqual(['a', 'a/b']);
    expect(found('/', '/', '/proc')).toEqual(['proc']);
  });

  it('may have names with spaces, backslashes, line feeds and bytes that are not UTF-8', () => {
    expect(found('/d a', '/d\\040a/x\\134\\012y', '/d\\040a/\xff')).toEqual(['x\\\ny', '\xff']);
  });

  it('are read from the kernel', () => {
    expect(mountsBelow('/').map(String)).toContain('proc');
  });
});
