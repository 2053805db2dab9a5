import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { paxEntry, rawArchive, rawEntry, TAR_END } from './tar-bytes.ts';
import { objectPath } from './tool.ts';
import { describeTree } from './trees.ts';
import { useTool } from './use-tool.ts';

const ID = '0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5d';
const GOOD = { name: './good', content: 'restored' };
const TERABYTE = 1024 ** 4;

const MEBIBYTE_OF_ZEROS = gzipSync(Buffer.alloc(1024 ** 2));

/** A global header of nearly 1 MiB. */
const LARGE_PAX = rawEntry(paxEntry({ comment: 'x'.repeat(1_000_000) }, 'g'));

/** Archives, and part of the message that rejects each. */
const HOSTILE: Readonly<Record<string, readonly [archive: () => Buffer, says: string]>> = {
  'a path upwards': [() => rawArchive(GOOD, { name: '../outside', content: 'x' }), 'leads upwards'],
  'a path upwards from below': [() => rawArchive(GOOD, { name: 'a/../../outside', content: 'x' }), 'leads upwards'],
  'an absolute path': [() => rawArchive(GOOD, { name: '/outside', content: 'x' }), 'absolute'],
  'a hard link upwards': [() => rawArchive(GOOD, { name: 'link', type: '1', linkName: '../outside' }), 'leads upwards'],
  'an absolute hard link': [() => rawArchive(GOOD, { name: 'link', type: '1', linkName: '/etc/passwd' }), 'absolute'],
  'a hard link to an existing file': [() => rawArchive(GOOD, { name: 'link', type: '1', linkName: 'old' }), 'not an earlier file'],
  'a file through a symlink made earlier': [
    () => rawArchive(GOOD, { name: 'way', type: '2', linkName: '..' }, { name: 'way/outside', content: 'x' }),
    'through a symlink',
  ],
  'a file through a symlink made earlier, with two slashes': [
    () => rawArchive(GOOD, { name: 'a/way', type: '2', linkName: '../..' }, { name: 'a//way/outside', content: 'x', mode: 0o4755 }),
    'through a symlink',
  ],
  'a file through a symlink made earlier, with ./': [
    () => rawArchive(GOOD, { name: 'a/way', type: '2', linkName: '../..' }, { name: 'a/./way/outside', content: 'x' }),
    'through a symlink',
  ],
  'a folder and a file through a symlink made earlier, with slashes around': [
    () =>
      rawArchive(
        GOOD,
        { name: './/way//', type: '2', linkName: '..' },
        { name: 'way///', type: '5' },
        { name: './way/.//outside', content: 'x' },
      ),
    'twice',
  ],
  'a hard link through a symlink made earlier, with two slashes': [
    () => rawArchive(GOOD, { name: 'a/way', type: '2', linkName: '../..' }, { name: 'link', type: '1', linkName: 'a//way/outside' }),
    'not an earlier file',
  ],
  'the same file twice, spelled in two ways': [() => rawArchive({ name: 'a/b', content: 'x' }, { name: 'a/.//b', content: 'y' }), 'twice'],
  'a symlink without a target': [() => rawArchive(GOOD, { name: 'link', type: '2' }), 'symlink without a target'],
  'a symlink that is longer than any path': [
    () => rawArchive(GOOD, paxEntry({ linkpath: 'x'.repeat(4096) }), { name: 'link', type: '2', linkName: 'x' }),
    'more than 4095 bytes',
  ],
  'a symlink with a zero byte': [
    () => rawArchive(GOOD, paxEntry({ linkpath: 'a\0b' }), { name: 'link', type: '2', linkName: 'a' }),
    'zero byte',
  ],
  'a hard link with a zero byte': [
    () => rawArchive(GOOD, paxEntry({ linkpath: 'good\0b' }), { name: 'link', type: '1', linkName: 'good' }),
    'zero byte',
  ],
  'a path with a zero byte': [() => rawArchive(GOOD, paxEntry({ path: 'a\0b' }), { name: 'a' }), 'zero byte'],
  'a long name with a zero byte': [() => rawArchive(GOOD, { name: 'x', type: 'L', content: 'a\0b' }, { name: 'a' }), 'zero byte'],
  'an owner that means "unchanged" to chown': [
    () => rawArchive(GOOD, { name: 'root', content: 'x', mode: 0o4755, uid: 0xffffffff }),
    'invalid owner 4294967295',
  ],
  'an owner out of range': [() => rawArchive(GOOD, paxEntry({ uid: String(2 ** 32) }), { name: 'a' }), 'invalid owner 4294967296'],
  'a group out of range': [() => rawArchive(GOOD, paxEntry({ gid: String(2 ** 32 - 1) }), { name: 'a' }), 'invalid group 4294967295'],
  'a name longer than file systems accept': [
    () => rawArchive(GOOD, { name: 'x', type: 'L', content: `${'n'.repeat(256)}\0` }, { name: 'n' }),
    '255 bytes',
  ],
  'extended headers that expand to hundreds of megabytes': [
    () => gzipSync(Buffer.concat([rawEntry(GOOD), ...Array.from({ length: 100 }, () => LARGE_PAX), rawEntry({ name: 'a' }), TAR_END])),
    'too large',
  ],
  'a folder in place of a symlink made earlier': [
    () => rawArchive(GOOD, { name: 'way', type: '2', linkName: '..' }, { name: 'way', type: '5' }, { name: 'way/outside', content: 'x' }),
    'twice',
  ],
  'a hard link to a symlink, overwritten by a file': [
    () =>
      rawArchive(
        GOOD,
        { name: 'way', type: '2', linkName: '../outside' },
        { name: 'way2', type: '1', linkName: 'way' },
        { name: 'way2', content: 'x' },
      ),
    'twice',
  ],
  'a folder under a file': [() => rawArchive(GOOD, { name: 'good/below', content: 'x' }), 'through a file'],
  'the same file twice': [() => rawArchive(GOOD, GOOD), 'twice'],
  'a character device': [() => rawArchive(GOOD, { name: 'null', type: '3' }), 'device'],
  'a block device': [() => rawArchive(GOOD, { name: 'disk', type: '4' }), 'device'],
  'an unknown type': [() => rawArchive(GOOD, { name: 'x', type: 'Z' }), 'unsupported type'],
  'a header with a size larger than the content': [() => rawArchive(GOOD, { name: 'short', content: 'x', sizeBytes: 5000 }), 'truncated'],
  'a header with a size larger than any disk': [
    () => rawArchive(GOOD, { name: 'huge', content: 'x', sizeBytes: 8 * 1024 ** 3 - 1 }),
    'truncated',
  ],
  'a header with a size smaller than the content': [
    () => rawArchive(GOOD, { name: 'long', content: 'x'.repeat(2000), sizeBytes: 10 }),
    'malformed',
  ],
  'a header whose checksum is wrong': [
    () => {
      const entry = rawEntry(GOOD);
      entry[0] = 0x7a;
      return gzipSync(Buffer.concat([entry, TAR_END]));
    },
    'malformed',
  ],
  'an end inside an entry': [() => gzipSync(rawEntry({ name: 'a', content: 'x'.repeat(2000) }).subarray(0, 1500)), 'truncated'],
  'an end at an entry': [() => gzipSync(rawEntry(GOOD)), 'truncated'],
  'one block of zeros instead of two': [() => gzipSync(Buffer.concat([rawEntry(GOOD), TAR_END.subarray(512)])), 'truncated'],
  'an entry after the end': [
    () => gzipSync(Buffer.concat([rawEntry(GOOD), TAR_END, rawEntry({ name: 'late' })])),
    'followed by unexpected data',
  ],
  'a truncated gzip stream': [() => rawArchive(GOOD).subarray(0, -12), 'damaged'],
  'a gzip stream with a flipped bit': [
    () => {
      const archive = rawArchive(GOOD);
      archive[archive.length - 6] = (archive[archive.length - 6] ?? 0) ^ 1;
      return archive;
    },
    'damaged',
  ],
  'data after the gzip stream': [() => Buffer.concat([rawArchive(GOOD), Buffer.from('garbage behind the archive')]), 'damaged'],
  'no entries': [() => rawArchive(), 'contains no entries'],
  'gigabytes of zeros after the end': [
    () => Buffer.concat([rawArchive(GOOD), ...Array.from({ length: 2048 }, () => MEBIBYTE_OF_ZEROS)]),
    'followed by more than 67108864 bytes of zeros',
  ],
  'a web page': [() => Buffer.from('<html>an error page</html>'), 'neither gzip nor zstd'],
  nothing: [() => Buffer.alloc(0), 'only 0 bytes'],
};

