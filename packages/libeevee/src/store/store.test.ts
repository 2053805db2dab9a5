import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ErrorCode } from '../errors.ts';
import { ModuleStore, type Store } from './store.ts';
import { storeError } from './sqlite-errors.ts';

let folder: string;
let opened: ModuleStore[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'eevee-store-'));
});

afterEach(() => {
  for (const each of opened) each.close();
  opened = [];
  rmSync(folder, { recursive: true });
});

function open(): ModuleStore {
  const store = new ModuleStore(folder);
  opened.push(store);
  return store;
}

const file = (): string => join(folder, 'store.sqlite');

const failure = (code: ErrorCode, message: RegExp): Error =>
  expect.objectContaining({ name: 'EeveeError', code, message: expect.stringMatching(message) as string }) as Error;

describe('a store', () => {
  it('keeps its entries when the module starts again', () => {
    const first = open();
    first.store.set('a', { list: [1, 'zwei', null] });
    first.close();
    expect(open().store.get('a')).toEqual({ list: [1, 'zwei', null] });
  });

  it('is one file after it was closed', () => {
    const { store } = open();
    store.set('a', 1);
    expect(existsSync(`${file()}-wal`)).toBe(true);
    opened[0]?.close();
    expect(existsSync(`${file()}-wal`)).toBe(false);
  });

  it('touches the volume on first use only', () => {
    const store = open();
    store.store.namespace('a');
    store.close();
    expect(existsSync(file())).toBe(false);
  });

  it('reads, replaces and deletes entries', () => {
    const { store } = open();
    expect([store.get('a'), store.has('a'), store.delete('a')]).toEqual([undefined, false, false]);
    store.set('a', null);
    expect([store.get('a'), store.has('a')]).toEqual([null, true]);
    store.set('a', 2);
    expect([store.get('a'), store.delete('a'), store.has('a')]).toEqual([2, true, false]);
  });

  it('lists entries by prefix, in pages, in the order of their keys', () => {
    const store = open().store.namespace<number>('n');
    for (const [value, key] of ['b', 'ab', 'a%', 'a', 'aé', 'a_c', 'a\u{1f98a}'].entries()) store.set(key, value);
    expect(store.list({ prefix: 'a' }).map(({ key }) => key)).toEqual(['a', 'a%', 'a_c', 'ab', 'aé', 'a\u{1f98a}']);
    expect(store.list({ limit: 2 }).map(({ key }) => key)).toEqual(['a', 'a%']);
    expect(store.list({ prefix: 'a', after: 'a%', limit: 2 })).toEqual([
      { key: 'a_c', value: 5 },
      { key: 'ab', value: 1 },
    ]);
    expect(store.list({ prefix: 'x' })).toEqual([]);
  });

  it.each([0, 1.5, 10_001, Number.NaN])('refuses to list %s entries', (limit) => {
    expect(() => open().store.list({ limit })).toThrow(failure('EEVEE_STORE_REFUSED', /^limit is .*: use a whole number from 1 to 10000/));
  });

  it('separates namespaces, channels and persons', () => {
    const { store, own } = open();
    const ctx = { platform: 'irc', instance: 'main', channel: '#a', nick: 'fox' };
    const stores: Store[] = [
      ...[store, own, store.namespace('a'), store.namespace('b'), store.namespace('a').namespace('b')],
      ...[store.forChannel(ctx), store.forPerson(ctx), store.namespace('a').forChannel(ctx), store.forChannel(ctx).forPerson(ctx)],
    ];
    for (const [index, each] of stores.entries()) each.set('key', index);
    expect(stores.map((each) => each.get('key'))).toEqual([...stores.keys()]);
    expect(stores.map((each) => each.list().length)).toEqual(stores.map(() => 1));
  });

  it('adds to numbers, and refuses to add to anything else', () => {
    const { store } = open();
    expect([store.increment('n'), store.increment('n', 5), store.increment('n', -10)]).toEqual([1, 6, -4]);
    store.set('t', 'text');
    expect(() => store.increment('t')).toThrow(failure('EEVEE_STORE_REFUSED', /^the value of "t" is a string, so nothing can be added/));
    expect(() => store.increment('n', Infinity)).toThrow(failure('EEVEE_STORE_REFUSED', /^the value of "n" is Infinity/));
    expect(store.get('n')).toBe(-4);
  });

  it('updates an entry with a function', () => {
    const quotes = open().store.namespace<string[]>('quotes');
    quotes.update('fox', (before = []) => [...before, 'one']);
    expect(quotes.update('fox', (before = []) => [...before, 'two'])).toEqual(['one', 'two']);
    expect(() => quotes.update('fox', () => undefined as never)).toThrow(failure('EEVEE_STORE_REFUSED', /"fox" is undefined/));
    expect(quotes.get('fox')).toEqual(['one', 'two']);
  });

  it('refuses values that it could not return unchanged, and names key and part', () => {
    const { store } = open();
    expect(() => store.set('k', { a: [new Date()] })).toThrow(failure('EEVEE_STORE_REFUSED', /^the value of "k" at \.a\[0\] is a Date/));
    expect(() => store.set('k', 1n)).toThrow(failure('EEVEE_STORE_REFUSED', /^the value of "k" is a BigInt/));
    expect(() => store.set('k', 'x'.repeat(1_048_575))).toThrow(
      failure('EEVEE_STORE_REFUSED', /has 1048577 bytes of JSON, and at most 1048576/),
    );
    store.set('k', 'x'.repeat(1_048_574));
  });

  it('logs once that it is in memory, when it is first used', () => {
    const onMemory = vi.fn();
    const memory = new ModuleStore(undefined, onMemory);
    opened.push(memory);
    expect(onMemory).not.toHaveBeenCalled();
    memory.store.set('a', 1);
    expect([memory.store.get('a'), onMemory.mock.calls.length]).toEqual([1, 1]);
  });
});

