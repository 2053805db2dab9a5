import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CHUNK_BYTES, ChunkPool } from '../src/archive/chunks/chunk-pool.ts';
import { emptySummary, type ArchiveSummary } from '../src/archive/content/archive-report.ts';
import { archiveStream } from '../src/archive/archive-stream.ts';
import { describeTree, TemporaryFolder } from './trees.ts';

const MIB = CHUNK_BYTES;

// The archive is produced lazily, so a test that acts between two chunks acts while the file at the end of the first chunk is read.

/** The open files of this process whose path starts with `folder`, without those of the test runner. */
function openFilesBelow(folder: string): string[] {
  return readdirSync('/proc/self/fd')
    .map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return ''; // closed since it was listed
      }
    })
    .filter((path) => path.startsWith(folder));
}

/** Overwrites the last byte of a file. */
function writeInto(path: string, content: string): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, content, 4 * MIB - 1);
  closeSync(fd);
}

describe('a file, during the backup,', () => {
  let folder: TemporaryFolder;
  let volume: string;
  let out: string;

  beforeEach(() => {
    folder = new TemporaryFolder();
    volume = folder.folder('data');
    out = folder.folder('out');
    // Fills the first chunk, so that later files are not open yet but their names were already read.
    writeFileSync(`${volume}/a-first`, Buffer.alloc(MIB, 'a'));
    writeFileSync(`${volume}/b-moving`, Buffer.alloc(4 * MIB, 'b'));
    writeFileSync(`${volume}/z-last`, 'last');
  });
  afterEach(() => folder[Symbol.dispose]());

  let summary: ArchiveSummary;
  /** Archives the volume, calls a function after a number of chunks, and unpacks the archive with GNU tar. */
  const archivedWhile = async (after: number, happens: () => void): Promise<readonly string[]> => {
    const warnings: string[] = [];
    const chunks: Buffer[] = [];
    summary = emptySummary();
    const options = {
      exclude: [],
      temporaryDirectory: tmpdir(),
      onWarning: (warning: string) => void warnings.push(warning),
      pool: new ChunkPool(),
      signal: new AbortController().signal,
    };
    for await (const chunk of archiveStream(volume, options, summary)) {
      chunks.push(chunk);
      if (chunks.length === after) happens();
    }
    writeFileSync(folder.at('a.tar'), Buffer.concat(chunks));
    const listed = execFileSync('tar', ['-xvpf', folder.at('a.tar'), '--numeric-owner', '-C', out], { encoding: 'utf8' });
    expect(listed.trim().split('\n')).toHaveLength(summary.files);
    expect(readFileSync(`${out}/z-last`, 'utf8')).toBe('last');
    return warnings;
  };
  /** The directory itself changed after it was archived. */
  const below = (root: string) => describeTree(root).slice(1);
  const BEFORE = 1;
  const AMIDST = 3;

  it('that grows is truncated to its original size', async () => {
    expect(await archivedWhile(AMIDST, () => appendFileSync(`${volume}/b-moving`, Buffer.alloc(MIB, 'x')))).toEqual([
      `b-moving grew while it was read; only the first ${4 * MIB} bytes are archived`,
    ]);
    expect(readFileSync(`${out}/b-moving`).equals(Buffer.alloc(4 * MIB, 'b'))).toBe(true);
  });

  it('that shrinks is padded with zeros', async () => {
    expect(await archivedWhile(AMIDST, () => truncateSync(`${volume}/b-moving`, 100))).toEqual([
      expect.stringMatching(/^b-moving shrank from 4194304 to 100 bytes while it was read; the missing bytes are filled with zeros$/),
    ]);
    expect(summary.damaged).toBe(1);
    const content = readFileSync(`${out}/b-moving`);
    expect({ length: content.length, begins: content[0], ends: content.at(-1) }).toEqual({ length: 4 * MIB, begins: 0x62, ends: 0 });
  });

  it.each<[string, () => void]>([
    ['is rewritten in place', () => writeInto(`${volume}/b-moving`, 'x')],
    [
      'is rewritten in place and has its old mtime restored',
      () => {
        const { atime, mtime } = statSync(`${volume}/b-moving`);
        writeInto(`${volume}/b-moving`, 'x');
        utimesSync(`${volume}/b-moving`, atime, mtime);
      },
    ],
  ])('that %s is reported as inconsistent', async (_, rewrite) => {
    const warnings = await archivedWhile(AMIDST, rewrite);
    expect(warnings).toEqual(['b-moving was rewritten while it was read: its content may be partly old and partly new']);
    expect(summary).toMatchObject({ damaged: 1, leftOut: 0 });
  });

  it.each<[string, () => void]>([
    ['changes its mode', () => chmodSync(`${volume}/b-moving`, 0o600)],
    ['is renamed', () => renameSync(`${volume}/b-moving`, folder.at('moved'))],
    ['gets another hard link', () => linkSync(`${volume}/b-moving`, folder.at('linked'))],
  ])('that %s is archived completely', async (_, change) => {
    expect(await archivedWhile(AMIDST, change)).toEqual([]);
    expect(summary).toMatchObject({ damaged: 0 });
    expect(readFileSync(`${out}/b-moving`).equals(Buffer.alloc(4 * MIB, 'b'))).toBe(true);
  });

  it('that is sparse and shrinks is padded with zeros', async () => {
    const sparse = openSync(`${volume}/b-moving`, 'w');
    for (const at of [0, 8 * MIB]) writeSync(sparse, Buffer.alloc(MIB, 'b'), 0, MIB, at);
    closeSync(sparse);
    expect(await archivedWhile(AMIDST, () => truncateSync(`${volume}/b-moving`, 3 * MIB))).toEqual([
      expect.stringMatching(/^b-moving shrank from 9437184 to \d+ bytes/),
    ]);
    expect(readFileSync(`${out}/b-moving`)).toHaveLength(9 * MIB);
  });

  it('that is removed while it is read stays in the archive', async () => {
    expect(await archivedWhile(AMIDST, () => rmSync(`${volume}/b-moving`))).toEqual([]);
    expect(readFileSync(`${out}/b-moving`).equals(Buffer.alloc(4 * MIB, 'b'))).toBe(true);
  });

  it.each<[string, (path: string) => void, string]>([
    ['is removed', () => undefined, 'b-moving was removed during the backup and is left out'],
    ['became a folder', (path) => mkdirSync(path), ''],
    ['became a symlink', (path) => symlinkSync('/etc/passwd', path), ''],
    ['became a FIFO', (path) => void execFileSync('mkfifo', [path]), ''],
  ])('that %s before it is read is left out or archived as its new type', async (_, become, warning) => {
    const warnings = await archivedWhile(BEFORE, () => {
      rmSync(`${volume}/b-moving`);
      become(`${volume}/b-moving`);
    });
    expect(warnings).toEqual(warning === '' ? [] : [warning]);
    expect(below(out)).toEqual(below(volume));
  });

  it('that has several names and is replaced is archived with the right content for each name', async () => {
    rmSync(`${volume}/b-moving`);
    writeFileSync(`${volume}/b-moving`, 'old');
    linkSync(`${volume}/b-moving`, `${volume}/c-linked`);
    linkSync(`${volume}/b-moving`, `${volume}/d-linked`);
    await archivedWhile(BEFORE, () => {
      writeFileSync(folder.at('new'), 'new');
      renameSync(folder.at('new'), `${volume}/b-moving`);
    });
    expect(['b-moving', 'c-linked', 'd-linked'].map((name) => readFileSync(`${out}/${name}`, 'utf8'))).toEqual(['new', 'old', 'old']);
    expect(below(out)).toEqual(below(volume));
  });

  it('that is in a removed folder is left out with it', async () => {
    mkdirSync(`${volume}/b-moving.d/deep`, { recursive: true });
    writeFileSync(`${volume}/b-moving.d/deep/file`, 'x');
    const warnings = await archivedWhile(BEFORE, () => rmSync(`${volume}/b-moving.d`, { recursive: true }));
    expect(warnings).toEqual(['b-moving.d was removed during the backup and is left out']);
  });
});