describe('an archive with', () => {
  const world = useTool({ keepsObjects: true });
  let before: readonly string[];

  beforeAll(() => {
    mkdirSync(objectPath(world.s3, 'chat/seen'), { recursive: true });
  });
  beforeEach(() => {
    writeFileSync(`${world.volume}/old`, 'old');
    writeFileSync(`${world.volume}/good`, 'old');
    writeFileSync(world.folder.at('outside'), 'untouched');
    before = tree();
  });
  afterEach(() => {
    rmSync(objectPath(world.s3, `chat/seen/${ID}.json`), { force: true });
  });

  /** The tree including the surroundings of the volume, without the time of its root, which the staging directory changes. */
  const tree = () => describeTree(world.folder.path).filter((line) => !line.startsWith('. ') && !line.startsWith('./data '));
  const restore = (more: Record<string, string> = {}) => world.tool.run(['restore'], world.env({ RESTORE_BACKUP_ID: ID, ...more }));
  const store = (archive: Buffer) => writeFileSync(objectPath(world.s3, `chat/seen/${ID}.tar.gz`), archive);
  const describeAs = (sidecar: Record<string, unknown>) =>
    writeFileSync(objectPath(world.s3, `chat/seen/${ID}.json`), JSON.stringify(sidecar));

  it.each(Object.entries(HOSTILE))('%s is rejected, and the old data is kept', async (_, [archive, says]) => {
    store(archive());
    const { code, result } = await restore();
    expect({ code, error: result.error }).toEqual({ code: 65, error: expect.stringContaining(says) });
    expect(await restore({ RESTORE_CLEAN: 'true' })).toMatchObject({ code: 65 });
    expect(tree()).toEqual(before);
    const verified = await world.tool.run(['verify'], world.env({ RESTORE_BACKUP_ID: ID }));
    expect({ code: verified.code, error: verified.result.error }).toEqual({ code: 65, error: result.error });
  });

  it('a decompression bomb is rejected before it fills the disk, unlike 50 MB of zeros', async () => {
    const zeros = Buffer.alloc(50_000_000);
    store(rawArchive(GOOD, { name: 'zeros', content: zeros }));
    expect((await restore()).code).toBe(0);
    expect(readFileSync(`${world.volume}/zeros`).equals(zeros)).toBe(true);
    rmSync(`${world.volume}/zeros`);
    writeFileSync(`${world.volume}/good`, 'old');
    before = tree();

    store(bomb());
    const { code, result } = await restore();
    expect({ code, error: result.error }).toEqual({ code: 65, error: expect.stringContaining('truncated') });
    expect(tree()).toEqual(before);
  });

  it('more content than its sidecar states is rejected as early as possible', async () => {
    const archive = bomb();
    store(archive);
    describeAs({ ...description(archive), uncompressedBytes: 1000, files: 2 });
    expect((await restore()).result.error).toContain('more than the expected 1000 bytes');
    describeAs({ ...description(archive), uncompressedBytes: 2 * TERABYTE, allocatedBytes: 0, files: 1 });
    expect((await restore()).result.error).toContain('more than the expected 1 entries');
    expect(tree()).toEqual(before);
  });

  it('a checksum, length or content that differs from its sidecar is rejected', async () => {
    const archive = rawArchive(GOOD);
    store(archive);
    describeAs(description(archive));
    expect((await restore()).result.error).toContain('SHA-256');
    describeAs({ ...description(archive), sizeBytes: archive.length + 1 });
    expect((await restore()).result.error).toContain('bytes, expected');
    describeAs({ ...description(archive), files: 7 });
    expect((await restore()).code).toBe(65);
    writeFileSync(objectPath(world.s3, `chat/seen/${ID}.json`), '{"version": 1');
    const { code, result } = await restore();
    expect({ code, error: result.error }).toEqual({ code: 65, error: expect.stringContaining('is not a valid sidecar') });
    expect(tree()).toEqual(before);
  });
});

/** A terabyte in one entry, whose size is in a PAX header because it does not fit into an old one. */
function bomb(): Buffer {
  const record = ` size=${TERABYTE * 1000}\n`;
  const length = String(record.length + 2);
  return gzipSync(
    Buffer.concat([
      rawEntry(GOOD),
      rawEntry({ name: 'pax', type: 'x', content: `${length}${record}` }),
      rawEntry({ name: 'bomb', sizeBytes: 0 }),
    ]),
  );
}

const description = (archive: Buffer) => ({
  version: 1,
  sha256: '0'.repeat(64),
  sizeBytes: archive.length,
  uncompressedBytes: 8,
  files: 1,
  startedAt: '2026-01-01T00:00:00Z',
  durationSeconds: 1,
  warnings: [],
  tool: 'test',
});
