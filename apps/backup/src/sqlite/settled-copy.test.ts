import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copySettled, UnsettledError } from './settled-copy.ts';

const NOW_MS = Date.parse('2026-01-01T00:00:00Z');

describe('copySettled', () => {
  let folder: string;
  let database: string;
  let copy: string;
  const waits: number[] = [];
  const { signal } = new AbortController();

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'eevee-settled-'));
    database = join(folder, 'a.db');
    copy = join(folder, 'copy');
    waits.length = 0;
    write('', 'pages', -60_000);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (ending: string, content: string, ageMs: number): void => {
    writeFileSync(database + ending, content);
    utimesSync(database + ending, (NOW_MS + ageMs) / 1000, (NOW_MS + ageMs) / 1000);
  };
  const copied = (onWait: () => void = () => undefined) =>
    copySettled(Buffer.from(database), copy, {
      signal,
      timing: {
        nowMs: () => NOW_MS,
        wait: async (ms) => {
          waits.push(ms);
          onWait();
        },
      },
    });

  it('copies log and journal, but not the shared memory', async () => {
    write('-wal', 'log', -60_000);
    write('-journal', 'journal', -60_000);
    write('-shm', 'memory', -60_000);
    await copied();
    expect(readFileSync(copy, 'utf8')).toBe('pages');
    expect(readFileSync(`${copy}-wal`, 'utf8')).toBe('log');
    expect(readFileSync(`${copy}-journal`, 'utf8')).toBe('journal');
    expect(existsSync(`${copy}-shm`)).toBe(false);
    expect(waits).toEqual([]);
  });

  it('waits when the last write is too recent to detect the next one', async () => {
    write('-wal', 'log', -1);
    await copied(() => write('-wal', 'log', -1000));
    expect(waits).toHaveLength(1);
    expect(readFileSync(copy, 'utf8')).toBe('pages');
  });

  it('copies a database with a time in the future', async () => {
    write('', 'pages', 3_600_000);
    await copied();
    expect(readFileSync(copy, 'utf8')).toBe('pages');
  });

  it('leaves no files when the database is written continuously', async () => {
    let times = 0;
    const written = copySettled(Buffer.from(database), copy, {
      signal,
      timing: {
        // Called between checking the files and copying them.
        nowMs: () => {
          appendFileSync(`${database}-wal`, String(times++));
          return NOW_MS + 3_600_000_000;
        },
        wait: async () => undefined,
      },
    });
    await expect(written).rejects.toBeInstanceOf(UnsettledError);
    expect(times).toBeGreaterThan(1);
    expect([copy, `${copy}-wal`].filter((path) => existsSync(path))).toEqual([]);
  });

  it('fails when the database was removed', async () => {
    rmSync(database);
    await expect(copied()).rejects.toBeInstanceOf(UnsettledError);
  });

  it('is aborted by the signal', async () => {
    await expect(copySettled(Buffer.from(database), copy, { signal: AbortSignal.abort(new Error('ended')) })).rejects.toThrow('ended');
  });
});
