import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { startS3Server, type S3Server } from '@eeveebot/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { paxEntry, rawArchive, rawEntry, TAR_END } from './tar-bytes.ts';
import { BUCKET, jobEnvironment, objectPath, Tool } from './tool.ts';
import { describeTree, TemporaryFolder } from './trees.ts';

const ID = '0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5d';
const GOOD = { name: './good', content: 'restored' };
const TERABYTE = 1024 ** 4;

/** A global header of nearly a mebibyte, with another record each time it is read. */
const LARGE_PAX = rawEntry(paxEntry({ comment: 'x'.repeat(1_000_000) }, 'g'));

/** Archives, and a part of the message that refuses each. */
const HOSTILE: Readonly<Record<string, readonly [archive: () => Buffer, says: string]>> = {
  'a path upwards': [() => rawArchive(GOOD, { name: '../outside', content: 'x' }), 'leads upwards'],
  'a path upwards from below': [() => rawArchive(GOOD, { name: 'a/../../outside', content: 'x' }), 'leads upwards'],
  'an absolute path': [() => rawArchive(GOOD, { name: '/outside', content: 'x' }), 'absolute'],
  'a hard link upwards': [() => rawArchive(GOOD, { name: 'link', type: '1', linkName: '../outside' }), 'leads upwards'],
  'an absolute hard link': [() => rawArchive(GOOD, { name: 'link', type: '1', linkName: '/etc/passwd' }), 'absolute'],
  'a hard link to what was there before': [() => rawArchive(GOOD, { name: 'link', type: '1', linkName: 'old' }), 'no file before it'],
  'a file through a symlink made earlier': [
    () => rawArchive(GOOD, { name: 'way', type: '2', linkName: '..' }, { name: 'way/outside', content: 'x' }),
    'through a symlink',
  ],
  'a file through a symlink made earlier, with two slashes': [
    () => rawArchive(GOOD, { name: 'a/way', type: '2', linkName: '../..' }, { name: 'a//way/outside', content: 'x', mode: 0o4755 }),
    'through a symlink',
  ],
  'a file through a symlink made earlier, by way of ./': [
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
    'no file before it',
  ],
  'the same file twice, spelled in two ways': [() => rawArchive({ name: 'a/b', content: 'x' }, { name: 'a/.//b', content: 'y' }), 'twice'],
  'a symlink to nothing': [() => rawArchive(GOOD, { name: 'link', type: '2' }), 'symlink to nothing'],
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
    'the owner 4294967295',
  ],
  'an owner larger than any': [() => rawArchive(GOOD, paxEntry({ uid: String(2 ** 32) }), { name: 'a' }), 'the owner 4294967296'],
  'a group larger than any': [() => rawArchive(GOOD, paxEntry({ gid: String(2 ** 32 - 1) }), { name: 'a' }), 'the group 4294967295'],
  'a name longer than file systems take': [
    () => rawArchive(GOOD, { name: 'x', type: 'L', content: `${'n'.repeat(256)}\0` }, { name: 'n' }),
    '255 bytes',
  ],
  'extended headers that unfold to hundreds of megabytes': [
    () => gzipSync(Buffer.concat([rawEntry(GOOD), ...Array.from({ length: 100 }, () => LARGE_PAX), rawEntry({ name: 'a' }), TAR_END])),
    'larger than any can be',
  ],
  'a folder in the place of a symlink made earlier': [
    () => rawArchive(GOOD, { name: 'way', type: '2', linkName: '..' }, { name: 'way', type: '5' }, { name: 'way/outside', content: 'x' }),
    'twice',
  ],
  'a hard link to a symlink, and a file over it': [
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
  'a type that nobody knows': [() => rawArchive(GOOD, { name: 'x', type: 'Z' }), 'not supported'],
  'a header that says more bytes than there are': [() => rawArchive(GOOD, { name: 'short', content: 'x', sizeBytes: 5000 }), 'cut short'],
  'a header that says more bytes than any disk has': [
    () => rawArchive(GOOD, { name: 'huge', content: 'x', sizeBytes: 8 * 1024 ** 3 - 1 }),
    'cut short',
  ],
  'a header that says fewer bytes than there are': [
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
  'an end inside an entry': [() => gzipSync(rawEntry({ name: 'a', content: 'x'.repeat(2000) }).subarray(0, 1500)), 'cut short'],
  'an end at an entry': [() => gzipSync(rawEntry(GOOD)), 'cut short'],
  'one block of zeros in the place of two': [() => gzipSync(Buffer.concat([rawEntry(GOOD), TAR_END.subarray(512)])), 'cut short'],
  'an entry after the end': [() => gzipSync(Buffer.concat([rawEntry(GOOD), TAR_END, rawEntry({ name: 'late' })])), 'after its end'],
  'a gzip stream that was cut short': [() => rawArchive(GOOD).subarray(0, -12), 'damaged'],
  'a gzip stream with a bit turned over': [
    () => {
      const archive = rawArchive(GOOD);
      archive[archive.length - 6] = (archive[archive.length - 6] ?? 0) ^ 1;
      return archive;
    },
    'damaged',
  ],
  'something behind the gzip stream': [() => Buffer.concat([rawArchive(GOOD), Buffer.from('garbage behind the archive')]), 'damaged'],
  'no archive at all': [() => Buffer.from('<html>an error page</html>'), 'neither by gzip nor by zstd'],
  nothing: [() => Buffer.alloc(0), 'only 0 bytes'],
};

describe('an archive with', () => {
  let s3: S3Server;
  let tool: Tool;
  let folder: TemporaryFolder;
  let volume: string;
  let before: readonly string[];

  beforeAll(async () => {
    s3 = await startS3Server({ buckets: [BUCKET] });
    tool = new Tool();
    mkdirSync(objectPath(s3, 'chat/seen'), { recursive: true });
  });
  afterAll(async () => {
    tool?.[Symbol.dispose]();
    await s3?.stop();
  });
  beforeEach(() => {
    folder = new TemporaryFolder();
    volume = folder.folder('data');
    writeFileSync(`${volume}/old`, 'old');
    writeFileSync(`${volume}/good`, 'old');
    writeFileSync(folder.at('outside'), 'untouched');
    before = tree();
  });
  afterEach(() => {
    folder[Symbol.dispose]();
    rmSync(objectPath(s3, `chat/seen/${ID}.json`), { force: true });
  });

  /** All around the volume too; the time of its top changes when something is prepared in it. */
  const tree = () => describeTree(folder.path).filter((line) => !line.startsWith('. ') && !line.startsWith('./data '));
  const restore = (more: Record<string, string> = {}) =>
    tool.run(['restore'], jobEnvironment(s3, volume, { RESTORE_BACKUP_ID: ID, ...more }));
  const store = (archive: Buffer) => writeFileSync(objectPath(s3, `chat/seen/${ID}.tar.gz`), archive);
  const describeAs = (sidecar: Record<string, unknown>) => writeFileSync(objectPath(s3, `chat/seen/${ID}.json`), JSON.stringify(sidecar));

  it.each(Object.entries(HOSTILE))('%s is refused, and the old data stays', async (_, [archive, says]) => {
    store(archive());
    const { code, result } = await restore();
    expect({ code, error: result.error }).toEqual({ code: 65, error: expect.stringContaining(says) });
    expect(tree()).toEqual(before);
    const verified = await tool.run(['verify'], jobEnvironment(s3, volume, { RESTORE_BACKUP_ID: ID }));
    expect({ code: verified.code, error: verified.result.error }).toEqual({ code: 65, error: result.error });
  });

  it('a bomb is refused before it fills the disk, and 50 MB of zeros are not one', async () => {
    const zeros = Buffer.alloc(50_000_000);
    store(rawArchive(GOOD, { name: 'zeros', content: zeros }));
    expect((await restore()).code).toBe(0);
    expect(readFileSync(`${volume}/zeros`).equals(zeros)).toBe(true);
    rmSync(`${volume}/zeros`);
    writeFileSync(`${volume}/good`, 'old');
    before = tree();

    store(bomb());
    const { code, result } = await restore();
    expect({ code, error: result.error }).toEqual({ code: 65, error: expect.stringContaining('cut short') });
    expect(tree()).toEqual(before);
  });

  it('more than was written down of it is refused as soon as that shows', async () => {
    const archive = bomb();
    store(archive);
    describeAs({ ...description(archive), uncompressedBytes: 1000, files: 2 });
    expect((await restore()).result.error).toContain('more than the 1000 bytes');
    describeAs({ ...description(archive), uncompressedBytes: 2 * TERABYTE, allocatedBytes: 0, files: 1 });
    expect((await restore()).result.error).toContain('more than the 1 entries');
    expect(tree()).toEqual(before);
  });

  it('another checksum, length or content than was written down is refused', async () => {
    const archive = rawArchive(GOOD);
    store(archive);
    describeAs(description(archive));
    expect((await restore()).result.error).toContain('SHA-256');
    describeAs({ ...description(archive), sizeBytes: archive.length + 1 });
    expect((await restore()).result.error).toContain('bytes, and was made with');
    describeAs({ ...description(archive), files: 7 });
    expect((await restore()).code).toBe(65);
    writeFileSync(objectPath(s3, `chat/seen/${ID}.json`), '{"version": 1');
    const { code, result } = await restore();
    expect({ code, error: result.error }).toEqual({ code: 65, error: expect.stringContaining('does not describe a backup') });
    expect(tree()).toEqual(before);
  });
});

/** A terabyte in one entry: PAX says its size, since an old header cannot. */
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
