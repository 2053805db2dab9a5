import { hash, randomBytes } from 'node:crypto';
import { parentsOf } from '../archive/member-path.ts';

/** Tables that a path may be in. They grow one at a time, so that never more than one has to be held twice. */
const TABLES = 256;

/** Slots of a table at the beginning, and how full one may become. */
const FIRST_SLOTS = 16;
const FULL = 0.85;
const GROWTH = 1.25;

const SLASH = 0x2f;
const DIGEST_BYTES = 32;
const TYPE_BITS = 0xff;
const HASH_BITS = 0xffffff00;

/** A path's table and the other 56 bits that stand for the path. */
interface Mark {
  readonly table: number;
  readonly low: number;
  readonly high: number;
}

/** A path whose digest is known. */
interface Digested {
  readonly path: Buffer;
  readonly digest: Buffer;
}

/**
 * A number from 1 to 255 for each of many paths, in 8 to 12 bytes a path whatever its length: a path is represented by
 * 64 bits of a keyed hash. The key is random, so nobody can make an archive whose paths collide, and among ten million
 * paths an accidental collision has a probability of about 3 in a million.
 *
 * A path's digest is made of its parent's digest and its last name: the time for all parents of a path grows with its length,
 * not with the square of it.
 */
export class PathTable {
  readonly #tables = Array.from({ length: TABLES }, () => new Table(FIRST_SLOTS));
  /** The digest of the root is the key. */
  readonly #root: Digested = { path: Buffer.alloc(0), digest: randomBytes(DIGEST_BYTES) };
  /** The path that was asked for last, and the directory it is in: the next is mostly in one of them. */
  #last = this.#root;
  #lastParent = this.#root;
  /** A digest, and behind it room for a name. */
  #message = Buffer.alloc(DIGEST_BYTES + 255);

  /** What was set for a path; 0 when nothing was. */
  get(path: Buffer): number {
    const mark = this.#mark(path);
    return this.#table(mark).get(mark);
  }

  /** @param value from 1 to 255. */
  set(path: Buffer, value: number): void {
    const mark = this.#mark(path);
    this.#table(mark).set(mark, value);
  }

  #table({ table }: Mark): Table {
    const found = this.#tables[table];
    if (found === undefined) throw new RangeError(`there is no table ${table}`);
    return found;
  }

  #mark(path: Buffer): Mark {
    const { digest } = this.#digested(path);
    return { table: digest.readUInt8(0), low: digest.readUInt32LE(4), high: (digest.readUInt32LE(8) & HASH_BITS) >>> 0 };
  }

  #digested(path: Buffer): Digested {
    if (path.length === 0) return this.#root;
    const slash = path.lastIndexOf(SLASH);
    const parent = slash === -1 ? this.#root : this.#parent(path.subarray(0, slash));
    this.#lastParent = parent;
    this.#last = this.#below(parent, path, slash + 1);
    return this.#last;
  }

  #parent(path: Buffer): Digested {
    for (const known of [this.#lastParent, this.#last]) if (known.path.equals(path)) return known;
    let found = this.#root;
    for (const parent of parentsOf(path)) found = this.#below(found, parent, found.path.length === 0 ? 0 : found.path.length + 1);
    return this.#below(found, path, path.lastIndexOf(SLASH) + 1);
  }

  /** @param nameAt where the last name of the path begins. */
  #below(parent: Digested, path: Buffer, nameAt: number): Digested {
    const length = DIGEST_BYTES + path.length - nameAt;
    if (length > this.#message.length) this.#message = Buffer.alloc(2 * length);
    parent.digest.copy(this.#message);
    path.copy(this.#message, DIGEST_BYTES, nameAt);
    return { path, digest: hash('sha256', this.#message.subarray(0, length), 'buffer') };
  }
}

/** Open addressing: a slot is one number of `#low`, and the same of `#high`, whose last byte is the value, 0 for a free slot. */
class Table {
  #low: Uint32Array;
  #high: Uint32Array;
  #used = 0;

  constructor(slots: number) {
    this.#low = new Uint32Array(slots);
    this.#high = new Uint32Array(slots);
  }

  get(mark: Mark): number {
    return (this.#high[this.#slot(mark)] ?? 0) & TYPE_BITS;
  }

  set(mark: Mark, value: number): void {
    const slot = this.#slot(mark);
    if (this.#high[slot] === 0) this.#used++;
    this.#low[slot] = mark.low;
    this.#high[slot] = mark.high | value;
    if (this.#used > this.#low.length * FULL) this.#grow();
  }

  /** Where a mark is, or the free slot where it would be. */
  #slot({ low, high }: Pick<Mark, 'low' | 'high'>): number {
    const slots = this.#low.length;
    for (let slot = low % slots; ; slot = slot + 1 === slots ? 0 : slot + 1) {
      const found = this.#high[slot] ?? 0;
      if (found === 0 || (this.#low[slot] === low && (found & HASH_BITS) >>> 0 === high)) return slot;
    }
  }

  #grow(): void {
    const [low, high] = [this.#low, this.#high];
    this.#low = new Uint32Array(Math.ceil(low.length * GROWTH));
    this.#high = new Uint32Array(this.#low.length);
    for (const [index, word] of high.entries()) {
      if (word === 0) continue;
      const slot = this.#slot({ low: low[index] ?? 0, high: (word & HASH_BITS) >>> 0 });
      this.#low[slot] = low[index] ?? 0;
      this.#high[slot] = word;
    }
  }
}
