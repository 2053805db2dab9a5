import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { paxEntry, rawArchive, rawEntry, TAR_END } from './tar-bytes.ts';
import { objectPath } from './tool.ts';
import { useTool } from './use-tool.ts';
import { mayChangeOwners } from './trees.ts';

const ID = '0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5e';

/** Unusual but valid archives, and the files that they restore. */
describe('an archive of another tool', () => {
  const world = useTool({ keepsObjects: true });

  beforeAll(() => {
    mkdirSync(objectPath(world.s3, 'chat/seen'), { recursive: true });
  });

  const store = (archive: Buffer) => writeFileSync(objectPath(world.s3, `chat/seen/${ID}.tar.gz`), archive);
  const run = (command: 'restore' | 'verify', more: Record<string, string> = {}) =>
    world.tool.run([command], world.env({ RESTORE_BACKUP_ID: ID, ...more }));
  const restored = (path: string) => readFileSync(`${world.volume}/${path}`, 'utf8');

  it.each(['x//y', './x/./y', 'x/.//y/'])('made by `tar czf A %s` is restored', async (argument) => {
    mkdirSync(world.folder.at('source/x/y/z'), { recursive: true });
    writeFileSync(world.folder.at('source/x/y/z/file'), 'content');
    execFileSync('tar', ['-czf', world.folder.at('a.tar.gz'), argument], { cwd: world.folder.at('source') });
    store(readFileSync(world.folder.at('a.tar.gz')));
    writeFileSync(`${world.volume}/old`, 'old');
    expect(await run('verify')).toMatchObject({ code: 0 });
    expect(await run('restore')).toMatchObject({ code: 0 });
    expect([restored('x/y/z/file'), restored('old')]).toEqual(['content', 'old']);
  });

  it('with differently spelled names is restored', async () => {
    store(
      rawArchive(
        { name: 'a//b', content: 'first' },
        { name: './a/./', type: '5', mode: 0o711 },
        { name: './/a/./c', content: 'second' },
        { name: 'link', type: '1', linkName: './/a//b' },
      ),
    );
    expect(await run('verify')).toMatchObject({ code: 0, result: { files: 4 } });
    expect(await run('restore')).toMatchObject({ code: 0 });
    expect(lstatSync(`${world.volume}/a`).mode & 0o7777).toBe(0o711);
    expect([restored('a/b'), restored('a/c'), restored('link')]).toEqual(['first', 'second', 'first']);
  });

  it.runIf(mayChangeOwners)('whose extended headers have empty values is restored from the plain headers', async () => {
    const unset = { path: '', linkpath: '', size: '', uid: '', gid: '', mtime: '' };
    store(
      rawArchive(
        paxEntry({ mtime: '1000000000.5', uid: '7', path: 'wrong' }, 'g'),
        paxEntry(unset),
        { name: 'file', content: 'content' },
        paxEntry(unset),
        { name: 'link', type: '2', linkName: 'target' },
        paxEntry({ path: '' }, 'g'),
        { name: 'by-global', content: 'x' },
      ),
    );
    expect(await run('verify')).toMatchObject({ code: 0 });
    expect(await run('restore')).toMatchObject({ code: 0 });
    expect([restored('file'), readlinkSync(`${world.volume}/link`), restored('by-global')]).toEqual(['content', 'target', 'x']);
    expect(lstatSync(`${world.volume}/file`)).toMatchObject({ uid: 1000, mtimeMs: 1_500_000_000_000 });
    expect(lstatSync(`${world.volume}/by-global`)).toMatchObject({ uid: 7, mtimeMs: 1_000_000_000_500 });
  });

  it('with a global header before each entry is restored, in little memory', async () => {
    const noise = rawEntry(paxEntry({ comment: 'x'.repeat(1_000_000) }, 'g'));
    const parts = Array.from({ length: 300 }, (_, index) => [noise, rawEntry({ name: `file-${index}`, content: 'x' })]);
    store(gzipSync(Buffer.concat([...parts.flat(), TAR_END])));
    expect(await run('restore', { NODE_OPTIONS: '--max-old-space-size=64' })).toMatchObject({ code: 0, result: { files: 300 } });
    expect(readdirSync(world.volume)).toHaveLength(300);
  });
});
