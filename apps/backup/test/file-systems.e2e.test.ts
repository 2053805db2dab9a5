import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  createWriteStream,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { ERRNO, mountFaulty } from './fuse/faults.ts';
import { paxEntry, rawArchive, rawEntry, TAR_END, type RawEntry } from './tar-bytes.ts';
import { objectPath, Tool } from './tool.ts';
import { describeTree } from './trees.ts';
import { useMounts } from './use-mounts.ts';
import { useTool } from './use-tool.ts';

const MEBIBYTE = 1024 * 1024;
const ENAMETOOLONG = 36;
const ID = '0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c62';

// Creating and mounting file systems requires root.
describe('a restore onto', () => {
  const world = useTool({ volumeName: 'volume', keepsObjects: true });
  const mountAny = useMounts();
  const mount = (path: string, ...options: readonly string[]): void => mountAny('-t', 'tmpfs', ...options, 'tmpfs', path);

  beforeAll(() => {
    mkdirSync(objectPath(world.s3, 'chat/seen'), { recursive: true });
  });
  const store = (...entries: readonly RawEntry[]) => writeFileSync(objectPath(world.s3, `chat/seen/${ID}.tar.gz`), rawArchive(...entries));
  const restore = (more: Record<string, string> = {}) => world.tool.run(['restore'], world.env({ RESTORE_BACKUP_ID: ID, ...more }));
  const restored = (path: string) => readFileSync(`${world.volume}/${path}`, 'utf8');

  it('a case-insensitive file system is rejected for names that differ only in case', async () => {
    await using folding = await mountFaulty(world.volume, world.folder.folder('backing'), [{ op: 'fold', errno: 0 }]);
    expect(folding).toBeDefined();
    writeFileSync(`${world.volume}/readme`, 'old');
    const directory = { name: 'a/', type: '5', mode: 0o755 };
    store({ name: 'a/b/c', content: '1' }, directory, { name: 'a/README', content: '2' }, { name: 'A/readme', content: '3' });
    expect(await restore({ RESTORE_IN_PLACE: 'true' })).toMatchObject({
      code: 74,
      result: { error: expect.stringMatching(/"A" and an entry whose name differs only in case or accents.*nothing was changed/) },
    });
    expect(await restore()).toMatchObject({
      code: 74,
      result: {
        error: expect.stringMatching(/"A\/readme" and an entry whose name differs only in case or accents.*the old data is unchanged/),
      },
    });
    expect([readdirSync(world.volume), restored('readme')]).toEqual([['readme'], 'old']);
    store({ name: 'a/b/c', content: '1' }, directory, { name: 'README', content: 'new' });
    expect(await restore({ RESTORE_IN_PLACE: 'true' })).toMatchObject({ code: 0 });
    expect(restored('readme')).toBe('new');
  });

  it('a disk without room for both old and new long symlinks replaces them in place', async () => {
    mount(world.volume, '-o', 'size=24m');
    for (let index = 0; index < 4000; index++) symlinkSync('t'.repeat(1000), `${world.volume}/${index}`);
    const before = describeTree(world.volume);
    const { result } = await world.tool.run(['backup'], world.env());
    expect((await restore({ RESTORE_BACKUP_ID: result.id })).code).toBe(74);
    expect(await restore({ RESTORE_BACKUP_ID: result.id, RESTORE_IN_PLACE: 'true' })).toMatchObject({ code: 0 });
    expect(describeTree(world.volume)).toEqual(before);
  });

  it.each([ERRNO.EPERM, ERRNO.EOPNOTSUPP, ERRNO.ENOSYS])(
    'a file system without links and FIFOs (error %i) copies hard links and omits the others',
    async (errno) => {
      await using lacking = await mountFaulty(world.volume, world.folder.folder('backing'), [{ op: 'symlink', errno }]);
      expect(lacking).toBeDefined();
      store(
        { name: 'folder/', type: '5', mode: 0o755 },
        { name: 'folder/file', content: 'content', mode: 0o640 },
        { name: 'copy', type: '1', linkName: './folder//file' },
        { name: 'second-copy', type: '1', linkName: 'copy' },
        { name: 'link', type: '2', linkName: 'folder/file' },
        { name: 'link-to-link', type: '1', linkName: 'link' },
        { name: 'fifo', type: '6' },
        { name: 'last', content: 'last' },
      );
      const { code, result, stderr } = await restore();
      expect({ code, error: result.error }, stderr).toEqual({ code: 0, error: undefined });
      expect(readdirSync(world.volume).toSorted()).toEqual(['copy', 'folder', 'last', 'second-copy']);
      expect(['copy', 'folder/file', 'second-copy', 'last'].map(restored)).toEqual(['content', 'content', 'content', 'last']);
      expect(lstatSync(`${world.volume}/second-copy`).uid).toBe(1000);
      expect(result.warnings).toEqual(
        expect.arrayContaining([
          expect.stringContaining('copy is restored as a copy'),
          expect.stringMatching(/^link is left out/),
          expect.stringMatching(/^link-to-link is left out/),
          expect.stringMatching(/^fifo is left out/),
        ]),
      );
    },
  );

  it.each<readonly [string, readonly RawEntry[]]>([
    ['a name', [{ name: 'what?', content: 'x' }]],
    ['the name of a directory that is only implied', [{ name: 'folder/what?/file', content: 'x' }]],
    ['a symlink of this length', [paxEntry({ linkpath: 'x'.repeat(3000) }), { name: 'link', type: '2', linkName: 'x' }]],
  ])('a file system that does not accept %s changes nothing', async (_, entries) => {
    const backing = world.folder.folder('backing');
    writeFileSync(`${backing}/old`, 'old');
    await using strict = await mountFaulty(world.volume, backing, [
      { op: 'make', name: 'what?', errno: ERRNO.EINVAL },
      { op: 'symlink', errno: ENAMETOOLONG },
    ]);
    expect(strict).toBeDefined();
    store({ name: 'old', content: 'new' }, ...entries);
    const { code, result } = await restore({ RESTORE_IN_PLACE: 'true', RESTORE_CLEAN: 'true' });
    expect({ code, error: result.error }).toEqual({ code: 74, error: expect.stringContaining('does not accept; nothing was changed') });
    const { code: otherCode, result: other } = await restore();
    expect({ code: otherCode, error: other.error }).toEqual({
      code: 74,
      error: expect.stringMatching(
        /^the archive contains "(folder\/what\?\/file|what\?|link)", an entry .* \(E\w+\); the old data is unchanged$/,
      ),
    });
    expect(readdirSync(backing)).toEqual(['old']);
    expect(readFileSync(`${backing}/old`, 'utf8')).toBe('old');
  });

  it.each(['false', 'true'])('a file system whose quota is used up says so and changes nothing (in place: %s)', async (inPlace) => {
    const backing = world.folder.folder('backing');
    await using used = await mountFaulty(world.volume, backing, [{ op: 'make', name: 'more', errno: ERRNO.EDQUOT }]);
    expect(used).toBeDefined();
    writeFileSync(`${backing}/old`, 'old');
    store({ name: 'old', content: 'new' }, { name: 'more', content: 'x' });
    const { code, result } = await restore({ RESTORE_IN_PLACE: inPlace });
    expect({ code, error: result.error }).toEqual({
      code: 74,
      error: expect.stringMatching(/the quota of .*: raise the quota, or remove/),
    });
    expect([readdirSync(backing), readFileSync(`${backing}/old`, 'utf8')]).toEqual([['old'], 'old']);
  });

  it.each(['false', 'true'])(
    'a full volume, in place (clean: %s), rejects archives that cannot be unpacked before removing data',
    async (clean) => {
      mount(world.volume, '-o', 'size=20m');
      writeFileSync(`${world.volume}/large`, Buffer.alloc(15 * MEBIBYTE, 'old'));
      const before = describeTree(world.volume).slice(1);
      const LARGE = { name: 'large', content: Buffer.alloc(15 * MEBIBYTE, 'new') };
      const refused: readonly (readonly RawEntry[])[] = [
        [{ name: 'link', type: '2' }],
        [{ name: 'large//', type: '5' }, { name: './large/x' }],
        [paxEntry({ linkpath: 'x'.repeat(5000) }), { name: 'link', type: '2', linkName: 'x' }],
        [paxEntry({ uid: String(2 ** 32 - 1) }), { name: 'x' }],
        [{ name: 'a/way', type: '2', linkName: '..' }, { name: 'a//way/x' }],
      ];
      for (const entries of refused) {
        store(LARGE, ...entries);
        expect(await restore({ RESTORE_IN_PLACE: 'true', RESTORE_CLEAN: clean })).toMatchObject({ code: 65 });
        expect(describeTree(world.volume).slice(1)).toEqual(before);
      }
      store({ ...LARGE, name: './/large' }, { name: 'a//b', content: 'x' });
      expect(await restore({ RESTORE_IN_PLACE: 'true', RESTORE_CLEAN: clean })).toMatchObject({ code: 0 });
      expect([restored('large').slice(0, 3), restored('a/b')]).toEqual(['new', 'x']);
    },
  );

  it('a file system without free inodes reports how many are missing, before and while unpacking, and counts those it replaces', async () => {
    mount(world.volume, '-o', 'size=100m,nr_inodes=1000');
    for (let index = 0; index < 600; index++) writeFileSync(`${world.volume}/${index}`, 'old');
    const before = describeTree(world.volume).slice(1);
    const entries = Array.from({ length: 600 }, (_, index) => ({ name: String(index), content: 'new' }));
    store(...entries);
    const { code, result } = await restore();
    expect({ code, error: result.error }).toEqual({ code: 74, error: expect.stringMatching('inode.*RESTORE_IN_PLACE=true') });
    expect(describeTree(world.volume).slice(1)).toEqual(before);

    const archive = readFileSync(objectPath(world.s3, `chat/seen/${ID}.tar.gz`));
    const sidecar = objectPath(world.s3, `chat/seen/${ID}.json`);
    const description = { sha256: '0'.repeat(64), sizeBytes: archive.length, uncompressedBytes: 1800, files: 600 };
    writeFileSync(
      sidecar,
      JSON.stringify({ version: 1, ...description, startedAt: '2026-01-01T00:00:00Z', durationSeconds: 1, warnings: [], tool: 'test' }),
    );
    const known = await restore();
    rmSync(sidecar);
    expect({ code: known.code, error: known.result.error }).toEqual({
      code: 74,
      error: expect.stringMatching(/: 2\d\d inodes are missing; /),
    });

    for (const clean of ['false', 'true']) {
      expect(await restore({ RESTORE_IN_PLACE: 'true', RESTORE_CLEAN: clean })).toMatchObject({ code: 0 });
      expect(restored('599')).toBe('new');
    }
  });

  it('a file system smaller than the files but larger than their data succeeds', async () => {
    mount(world.volume, '-o', 'size=20m');
    const bytes = 200 * MEBIBYTE;
    const content = Buffer.alloc(bytes);
    content.write('end', bytes - 3);
    async function* tar(): AsyncGenerator<Buffer> {
      yield rawEntry({ name: 'sparse', content });
      yield TAR_END;
    }
    await pipeline(Readable.from(tar()), createGzip(), createWriteStream(objectPath(world.s3, `chat/seen/${ID}.tar.gz`)));
    expect(await restore()).toMatchObject({ code: 0 });
    const { size, blocks } = statSync(`${world.volume}/sparse`);
    expect(size).toBe(bytes);
    expect(blocks * 512).toBeLessThan(MEBIBYTE);
    expect(await restore({ RESTORE_IN_PLACE: 'true', RESTORE_CLEAN: 'true' })).toMatchObject({ code: 0 });
  });

  it.each<readonly [string, readonly string[], RegExp]>([
    ['an immutable file', ['+i', 'folder/file'], /EPERM.*: .* immutable or append-only: find it with lsattr/],
    ['an immutable directory', ['+i', 'folder'], /EPERM.*: .* immutable or append-only: find it with lsattr/],
    ['an append-only file', ['+a', 'folder/file'], /EPERM.*: .* immutable or append-only: find it with lsattr/],
  ])('%s changes nothing, and reports the fix', async (_, [attribute = '', path = ''], message) => {
    mount(world.volume);
    mkdirSync(`${world.volume}/folder`);
    writeFileSync(`${world.volume}/folder/file`, 'old');
    store({ name: 'added', content: 'new' }, { name: 'folder/', type: '5' }, { name: 'folder/file', content: 'new' });
    execFileSync('chattr', [attribute, `${world.volume}/${path}`]);
    try {
      expect(await restore()).toMatchObject({ code: 74, result: { error: expect.stringMatching(message) } });
      expect([readdirSync(world.volume), restored('folder/file')]).toEqual([['folder'], 'old']);
    } finally {
      execFileSync('chattr', [attribute.replace('+', '-'), `${world.volume}/${path}`]);
    }
    expect(await restore()).toMatchObject({ code: 0 });
    expect(restored('folder/file')).toBe('new');
  });

  it('leftovers of an earlier restore that cannot be removed changes nothing, and reports the fix', async () => {
    mount(world.volume);
    mkdirSync(`${world.volume}/folder`);
    writeFileSync(`${world.volume}/folder/fixed`, 'old');
    store({ name: 'file', content: 'new' });
    execFileSync('chattr', ['+i', `${world.volume}/folder/fixed`]);
    const leftover = `${world.volume}/.eevee-restore/old/folder/fixed`;
    try {
      expect(await restore({ RESTORE_CLEAN: 'true' })).toMatchObject({ code: 0 });
      const { code, result } = await restore({ RESTORE_CLEAN: 'true' });
      expect([code, result.error]).toEqual([
        74,
        expect.stringMatching(/which an earlier restore left, cannot be removed, .* EPERM.*chattr -i -a$/),
      ]);
      expect(restored('file')).toBe('new');
    } finally {
      execFileSync('chattr', ['-i', leftover]);
    }
    expect(await restore({ RESTORE_CLEAN: 'true' })).toMatchObject({ code: 0 });
    expect(existsSync(`${world.volume}/.eevee-restore`)).toBe(false);
  });

  it('directories without write permission, in place and without root, removes the replaced data', async () => {
    mount(world.volume, '-o', 'size=20m');
    mkdirSync(`${world.volume}/closed`);
    writeFileSync(`${world.volume}/closed/large`, Buffer.alloc(15 * MEBIBYTE, 'old'));
    chmodSync(`${world.volume}/closed`, 0o555);
    store({ name: 'closed/', type: '5', mode: 0o555 }, { name: 'closed/large', content: Buffer.alloc(15 * MEBIBYTE, 'new') });
    const user = new Tool({ through: ['setpriv', '--bounding-set=-all', '--inh-caps=-all'] });
    try {
      const env = world.env({ RESTORE_BACKUP_ID: ID, RESTORE_IN_PLACE: 'true' });
      const { code, stderr } = await user.run(['restore'], env);
      expect(code, stderr).toBe(0);
    } finally {
      user[Symbol.dispose]();
    }
    expect(restored('closed/large').slice(0, 3)).toBe('new');
    expect(lstatSync(`${world.volume}/closed`).mode & 0o7777).toBe(0o555);
    expect(existsSync(`${world.volume}/.eevee-restore`)).toBe(false);
  });
});
