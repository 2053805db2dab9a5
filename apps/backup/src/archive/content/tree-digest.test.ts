import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { TreeDigest, type DigestedEntry } from './tree-digest.ts';

const file = (path: string, text: string, mode = 0o640): DigestedEntry => ({
  path: Buffer.from(path),
  type: 'file',
  mode,
  content: { crc32: crc32(text), sizeBytes: text.length },
});
const link = (path: string, target: string): DigestedEntry => ({
  path: Buffer.from(path),
  type: 'symlink',
  mode: 0o777,
  linkTarget: Buffer.from(target),
});
const directory = (path: string): DigestedEntry => ({ path: Buffer.from(path), type: 'directory', mode: 0o755 });

function digestOf(entries: readonly DigestedEntry[]): string {
  const digest = new TreeDigest();
  for (const entry of entries) digest.add(entry);
  return digest.hex();
}

const tree = [directory('a'), file('a/one', '1'), file('a/two', '22'), link('a/way', 'one')];

describe('the digest of a tree', () => {
  it('is independent of the order, the root, group permissions and set-id bits', () => {
    const expected = digestOf(tree);
    expect(expected).toMatch(/^[0-9a-f]{64}$/);
    expect(digestOf(tree.toReversed())).toBe(expected);
    expect(digestOf([directory(''), ...tree])).toBe(expected);
    expect(digestOf([directory('a'), file('a/one', '1', 0o4600), file('a/two', '22', 0o666), link('a/way', 'one')])).toBe(expected);
  });

  it.each<[string, readonly DigestedEntry[]]>([
    ['an entry is missing', tree.slice(1)],
    ['an entry is there twice', [...tree, ...tree.slice(1, 2)]],
    ['contents are swapped', [directory('a'), file('a/one', '22'), file('a/two', '1'), link('a/way', 'one')]],
    ['a byte of a content differs', [directory('a'), file('a/one', '2'), file('a/two', '22'), link('a/way', 'one')]],
    ['a content is shorter', [directory('a'), file('a/one', '1'), file('a/two', '2'), link('a/way', 'one')]],
    ['a link has another target', [directory('a'), file('a/one', '1'), file('a/two', '22'), link('a/way', 'two')]],
    ['a bordering byte belongs to the target', [directory('a'), file('a/one', '1'), file('a/two', '22'), link('a/wa', 'yone')]],
    ['a type differs', [{ ...directory('a'), type: 'fifo' }, file('a/one', '1'), file('a/two', '22'), link('a/way', 'one')]],
    ["the owner's permissions differ", [directory('a'), file('a/one', '1', 0o440), file('a/two', '22'), link('a/way', 'one')]],
    ['a tree is empty', []],
  ])('differs when %s', (_, entries) => {
    expect(digestOf(entries)).not.toBe(digestOf(tree));
  });
});
