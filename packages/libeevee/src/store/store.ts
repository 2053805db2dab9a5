import { ERROR_CODES, EeveeError } from '../errors.ts';
import { type StorePerson, type StorePlace, channelNamespace, checkKey, endOfPrefix, namedNamespace, personNamespace } from './keys.ts';
import { StoreDatabase, type StoredRow } from './database.ts';
import { jsonProblem } from './json-problem.ts';

/** Longest value, in bytes of JSON. */
export const MAX_VALUE_BYTES = 1_048_576;

const DEFAULT_LIST_LIMIT = 100;

const MAX_LIST_LIMIT = 10_000;

const GET = 'SELECT value FROM entries WHERE namespace = ? AND key = ?';
const SET = 'INSERT INTO entries VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value';
const DELETE = 'DELETE FROM entries WHERE namespace = ? AND key = ?';
const LIST = 'SELECT key, value FROM entries WHERE namespace = ? AND key >= ? AND key > ? ORDER BY key LIMIT ?';
const LIST_UNTIL = 'SELECT key, value FROM entries WHERE namespace = ? AND key >= ? AND key > ? AND key < ? ORDER BY key LIMIT ?';

/** One entry of a store. */
export interface StoreEntry<Value = unknown> {
  readonly key: string;
  readonly value: Value;
}

/** For {@link Store.list}. */
export interface StoreListOptions {
  /** Only keys that start with it. */
  readonly prefix?: string;
  /** Only keys after this one, to continue a list. */
  readonly after?: string;
  /** Maximum number of entries, at most 10,000. Default 100. */
  readonly limit?: number;
}

/**
 * Entries that survive a restart: JSON values by key, in a SQLite file on the module's volume.
 *
 * Calls are synchronous and short: they need no `await`, and nothing else of the module runs during one. The type of the values is
 * declared, not checked: entries may have been written by an earlier release of the module.
 *
 * All methods throw an EeveeError with a code that starts with `EEVEE_STORE_`; its message names the fix.
 *
 * @example
 * const karma = module.store.namespace<number>('karma').forChannel(ctx);
 * karma.increment('fox');
 * karma.list({ prefix: 'f' }); // [{ key: 'fox', value: 1 }]
 */
export interface Store<Value = unknown> {
  /** The value, or `undefined` if there is no entry. */
  get(key: string): Value | undefined;
  /**
   * Writes a JSON value of at most 1 MiB under a key of at most 512 bytes.
   *
   * @throws EeveeError `EEVEE_STORE_REFUSED` for a value that JSON would change, such as `undefined`, a Date or a cycle.
   */
  set(key: string, value: Value): void;
  has(key: string): boolean;
  /** @returns whether there was an entry. */
  delete(key: string): boolean;
  /** Entries in the order of their keys. */
  list(options?: StoreListOptions): StoreEntry<Value>[];
  /**
   * Reads and writes an entry in one transaction.
   *
   * @param change gets the value, or `undefined` if there is no entry, and returns the new one. It must be synchronous.
   * @returns the new value.
   * @example
   * store.namespace<string[]>('quotes').update('fox', (quotes = []) => [...quotes, text]);
   */
  update(key: string, change: (value: Value | undefined) => Value): Value;
  /**
   * Adds to a number; a missing entry counts as 0.
   *
   * @param by default 1.
   * @returns the new number.
   * @throws EeveeError `EEVEE_STORE_REFUSED` when the entry is not a number.
   */
  increment(key: string, by?: number): number;
  /**
   * Runs `work`, which must be synchronous; if it throws, none of its changes remain, in this and in all other namespaces and in the
   * schedule.
   *
   * @returns the result of `work`.
   */
  transaction<Result>(work: () => Result): Result;
  /**
   * Entries of their own under a name, below this store.
   *
   * @example
   * const cities = module.store.namespace<string>('cities');
   */
  namespace<Inner = Value>(name: string): Store<Inner>;
  /** Entries of the channel of a message or event, below this store. @throws EeveeError `EEVEE_STORE_REFUSED` for an event without one. */
  forChannel<Inner = Value>(place: StorePlace): Store<Inner>;
  /**
   * Entries of one user, below this store: of the services account while the user is logged in, otherwise of the nick. Anyone can use a nick
   * that is free, so entries of a nick are not private; and a user who logs in has other entries than before.
   */
  forPerson<Inner = Value>(person: StorePerson): Store<Inner>;
}

const refusal = (problem: string): EeveeError => new EeveeError(ERROR_CODES.storeRefused, problem);

/** @throws EeveeError `EEVEE_STORE_REFUSED` naming the key and the part that is not JSON. */
function jsonText(key: string, value: unknown): string {
  // Each part takes a byte at least.
  const problem = jsonProblem(value, MAX_VALUE_BYTES);
  if (problem !== undefined) throw refusal(`the value of ${JSON.stringify(key)}${/^[.[]/.test(problem) ? ' at ' : ' '}${problem}`);
  const text = JSON.stringify(value);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_VALUE_BYTES)
    throw refusal(
      `the value of ${JSON.stringify(key)} has ${bytes} bytes of JSON, and at most ${MAX_VALUE_BYTES} are allowed: split it into entries`,
    );
  return text;
}