describe('a transaction of a store', () => {
  it('is undone as a whole when its function throws', () => {
    const { store } = open();
    const other = store.namespace('other');
    store.set('a', 1);
    const cause = new Error('no');
    expect(() =>
      store.transaction(() => {
        store.set('a', 2);
        other.increment('b');
        throw cause;
      }),
    ).toThrow(cause);
    expect([store.get('a'), other.get('b')]).toEqual([1, undefined]);
  });

  it('undoes only the inner transaction whose error is caught', () => {
    const { store } = open();
    const result = store.transaction(() => {
      store.set('a', 1);
      expect(() =>
        store.transaction(() => {
          store.set('a', 2);
          throw new Error('inner');
        }),
      ).toThrow('inner');
      store.increment('b');
      return 'done';
    });
    expect([result, store.get('a'), store.get('b')]).toEqual(['done', 1, 1]);
  });

  it('refuses a function that returns a promise', () => {
    const { store } = open();
    expect(() => store.transaction(async () => store.set('a', 1))).toThrow(failure('EEVEE_STORE_REFUSED', /must be synchronous/));
    expect(store.has('a')).toBe(false);
    store.set('a', 2);
    expect(store.get('a')).toBe(2);
  });

  it('of two processes does not lose an update', () => {
    const [one, two] = [open().store, open().store];
    one.increment('n');
    two.increment('n');
    expect(one.get('n')).toBe(2);
  });
});

