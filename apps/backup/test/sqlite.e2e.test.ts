import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeArchive } from './archives.ts';
import { copiedRows, LEFT_BEHIND, ROWS, snapshotOf, startWriter } from './databases.ts';
import { describeTree, TemporaryFolder } from './trees.ts';

describe('a SQLite database on a read-only mount', () => {
  let folder: TemporaryFolder;
  /** Directory that the writers use. */
  let volume: string;
  /** Read-only mount of the same directory for the backup. */
  let mounted: string;
  let copies: string;

  beforeEach(() => {
    folder = new TemporaryFolder();
    volume = folder.folder('data');
    copies = folder.folder('copies');
    mounted = mkdtempSync(join(tmpdir(), 'eevee-read-only-'));
    execFileSync('mount', ['--bind', '-o', 'ro', volume, mounted]);
  });
  afterEach(() => {
    execFileSync('umount', [mounted]);
    rmSync(mounted, { recursive: true });
    folder[Symbol.dispose]();
  });

  it.each(Object.entries(LEFT_BEHIND))('left %s, is copied without a warning', async (_, leave) => {
    leave(`${volume}/left.db`);
    const before = describeTree(volume);
    const { warnings, files } = await writeArchive(mounted, folder.at('a.tar.gz'));
    expect({ warnings, files }).toEqual({ warnings: [], files: 2 });
    execFileSync('tar', ['-xzf', folder.at('a.tar.gz'), '-C', copies]);
    expect(copiedRows(join(copies, 'left.db'))).toEqual({ rows: ROWS, last: ROWS, integrity: 'ok' });
    expect(describeTree(volume)).toEqual(before);
  });

  it.each(['WAL', 'DELETE'] as const)('written by another process in mode %s, is copied with all committed transactions', async (mode) => {
    await using writer = await startWriter(`${volume}/live.db`, mode);
    for (let count = 0; count < 30; count++) {
      const committed = writer.committed();
      const copy = await snapshotOf(`${mounted}/live.db`, { directory: copies });
      const { rows, last, integrity } = copiedRows(copy);
      expect({ integrity, missing: last - rows, isRecent: last >= committed }).toEqual({ integrity: 'ok', missing: 0, isRecent: true });
      rmSync(copy);
    }
    expect(readdirSync(copies)).toEqual([]);
  });
});