describe('an archive', () => {
  it('ends with the reason of its signal and closes all files', async () => {
    using folder = new TemporaryFolder();
    writeFileSync(folder.at('file'), Buffer.alloc(4 * MIB));
    const controller = new AbortController();
    const options = {
      exclude: [],
      temporaryDirectory: tmpdir(),
      onWarning: () => undefined,
      pool: new ChunkPool(),
      signal: controller.signal,
    };
    const seen: string[] = [];
    const reading = (async () => {
      for await (const _ of archiveStream(folder.path, options, emptySummary())) {
        seen.push(...openFilesBelow(folder.path));
        controller.abort(new Error('ended'));
      }
    })();
    await expect(reading).rejects.toThrow('ended');
    expect(seen).not.toEqual([]);
    expect(openFilesBelow(folder.path)).toEqual([]);
  });

  // Paths of 2,500 folders are longer than PATH_MAX, and so many folders cannot all be open at once.
  it.each([200, 2500])('of %i nested folders is complete', async (depth) => {
    using folder = new TemporaryFolder();
    const volume = folder.folder('data');
    execFileSync('python3', ['-c', DEEP, volume, String(depth)]);
    const summary = emptySummary();
    const options = {
      exclude: [],
      temporaryDirectory: tmpdir(),
      onWarning: () => undefined,
      pool: new ChunkPool(),
      signal: new AbortController().signal,
    };
    for await (const _ of archiveStream(volume, options, summary));
    expect(summary.files).toBe(depth + 1);
    // Node cannot remove a tree this deep.
    execFileSync('rm', ['-rf', volume]);
  });
});

const DEEP = `
import os, sys
os.chdir(sys.argv[1])
for _ in range(int(sys.argv[2])):
    os.mkdir('d')
    os.chdir('d')
`;
