import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decompressArchive } from '../src/archive/compression/decompress.ts';
import { printable } from '../src/archive/tar/entry.ts';
import { globList } from '../src/settings/glob-list.ts';
import { readEntries } from '../src/archive/tar/read.ts';
import { writeArchive } from './archives.ts';
import { describeTree, fillTree, TemporaryFolder } from './trees.ts';

const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

const UNPACK_WITH_PYTHON = `
import sys, tarfile
with tarfile.open(sys.argv[1]) as archive:
    # Python before 3.11.4 has no filters, and trusts archives.
    trusting = {'filter': 'fully_trusted'} if hasattr(tarfile, 'fully_trusted_filter') else {}
    archive.extractall(sys.argv[2], numeric_owner=True, **trusting)
`;

describe('an archive', () => {
  it('is unpacked by GNU tar to the same tree', async () => {
    using folder = new TemporaryFolder();
    fillTree(folder.folder('data'));
    const { warnings } = await writeArchive(folder.at('data'), folder.at('a.tar.gz'));
    run('tar', '-xzpf', folder.at('a.tar.gz'), '--numeric-owner', '-C', folder.folder('out'));
    expect(describeTree(folder.at('out'))).toEqual(describeTree(folder.at('data')));
    expect(warnings).toEqual([]);
  });

  it('compressed with zstd is unpacked by GNU tar to the same tree', async () => {
    using folder = new TemporaryFolder();
    fillTree(folder.folder('data'));
    await writeArchive(folder.at('data'), folder.at('a.tar.zst'), { compression: 'zstd' });
    run('tar', '--zstd', '-xpf', folder.at('a.tar.zst'), '--numeric-owner', '-C', folder.folder('out'));
    expect(describeTree(folder.at('out'))).toEqual(describeTree(folder.at('data')));
  });

  it('compressed with zstd matches data some MiB back', async () => {
    using folder = new TemporaryFolder();
    const noise = randomBytes(1_500_000);
    writeFileSync(join(folder.folder('data'), 'twice'), Buffer.concat([noise, noise]));
    await writeArchive(folder.at('data'), folder.at('a.tar.zst'), { compression: 'zstd' });
    expect(statSync(folder.at('a.tar.zst')).size).toBeLessThan(1_600_000);
  });

  it('compressed with zstd stores zeros compactly at any position within frames', async () => {
    using folder = new TemporaryFolder();
    const noise = randomBytes(700_000);
    const content = Buffer.concat([noise, Buffer.alloc(3 * 1024 * 1024), noise.subarray(5), Buffer.alloc(9 * 1024 * 1024), noise]);
    writeFileSync(join(folder.folder('data'), 'zeros'), content);
    await writeArchive(folder.at('data'), folder.at('a.tar.zst'), { compression: 'zstd' });
    expect(statSync(folder.at('a.tar.zst')).size).toBeLessThan(2_200_000);
    run('tar', '--zstd', '-xpf', folder.at('a.tar.zst'), '-C', folder.folder('out'));
    expect(readFileSync(folder.at('out', 'zeros')).equals(content)).toBe(true);
  });

  it('is unpacked by bsdtar to the same tree', async () => {
    using folder = new TemporaryFolder();
    fillTree(folder.folder('data'));
    await writeArchive(folder.at('data'), folder.at('a.tar.gz'));
    run('bsdtar', '-xpf', folder.at('a.tar.gz'), '--numeric-owner', '-C', folder.folder('out'));
    // bsdtar does not change the target folder, and misreads fractional times before 1970.
    const comparable = (lines: readonly string[]) => lines.slice(1).filter((line) => !line.startsWith('./empty '));
    expect(comparable(describeTree(folder.at('out')))).toEqual(comparable(describeTree(folder.at('data'))));
  });

  it("is unpacked by Python's tarfile to the same tree, to the precision of its times", async () => {
    using folder = new TemporaryFolder();
    fillTree(folder.folder('data'));
    await writeArchive(folder.at('data'), folder.at('a.tar.gz'));
    run('python3', '-c', UNPACK_WITH_PYTHON, folder.at('a.tar.gz'), folder.folder('out'));
    const withoutTimes = (lines: readonly string[]) => lines.map((line) => line.split(' | ').toSpliced(5, 1).join(' | '));
    expect(withoutTimes(describeTree(folder.at('out')))).toEqual(withoutTimes(describeTree(folder.at('data'))));
  });

  it('omits sockets, lost+found, the staging directory and excluded files', async () => {
    using folder = new TemporaryFolder();
    for (const name of ['data/lost+found/x', 'data/.eevee-restore/new', 'data/cache/deep', 'data/a/lost+found', 'data/keep'])
      folder.folder(name);
    const server = createServer().listen(folder.at('data/socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    const { warnings } = await writeArchive(folder.at('data'), folder.at('a.tar.gz'), { exclude: ['cache', 'keep/*.tmp'] });
    server.close();
    expect(run('tar', '-tzf', folder.at('a.tar.gz')).trim().split('\n')).toEqual(['./', './a/', './a/lost+found/', './keep/']);
    expect(warnings).toEqual([]);
  });

  it('omits files that match globs with braces', async () => {
    using folder = new TemporaryFolder();
    folder.folder('data/deep');
    for (const name of ['a.log', 'a.tmp', 'a.txt', 'deep/b.log']) writeFileSync(folder.at('data', name), '');
    await writeArchive(folder.at('data'), folder.at('a.tar.gz'), { exclude: globList('*.{log,tmp},nothing') });
    expect(run('tar', '-tzf', folder.at('a.tar.gz')).trim().split('\n')).toEqual(['./', './a.txt', './deep/']);
  });

  it('contains paths of 4,000 bytes', async () => {
    using folder = new TemporaryFolder();
    const deep = Array.from({ length: 20 }, (_, index) => String(index).padStart(199, 'd')).join('/');
    folder.folder('data');
    run(
      'sh',
      '-c',
      `cd "$1" && for part in $(echo "$2" | tr / ' '); do mkdir "$part" && cd "$part"; done && echo deep > file`,
      'sh',
      folder.at('data'),
      deep,
    );
    await writeArchive(folder.at('data'), folder.at('a.tar.gz'));
    const names: string[] = [];
    for await (const { path } of readEntries(decompressArchive(createReadStream(folder.at('a.tar.gz'))))) names.push(printable(path));
    expect(names.at(-1)).toBe(`${deep}/file`);
    expect(existsSync(folder.at('data'))).toBe(true);
  });
});

describe('creating an archive', () => {
  it('of directories nested too deeply omits the deepest, and the archive is readable', async () => {
    using folder = new TemporaryFolder();
    folder.folder('data');
    const nested = 'import os, sys\nos.chdir(sys.argv[1])\nfor _ in range(340): os.mkdir("d" * 200); os.chdir("d" * 200)';
    run('python3', '-c', nested, folder.at('data'));
    const { leftOut, files, warnings } = await writeArchive(folder.at('data'), folder.at('a.tar.gz'));
    expect({ leftOut, warnings }).toEqual({
      leftOut: 1,
      warnings: [expect.stringMatching(/its path has \d+ bytes, more than an archive can store/)],
    });
    let entries = 0;
    for await (const _ of readEntries(decompressArchive(createReadStream(folder.at('a.tar.gz'))))) entries++;
    expect(entries).toBe(files);
    run('rm', '-rf', folder.at('data'));
  });
});

describe('reading an archive', () => {
  it.each([1, 4])('returns the same entries on %i cores', async (cores) => {
    using folder = new TemporaryFolder();
    fillTree(folder.folder('data'));
    await writeArchive(folder.at('data'), folder.at('a.tar.gz'));
    const hash = createHash('sha256');
    for await (const chunk of decompressArchive(createReadStream(folder.at('a.tar.gz')), { cores })) hash.update(chunk);
    const expected = run('sh', '-c', 'zcat "$1" | sha256sum', 'sh', folder.at('a.tar.gz'));
    expect(hash.digest('hex')).toBe(expected.slice(0, 64));
  });

  const FORMATS = ['v7', 'ustar', 'oldgnu', 'gnu', 'posix'] as const;

  it.each(FORMATS)('supports the GNU tar format %s', async (format) => {
    using folder = new TemporaryFolder();
    const data = folder.folder('data');
    if (format === 'gnu' || format === 'posix' || format === 'oldgnu') fillTree(data);
    else run('sh', '-c', 'cd "$1" && echo hello > a && ln a b && ln -s a c && mkdir d && chmod 750 d', 'sh', data);
    run('tar', `--format=${format}`, '-czf', folder.at('a.tar.gz'), '-C', data, '.');
    const listed = run('tar', '-tzf', folder.at('a.tar.gz'), '--quoting-style=literal').split('\n').length;
    let [entries, content] = [0, 0];
    for await (const entry of readEntries(decompressArchive(createReadStream(folder.at('a.tar.gz'))))) {
      expect(entry.type).not.toBe('other');
      entries++;
      for await (const chunk of entry.body) content += chunk.length;
    }
    // One name contains a newline.
    expect(entries).toBe(listed - (data === folder.at('data') && format !== 'v7' && format !== 'ustar' ? 2 : 1));
    expect(content).toBeGreaterThan(0);
  });
});