/** The value of an entry. @throws EeveeError `EEVEE_STORE_CORRUPT` */
function valueOf({ key, value }: StoredRow): unknown {
  try {
    return JSON.parse(value);
  } catch (error) {
    // The error quotes the value.
    throw new EeveeError(
      ERROR_CODES.storeCorrupt,
      `the value of ${JSON.stringify(key)} is not JSON, so another program wrote it: delete the entry, or restore a backup of the volume`,
      { cause: error },
    );
  }
}

function checkLimit(limit: number): void {
  if (Number.isInteger(limit) && limit > 0 && limit <= MAX_LIST_LIMIT) return;
  throw refusal(`limit is ${String(limit)}: use a whole number from 1 to ${MAX_LIST_LIMIT}, and \`after\` to continue a list`);
}

/** A namespace of a {@link StoreDatabase}. */
class NamespacedStore<Value> implements Store<Value> {
  readonly #database: StoreDatabase;
  readonly #namespace: string;

  constructor(database: StoreDatabase, namespace: string) {
    this.#database = database;
    this.#namespace = namespace;
  }

  get(key: string): Value | undefined {
    checkKey(key);
    const found = this.#database.value(GET, this.#namespace, key);
    return found === undefined ? undefined : (valueOf({ key, value: found }) as Value);
  }

  set(key: string, value: Value): void {
    checkKey(key);
    this.#database.run(SET, this.#namespace, key, jsonText(key, value));
  }

  has(key: string): boolean {
    checkKey(key);
    return this.#database.value(GET, this.#namespace, key) !== undefined;
  }

  delete(key: string): boolean {
    checkKey(key);
    return this.#database.run(DELETE, this.#namespace, key) > 0;
  }

  list({ prefix = '', after = '', limit = DEFAULT_LIST_LIMIT }: StoreListOptions = {}): StoreEntry<Value>[] {
    if (prefix !== '') checkKey(prefix, 'prefix');
    if (after !== '') checkKey(after, 'key');
    checkLimit(limit);
    const end = endOfPrefix(prefix);
    const rows =
      end === undefined
        ? this.#database.all(LIST, this.#namespace, prefix, after, limit)
        : this.#database.all(LIST_UNTIL, this.#namespace, prefix, after, end, limit);
    return rows.map((row) => ({ key: row.key, value: valueOf(row) as Value }));
  }

  update(key: string, change: (value: Value | undefined) => Value): Value {
    return this.transaction(() => {
      const value = change(this.get(key));
      this.set(key, value);
      return value;
    });
  }

  increment(key: string, by = 1): number {
    return this.transaction(() => {
      const value: unknown = this.get(key) ?? 0;
      if (typeof value !== 'number')
        throw refusal(
          `the value of ${JSON.stringify(key)} is ${value === null ? 'null' : `a ${typeof value}`}, so nothing can be added to it`,
        );
      // In JavaScript, a text would be appended.
      if (typeof by !== 'number') throw refusal(`${JSON.stringify(key)} can be incremented by a number, not by a ${typeof by}`);
      const sum = value + by;
      this.#database.run(SET, this.#namespace, key, jsonText(key, sum));
      return sum;
    });
  }

  transaction<Result>(work: () => Result): Result {
    return this.#database.transaction(work);
  }

  namespace<Inner = Value>(name: string): Store<Inner> {
    return new NamespacedStore(this.#database, namedNamespace(this.#namespace, name));
  }

  forChannel<Inner = Value>(place: StorePlace): Store<Inner> {
    return new NamespacedStore(this.#database, channelNamespace(this.#namespace, place));
  }

  forPerson<Inner = Value>(person: StorePerson): Store<Inner> {
    return new NamespacedStore(this.#database, personNamespace(this.#namespace, person));
  }
}

/** The store of a module, and its file. */
export class ModuleStore {
  readonly #database: StoreDatabase;
  readonly store: Store;
  /** Entries of this library, which no namespace of the module can reach. */
  readonly own: Store;

  /**
   * @param folder directory of the file, which must exist when the store is first used; in memory if `undefined`.
   * @param onMemory called once, when a store in memory is first used.
   */
  constructor(folder?: string, onMemory?: () => void) {
    this.#database = new StoreDatabase(folder, onMemory);
    this.store = new NamespacedStore(this.#database, '');
    this.own = new NamespacedStore(this.#database, 'libeevee');
  }

  /** Registers what undoes a change that belongs to a write just made, if the transaction in progress fails. */
  onUndo(undo: () => void): void {
    this.#database.onUndo(undo);
  }

  /** Closes the file; later calls of the store fail with `EEVEE_STORE_CLOSED`. */
  close(): void {
    this.#database.close();
  }
}
