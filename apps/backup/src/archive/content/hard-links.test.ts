import { linkSync, lstatSync, mkdtempSync, rmSync, writeFileSync, type BigIntStats } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HardLinks } from './hard-links.ts';

const FIRST = { path: Buffer.from('a/\xff', 'latin1'), content: { crc32: 0xfedcba98, sizeBytes: 2 ** 40 } };

describe('the first name of an inode', () => {
  let folder: string;
  let stats: BigIntStats;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'eevee-test-'));
    writeFileSync(join(folder, 'file'), 'content');
    for (const name of ['second', 'third']) linkSync(join(folder, 'file'), join(folder, name));
    stats = lstatSync(join(folder, 'file'), { bigint: true });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Stats of the inode with changes. */
  const changed = (change: Partial<BigIntStats>): BigIntStats =>
    Object.assign(Object.create(Object.getPrototypeOf(stats) as object), stats, change);

  it('is found for each of the other names', () => {
    const links = new HardLinks();
    expect(links.firstName(stats)).toBeUndefined();
    links.add(stats, FIRST);
    expect([1, 2, 3].map(() => links.firstName(stats))).toEqual([FIRST, FIRST, undefined]);
  });

  it('is found after the file was written', () => {
    const links = new HardLinks();
    links.add(changed({ birthtimeNs: 5n }), FIRST);
    expect(links.firstName(changed({ birthtimeNs: 5n, mtimeNs: stats.mtimeNs + 1n, size: 9n }))).toEqual(FIRST);
  });

  it.each([
    ['a file created later', { birthtimeNs: 5n }, { birthtimeNs: 6n }],
    ['a symlink', { birthtimeNs: 5n }, { birthtimeNs: 5n, mode: 0o120777n }],
    ['a file with a different mtime, on a file system without birth times', { birthtimeNs: 0n }, { birthtimeNs: 0n, mtimeNs: 1n }],
  ])('is not found for %s that reuses the inode number of a removed file', (_, before, after) => {
    const links = new HardLinks();
    links.add(changed(before), FIRST);
    expect(links.firstName(changed(after))).toBeUndefined();
    // Now the number belongs to the new file.
    const second = { path: Buffer.from('b'), content: undefined };
    links.add(changed(after), second);
    expect(links.firstName(changed(after))).toEqual(second);
  });
});