describe('errors of a store', () => {
  it('name the directory that does not exist', () => {
    const store = new ModuleStore(join(folder, 'missing'));
    expect(() => store.store.get('a')).toThrow(failure('EEVEE_STORE_UNAVAILABLE', /MODULE_DATA is .*missing, which does not exist/));
  });

  it('identify a file that is not a database, one of another program, and a newer one', () => {
    writeFileSync(file(), 'x'.repeat(5_000));
    expect(() => open().store.get('a')).toThrow(failure('EEVEE_STORE_CORRUPT', /store\.sqlite is not a database: restore a backup/));
    rmSync(file());
    const foreign = new DatabaseSync(file());
    foreign.exec('CREATE TABLE mine (a)');
    expect(() => open().store.get('a')).toThrow(failure('EEVEE_STORE_CORRUPT', /database of another program/));
    foreign.exec(`DROP TABLE mine; PRAGMA application_id = 0x65657665; PRAGMA user_version = 2`);
    foreign.close();
    expect(() => open().store.get('a')).toThrow(failure('EEVEE_STORE_NEWER', /has version 2, but this libeevee supports version 1/));
  });

  it('identify a damaged file', () => {
    const first = open();
    for (let index = 0; index < 500; index++) first.store.set(`key ${index}`, 'x'.repeat(100));
    first.close();
    const raw = new DatabaseSync(file());
    const { page_size: pageBytes } = raw.prepare('PRAGMA page_size').get() ?? {};
    raw.close();
    const handle = openSync(file(), 'r+');
    writeSync(handle, Buffer.alloc(Number(pageBytes) * 3, 0xff), 0, Number(pageBytes) * 3, Number(pageBytes));
    closeSync(handle);
    expect(() => open().store.list({ limit: 1_000 })).toThrow(failure('EEVEE_STORE_CORRUPT', /is damaged: restore a backup of the volume/));
  });

  it('name the key of an entry that another program wrote', () => {
    const first = open();
    first.store.set('a', 1);
    const other = new DatabaseSync(file());
    other.exec("UPDATE entries SET value = '{secret'");
    other.close();
    for (const read of [() => first.store.get('a'), () => first.store.list()])
      expect(read).toThrow(failure('EEVEE_STORE_CORRUPT', /^the value of "a" is not JSON, so another program wrote it: delete the entry/));
    expect([first.store.delete('a'), first.store.get('a')]).toEqual([true, undefined]);
  });

  it('state that only numbers can be added', () => {
    const { store } = open();
    store.set('a', 1);
    for (const by of ['5', 5n, null]) {
      expect(() => store.increment('a', by as unknown as number)).toThrow(
        failure('EEVEE_STORE_REFUSED', /^"a" can be incremented by a number, not by a/),
      );
    }
    expect(store.get('a')).toBe(1);
  });

  it('state that another process holds the lock', () => {
    const { store } = open();
    store.set('a', 1);
    const other = new DatabaseSync(file());
    other.exec('BEGIN IMMEDIATE');
    expect(store.get('a')).toBe(1);
    expect(() => store.set('a', 2)).toThrow(failure('EEVEE_STORE_BUSY', /is locked by another process: run the module with size 1/));
    other.exec('COMMIT');
    other.close();
    store.set('a', 3);
    expect(store.get('a')).toBe(3);
  });

  it('state that the module has stopped', () => {
    const store = open();
    store.store.set('a', 1);
    store.close();
    expect(() => store.store.get('a')).toThrow(failure('EEVEE_STORE_CLOSED', /because the module has stopped/));
  });

  it('distinguish read-only and full volumes by the result codes of SQLite', () => {
    const full = new DatabaseSync(file());
    full.exec('CREATE TABLE t (a); PRAGMA max_page_count = 3');
    const failed = (act: () => void): unknown => {
      try {
        act();
      } catch (error) {
        return storeError(error, '/data/store.sqlite');
      }
      return undefined;
    };
    expect(failed(() => full.prepare('INSERT INTO t VALUES (?)').run('x'.repeat(100_000)))).toEqual(
      failure('EEVEE_STORE_FULL', /^the store \/data\/store\.sqlite cannot grow: the volume is full/),
    );
    full.close();
    const readOnly = new DatabaseSync(file(), { readOnly: true });
    expect(failed(() => readOnly.exec('DELETE FROM t'))).toEqual(failure('EEVEE_STORE_READ_ONLY', /mount the volume read-write/));
    readOnly.close();
    const own = new TypeError('mine');
    expect(storeError(own, '')).toBe(own);
  });
});
