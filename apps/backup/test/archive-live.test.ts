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
import { archiveStream, emptySummary, type ArchiveSummary } from '../src/archive/write.ts';
import { describeTree, TemporaryFolder } from './trees.ts';

const MIB = CHUNK_BYTES;

// The archive is made only as far as it is read. So a test that acts between two chunks acts while the file in which
// the first chunk ends is read.

/** The open files of this process whose path starts with `folder`. Other files that the test runner opens do not count. */
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

/** Writes the last byte of a file anew. */
function writeInto(path: string, content: string): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, content, 4 * MIB - 1);
  closeSync(fd);
}

describe('while it is archived, a file that', () => {
  let folder: TemporaryFolder;
  let volume: string;
  let out: string;

  beforeEach(() => {
    folder = new TemporaryFolder();
    volume = folder.folder('data');
    out = folder.folder('out');
    // Fills the first chunk, so that nothing behind it has been opened, but all that is beside it has been named.
    writeFileSync(`${volume}/a-first`, Buffer.alloc(MIB, 'a'));
    writeFileSync(`${volume}/b-moving`, Buffer.alloc(4 * MIB, 'b'));
    writeFileSync(`${volume}/z-last`, 'last');
  });
  afterEach(() => folder[Symbol.dispose]());

  let summary: ArchiveSummary;
  /** Archives the volume, unpacks that with GNU tar, and does something after so many chunks. */
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
  /** The folder itself changed after it had been archived. */
  const below = (root: string) => describeTree(root).slice(1);
  const BEFORE = 1;
  const AMIDST = 3;

  it('grows is cut at the size that it had', async () => {
    expect(await archivedWhile(AMIDST, () => appendFileSync(`${volume}/b-moving`, Buffer.alloc(MIB, 'x')))).toEqual([
      `b-moving grew while it was read and is cut at ${4 * MIB} bytes`,
    ]);
    expect(readFileSync(`${out}/b-moving`).equals(Buffer.alloc(4 * MIB, 'b'))).toBe(true);
  });

  it('shrinks is filled up with zeros', async () => {
    expect(await archivedWhile(AMIDST, () => truncateSync(`${volume}/b-moving`, 100))).toEqual([
      expect.stringMatching(/^b-moving shrank from 4194304 to 100 bytes while it was read and is filled up with zeros$/),
    ]);
    expect(summary.damaged).toBe(1);
    const content = readFileSync(`${out}/b-moving`);
    expect({ length: content.length, begins: content[0], ends: content.at(-1) }).toEqual({ length: 4 * MIB, begins: 0x62, ends: 0 });
  });

  it.each<[string, () => void]>([
    ['is rewritten in place', () => writeInto(`${volume}/b-moving`, 'x')],
    [
      'is rewritten in place and gets its old time back',
      () => {
        const { atime, mtime } = statSync(`${volume}/b-moving`);
        writeInto(`${volume}/b-moving`, 'x');
        utimesSync(`${volume}/b-moving`, atime, mtime);
      },
    ],
  ])('%s is reported, since its content is not of one moment', async (_, rewrite) => {
    const warnings = await archivedWhile(AMIDST, rewrite);
    expect(warnings).toEqual(['b-moving was rewritten while it was read: its content may be partly old and partly new']);
    expect(summary).toMatchObject({ damaged: 1, leftOut: 0 });
  });

  it.each<[string, () => void]>([
    ['gets another mode', () => chmodSync(`${volume}/b-moving`, 0o600)],
    ['gets another name', () => renameSync(`${volume}/b-moving`, folder.at('moved'))],
    ['gets one more name', () => linkSync(`${volume}/b-moving`, folder.at('linked'))],
  ])('%s is whole', async (_, change) => {
    expect(await archivedWhile(AMIDST, change)).toEqual([]);
    expect(summary).toMatchObject({ damaged: 0 });
    expect(readFileSync(`${out}/b-moving`).equals(Buffer.alloc(4 * MIB, 'b'))).toBe(true);
  });

  it('is sparse and shrinks is filled up with zeros, too', async () => {
    const sparse = openSync(`${volume}/b-moving`, 'w');
    for (const at of [0, 8 * MIB]) writeSync(sparse, Buffer.alloc(MIB, 'b'), 0, MIB, at);
    closeSync(sparse);
    expect(await archivedWhile(AMIDST, () => truncateSync(`${volume}/b-moving`, 3 * MIB))).toEqual([
      expect.stringMatching(/^b-moving shrank from 9437184 to \d+ bytes/),
    ]);
    expect(readFileSync(`${out}/b-moving`)).toHaveLength(9 * MIB);
  });

  it('is removed while it is read stays in the archive', async () => {
    expect(await archivedWhile(AMIDST, () => rmSync(`${volume}/b-moving`))).toEqual([]);
    expect(readFileSync(`${out}/b-moving`).equals(Buffer.alloc(4 * MIB, 'b'))).toBe(true);
  });

  it.each<[string, (path: string) => void, string]>([
    ['is removed', () => undefined, 'b-moving went away and is left out'],
    ['has become a folder', (path) => mkdirSync(path), ''],
    ['has become a symlink', (path) => symlinkSync('/etc/passwd', path), ''],
    ['has become a FIFO', (path) => void execFileSync('mkfifo', [path]), ''],
  ])('%s before it is looked at is left out, or is what it has become', async (_, become, warning) => {
    const warnings = await archivedWhile(BEFORE, () => {
      rmSync(`${volume}/b-moving`);
      become(`${volume}/b-moving`);
    });
    expect(warnings).toEqual(warning === '' ? [] : [warning]);
    expect(below(out)).toEqual(below(volume));
  });

  it('of several names is replaced gives each name its own content', async () => {
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

  it('lies in a folder that is removed is left out with it', async () => {
    mkdirSync(`${volume}/b-moving.d/deep`, { recursive: true });
    writeFileSync(`${volume}/b-moving.d/deep/file`, 'x');
    const warnings = await archivedWhile(BEFORE, () => rmSync(`${volume}/b-moving.d`, { recursive: true }));
    expect(warnings).toEqual(['b-moving.d went away and is left out']);
  });
});

describe('an archive', () => {
  it('ends with the reason of its signal, and closes what it had open', async () => {
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

  it.each([200, 5000])('of %i folders one in another is whole', async (depth) => {
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
    // Node itself cannot remove it.
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
