import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreDatabase } from './database.ts';

const SET = "INSERT INTO entries VALUES ('', ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value";
const KEYS = 'SELECT key, value FROM entries ORDER BY key';

let folder: string;
let database: StoreDatabase;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'eevee-store-'));
  database = new StoreDatabase(folder);
  database.run(SET, 'a', '1');
});

afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

const full = expect.objectContaining({ code: 'EEVEE_STORE_FULL' }) as Error;

const fill = (): void => {
  for (let index = 0; index < 100; index++) database.run(SET, `filler ${index}`, 'x'.repeat(50_000));
};

describe('a transaction that SQLite rolls back because the disk is full', () => {
  beforeEach(() => void database.value('PRAGMA max_page_count = 100'));

  it('fails as a whole, even if its function catches the error and continues', () => {
    expect(() =>
      database.transaction(() => {
        database.run(SET, 'a', '2');
        expect(fill).toThrow(full);
        database.run(SET, 'b', '1');
      }),
    ).toThrow(full);
    expect(database.all(KEYS)).toEqual([{ key: 'a', value: '1' }]);
  });

  it('fails as a whole when the error is that of a part of it', () => {
    expect(() =>
      database.transaction(() => {
        database.run(SET, 'a', '2');
        expect(() => database.transaction(fill)).toThrow(full);
        return 'done';
      }),
    ).toThrow(full);
    expect(database.all(KEYS)).toEqual([{ key: 'a', value: '1' }]);
  });

  it('does not prevent the next one', () => {
    expect(() => database.transaction(fill)).toThrow(full);
    database.transaction(() => database.run(SET, 'a', '3'));
    expect(database.all(KEYS)).toEqual([{ key: 'a', value: '3' }]);
  });
});

describe('what belongs to a write', () => {
  const undone: string[] = [];
  const onUndo = (name: string): void => database.onUndo(() => undone.push(name));

  beforeEach(() => void undone.splice(0));

  it('is undone with its transaction, the last first', () => {
    expect(() =>
      database.transaction(() => {
        onUndo('first');
        database.transaction(() => onUndo('second'));
        onUndo('third');
        throw new Error('on purpose');
      }),
    ).toThrow('on purpose');
    expect(undone).toEqual(['third', 'second', 'first']);
  });

  it('is undone with the part of a transaction that failed, and is final without one', () => {
    onUndo('before');
    database.transaction(() => {
      onUndo('outer');
      expect(() =>
        database.transaction(() => {
          onUndo('inner');
          throw new Error('on purpose');
        }),
      ).toThrow('on purpose');
    });
    expect(undone).toEqual(['inner']);
    expect(() => database.transaction(() => Promise.resolve())).toThrow(/must be synchronous/);
    expect(undone).toEqual(['inner']);
  });
});
