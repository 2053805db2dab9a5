import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databaseCheck } from './database-check.ts';

const { signal } = new AbortController();
let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'eevee-check-'));
  path = join(folder, 'seen.db');
  const database = new DatabaseSync(path);
  database.exec('CREATE TABLE seen (nick TEXT, at INTEGER); CREATE INDEX by_nick ON seen (nick); BEGIN');
  const insert = database.prepare('INSERT INTO seen VALUES (?, ?)');
  for (let row = 0; row < 2_000; row++) insert.run(`nick${row}`, row);
  database.exec('COMMIT');
  database.close();
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const check = () => databaseCheck(Buffer.from(path), signal);

function overwrite(position: number, bytes: Buffer): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, bytes, 0, bytes.length, position);
  closeSync(fd);
}

describe('the check of a database', () => {
  it('succeeds for an intact database, also in WAL mode', async () => {
    expect(await check()).toEqual({ result: 'sound' });
    const database = new DatabaseSync(path);
    database.exec('PRAGMA journal_mode = WAL; INSERT INTO seen VALUES (1, 2)');
    database.close();
    expect(await check()).toEqual({ result: 'sound' });
  });

  it('detects an overwritten page', async () => {
    overwrite(3 * 4096, Buffer.alloc(4096, 0xa5));
    expect(await check()).toMatchObject({ result: 'damaged', message: expect.stringMatching(/\w/) });
  });

  it('detects an index that lacks a row of its table', async () => {
    const database = new DatabaseSync(path, { defensive: false });
    database.exec('PRAGMA writable_schema = ON');
    database.exec("UPDATE sqlite_schema SET sql = 'CREATE INDEX by_nick ON seen (at)' WHERE name = 'by_nick'");
    database.close();
    expect(await check()).toMatchObject({ result: 'damaged', message: expect.stringContaining('by_nick') });
  });

  it('detects a file that only starts like a database', async () => {
    writeFileSync(path, Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(4080, 0x5a)]));
    expect(await check()).toMatchObject({ result: 'damaged' });
  });

  it('reports a database that needs an extension as unchecked', async () => {
    const database = new DatabaseSync(path, { defensive: false });
    database.exec('PRAGMA writable_schema = ON');
    database.exec("UPDATE sqlite_schema SET sql = 'CREATE TABLE seen (nick TEXT COLLATE klingon, at INTEGER)' WHERE name = 'seen'");
    database.close();
    expect(await check()).toMatchObject({ result: 'unchecked', message: expect.stringContaining('klingon') });
  });

  it('is aborted by the signal', async () => {
    await expect(databaseCheck(Buffer.from(path), AbortSignal.abort(new Error('terminated')))).rejects.toThrow('terminated');
  });
});
