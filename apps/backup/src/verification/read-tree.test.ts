import { chmodSync, linkSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TemporaryFolder } from '../../test/trees.ts';
import { TreeDigest } from '../archive/content/tree-digest.ts';
import { readTree } from './read-tree.ts';

const { signal } = new AbortController();
let folder: TemporaryFolder;
let root: string;

beforeEach(() => {
  folder = new TemporaryFolder();
  root = folder.path;
});
afterEach(() => folder[Symbol.dispose]());

describe('reading an unpacked tree', () => {
  it('digests paths, contents and links, and counts linked content once', async () => {
    mkdirSync(join(root, 'a'), { mode: 0o755 });
    writeFileSync(join(root, 'a/one'), 'one', { mode: 0o640 });
    linkSync(join(root, 'a/one'), join(root, 'a/same'));
    symlinkSync('/nowhere', join(root, 'way'));
    const expected = new TreeDigest();
    const content = { crc32: crc32('one'), sizeBytes: 3 };
    expected.add({ path: Buffer.from('way'), type: 'symlink', mode: 0o777, linkTarget: Buffer.from('/nowhere') });
    expected.add({ path: Buffer.from('a'), type: 'directory', mode: 0o755 });
    expected.add({ path: Buffer.from('a/one'), type: 'file', mode: 0o640, content });
    expected.add({ path: Buffer.from('a/same'), type: 'file', mode: 0o640, content });
    expect(await readTree(root, signal)).toEqual({ digest: expected.hex(), files: 5, bytes: 3, databases: [] });
  });

  it('supports files longer than the buffer, and reads holes as zeros', async () => {
    writeFileSync(join(root, 'sparse'), 'x', { mode: 0o600 });
    truncateSync(join(root, 'sparse'), 3_000_001);
    const whole = Buffer.alloc(3_000_001);
    whole.write('x');
    const expected = new TreeDigest();
    expected.add({ path: Buffer.from('sparse'), type: 'file', mode: 0o600, content: { crc32: crc32(whole), sizeBytes: whole.length } });
    expect(await readTree(root, signal)).toEqual({ digest: expected.hex(), files: 2, bytes: 3_000_001, databases: [] });
  });

  it('reads entries without read permission and digests their original mode', async () => {
    mkdirSync(join(root, 'closed'));
    writeFileSync(join(root, 'closed/secret'), 's');
    chmodSync(join(root, 'closed/secret'), 0);
    chmodSync(join(root, 'closed'), 0);
    const expected = new TreeDigest();
    expected.add({ path: Buffer.from('closed'), type: 'directory', mode: 0 });
    expected.add({ path: Buffer.from('closed/secret'), type: 'file', mode: 0, content: { crc32: crc32('s'), sizeBytes: 1 } });
    expect(await readTree(root, signal)).toMatchObject({ digest: expected.hex() });
  });

  it('is aborted by the signal', async () => {
    writeFileSync(join(root, 'a'), 'a');
    await expect(readTree(root, AbortSignal.abort(new Error('terminated')))).rejects.toThrow('terminated');
  });
});
