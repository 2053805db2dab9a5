import { appendFileSync, closeSync, fstatSync, mkdtempSync, openSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChunkPool } from '../chunks/chunk-pool.ts';
import { ChunkWriter } from '../chunks/chunk-writer.ts';
import { DirectoryTree } from '../../file-system/directory-tree.ts';
import { FileContent } from './file-content.ts';
import { BLOCK_BYTES } from '../tar/header.ts';

const LONG_AGO = new Date('2020-01-01T00:00:00Z');

describe('a small file', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'eevee-content-'));
    path = join(folder, 'file');
    writeFileSync(path, 'old');
    utimesSync(path, LONG_AGO, LONG_AGO);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Archives the file and calls `happens` before each attempt to read it. */
  async function archivedWhile(happens: (attempt: number) => void, opened = path) {
    using tree = new DirectoryTree(folder);
    const writer = new ChunkWriter(new ChunkPool());
    writer.write(Buffer.from('before|'));
    const reports: string[] = [];
    let attempts = 0;
    const content = new FileContent({
      tree,
      writer,
      writeHeader: (_, sizeBytes) => {
        writer.write(Buffer.from(`${sizeBytes}:`));
        happens(++attempts);
      },
      onWarning: (warning) => void reports.push(warning),
      onDamaged: (damaged, what) => void reports.push(`damaged: ${damaged.toString()} ${what}`),
      onUnreadable: (unreadable, what) => void reports.push(`left out: ${unreadable.toString()} ${what}`),
      onProgress: () => undefined,
      signal: new AbortController().signal,
    });
    const fd = openSync(opened, 'r');
    const archived = await content.whole({ path: Buffer.from('file'), fd, stats: fstatSync(fd, { bigint: true }) });
    closeSync(fd);
    const bytes = Buffer.concat(writer.end());
    return { archived, reports, attempts, bytes: bytes.toString('latin1').replace(/\0+$/, ''), length: bytes.length };
  }

  it('that does not change is read once', async () => {
    expect(await archivedWhile(() => undefined)).toEqual({
      archived: { sizeBytes: 3, holeBytes: 0, crc32: crc32('old') },
      reports: [],
      attempts: 1,
      bytes: 'before|3:old',
      length: 'before|3:'.length + BLOCK_BYTES,
    });
  });

  it.each<[string, (attempt: number) => void, string]>([
    ['rewritten', () => writeFileSync(path, 'new'), '3:new'],
    ['appended to', () => appendFileSync(path, ', and more'), '13:old, and more'],
    ['shortened', () => truncateSync(path, 1), '1:o'],
    [
      'rewritten with its old mtime',
      () => {
        writeFileSync(path, 'new');
        utimesSync(path, LONG_AGO, LONG_AGO);
      },
      '3:new',
    ],
  ])('that is %s while it is read is reread', async (_, change, expected) => {
    const { bytes, reports } = await archivedWhile((attempt) => void (attempt === 1 && change(attempt)));
    expect({ bytes, reports }).toEqual({ bytes: `before|${expected}`, reports: [] });
  });

  it('that was just written is read until two reads match, because its times may not show the next write', async () => {
    writeFileSync(path, 'now');
    const { bytes, reports, attempts } = await archivedWhile(() => undefined);
    expect({ bytes, reports }).toEqual({ bytes: 'before|3:now', reports: [] });
    expect(attempts).toBe(2);
  });

  it('that is rewritten during every read is inconsistent', async () => {
    const { bytes, reports, attempts } = await archivedWhile((attempt) => writeFileSync(path, `${attempt}${attempt}${attempt}`));
    expect({ bytes, reports, attempts }).toEqual({
      bytes: 'before|3:444',
      reports: ['damaged: file was rewritten while it was read: its content may be partly old and partly new'],
      attempts: 4,
    });
  });

  it('that grows during every read is truncated, and consistent', async () => {
    const { bytes, reports } = await archivedWhile(() => appendFileSync(path, '+'));
    expect({ bytes, reports }).toEqual({
      bytes: 'before|6:old+++',
      reports: ['file grew while it was read; only the first 6 bytes are archived'],
    });
  });

  it('that shrinks during every read is padded with zeros, and inconsistent', async () => {
    writeFileSync(path, 'x'.repeat(8));
    const { bytes, reports, length } = await archivedWhile((attempt) => truncateSync(path, 8 - attempt));
    expect({ bytes, reports, length }).toEqual({
      bytes: 'before|5:xxxx',
      reports: ['damaged: file shrank from 5 to 4 bytes while it was read; the missing bytes are filled with zeros'],
      length: 'before|5:'.length + BLOCK_BYTES,
    });
  });

  it('that cannot be read adds nothing to the archive', async () => {
    // Reading a directory is an error.
    const { archived, bytes, reports } = await archivedWhile(() => undefined, folder);
    expect({ archived, bytes, reports }).toEqual({
      archived: undefined,
      bytes: 'before|',
      reports: ['left out: file could not be read (EISDIR) and is left out'],
    });
  });
});
