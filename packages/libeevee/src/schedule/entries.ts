import { ERROR_CODES, EeveeError } from '../errors.ts';
import { jsonProblem } from '../store/json-problem.ts';
import type { Store } from '../store/store.ts';
import { MAX_TIME_MS, type Recurrence, isRecurrence } from './recurrence.ts';
import type { ScheduleTarget } from './schedule.ts';

/** Maximum number of entries: all are in memory. */
const MAX_ENTRIES = 10_000;

/** Longest payload, in bytes of JSON, so that all entries together need at most 80 MB. */
const MAX_PAYLOAD_BYTES = 8_192;

const MAX_KEY_CHARACTERS = 256;

const PAGE = 1_000;

/** An entry as stored. */
export interface Entry {
  /** Name of the schedule. */
  readonly name: string;
  readonly key: string;
  readonly recurrence: Recurrence;
  /** Time of the next run, in milliseconds since 1970. */
  readonly dueMs: number;
  /** Number of times that the run was begun, including those during which the process ended. */
  readonly attempts: number;
  readonly to?: ScheduleTarget;
  readonly payload?: unknown;
}

const refusal = (problem: string): EeveeError => new EeveeError(ERROR_CODES.scheduleRefused, problem);

/** Identity of an entry. */
export const entryId = ({ name, key }: Pick<Entry, 'name' | 'key'>): string => `${name}/${key}`;

const inOrder = (one: Entry, other: Entry): number => one.dueMs - other.dueMs || (entryId(one) < entryId(other) ? -1 : 1);

/** @throws EeveeError `EEVEE_SCHEDULE_REFUSED` */
function checkEntry({ name, key, payload, dueMs }: Entry): void {
  const what = `the entry ${JSON.stringify(key)} of the schedule ${name}`;
  if (typeof key !== 'string' || key === '' || key.length > MAX_KEY_CHARACTERS)
    throw refusal(`${what} needs a key of 1 to ${MAX_KEY_CHARACTERS} characters`);
  if (!(Math.abs(dueMs) <= MAX_TIME_MS))
    throw refusal(`${what} has no valid time: give a valid Date, or a delay that ends before the year 275760`);
  if (payload === undefined) return;
  const problem = jsonProblem(payload, MAX_PAYLOAD_BYTES);
  if (problem !== undefined) throw refusal(`the payload of ${what} ${problem}`);
  const bytes = Buffer.byteLength(JSON.stringify(payload));
  if (bytes > MAX_PAYLOAD_BYTES)
    throw refusal(
      `the payload of ${what} has ${bytes} bytes of JSON, and at most ${MAX_PAYLOAD_BYTES} are allowed: keep it in the store, and pass its key`,
    );
}

/** Whether a stored value is an entry: another release of the library may have written it. */
function isEntry(value: unknown): value is Entry {
  const { name, key, dueMs, attempts, recurrence } = Object(value) as Readonly<Record<string, unknown>>;
  return (
    typeof name === 'string' && typeof key === 'string' && Number.isFinite(dueMs) && Number.isFinite(attempts) && isRecurrence(recurrence)
  );
}

/** For {@link Entries}. */
export interface EntriesDeps {
  /** A namespace that only these entries use. */
  readonly store: Store<Entry>;
  /** Registers what undoes a change, if the transaction of the store in progress fails. */
  readonly onUndo: (undo: () => void) => void;
}

/** The entries of all schedules of a module, in memory and in its store. */
export class Entries {
  readonly #store: Store<Entry>;
  readonly #entries = new Map<string, Entry>();

  readonly #onUndo: EntriesDeps['onUndo'];

  constructor({ store, onUndo }: EntriesDeps) {
    this.#store = store;
    this.#onUndo = onUndo;
  }

  /** Reads the entries of earlier runs of the process. @returns keys of those that this release cannot run; they stay in the store. */
  load(): string[] {
    const unknown: string[] = [];
    for (let after: string | undefined; ;) {
      const page = this.#store.list({ limit: PAGE, ...(after === undefined ? {} : { after }) });
      for (const { key, value } of page) {
        // Under another key, it would run again and again: the entry with its own key is removed after the run.
        if (isEntry(value) && entryId(value) === key) this.#entries.set(key, value);
        else unknown.push(key);
      }
      if (page.length < PAGE) return unknown;
      after = page.at(-1)?.key;
    }
  }

  get(id: string): Entry | undefined {
    return this.#entries.get(id);
  }

  /** Adds or replaces an entry. @throws EeveeError `EEVEE_SCHEDULE_REFUSED`, and the errors of the store. */
  put(entry: Entry): void {
    checkEntry(entry);
    const id = entryId(entry);
    if (!this.#entries.has(id) && this.#entries.size >= MAX_ENTRIES)
      throw refusal(`the module has ${MAX_ENTRIES} scheduled entries already: cancel some, or store the times and run one frequent entry`);
    this.#store.set(id, entry);
    this.#undoLater(id);
    // As after a restart: the module may change the object that it gave, and add the entry again.
    if (typeof entry.payload === 'object') Object.assign(entry, { payload: JSON.parse(JSON.stringify(entry.payload)) });
    this.#entries.set(id, entry);
  }

  delete(id: string): boolean {
    if (!this.#entries.has(id)) return false;
    this.#store.delete(id);
    this.#undoLater(id);
    return this.#entries.delete(id);
  }

  #undoLater(id: string): void {
    const before = this.#entries.get(id);
    this.#onUndo(() => (before === undefined ? this.#entries.delete(id) : this.#entries.set(id, before)));
  }

  /** The smallest of the given times of all entries. */
  earliest(timeMs: (entry: Entry) => number | undefined): number | undefined {
    let earliest: number | undefined;
    for (const entry of this.#entries.values()) {
      const ms = timeMs(entry);
      if (ms !== undefined && (earliest === undefined || ms < earliest)) earliest = ms;
    }
    return earliest;
  }

  /** Entries whose time has come, in the order in which they run. */
  due(nowMs: number): Entry[] {
    const due: Entry[] = [];
    for (const entry of this.#entries.values()) if (entry.dueMs <= nowMs) due.push(entry);
    return due.sort(inOrder);
  }

  /** All entries, in the order in which they run. */
  get all(): Entry[] {
    return [...this.#entries.values()].toSorted(inOrder);
  }
}
