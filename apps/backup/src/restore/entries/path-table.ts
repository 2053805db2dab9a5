import { hash, randomBytes } from 'node:crypto';
import { parentsOf } from '../../archive/tar/entry-path.ts';

/** Slots of a bucket, a power of two, and the number of used slots at which it is split. */
const SLOTS = 2048;
const FULL = 0.9 * SLOTS;

/** Buckets per allocation of 4 MiB: small long-lived allocations would fragment the heap. */
const BUCKETS_AT_ONCE = 256;

/** A slot consists of two numbers: 32 bits of the hash, and 29 more bits followed by the value, which is 0 for a free slot. */
const SLOT_NUMBERS = 2;
const VALUE_BITS = 3;
const VALUE_MASK = 2 ** VALUE_BITS - 1;

const SLASH = 0x2f;
const DIGEST_BYTES = 32;

/** The bits of the hash that represent a path. */
interface Mark {
  readonly first: number;
  /** With zeros in place of the value. */
  readonly second: number;
}

/** A path and its digest. */
interface PathDigest {
  readonly path: Buffer;
  /** Bytes as latin1, because each small buffer would take separate memory. */
  readonly digest: string;
}

/**
 * Maps paths to numbers from 1 to 7 in 9 to 18 bytes per path, regardless of its length: a path is represented by 61 bits of a keyed hash.
 * The key is random, so an archive cannot be crafted to cause collisions; among ten million paths, an accidental collision has a
 * probability of about 2 in 100,000.
 *
 * The table grows by splitting one bucket at a time, by the next bit of the hash, so it never holds memory twice or fragments it.
 *
 * A path's digest is computed from its parent's digest and its last name, so hashing all parents of a path takes linear rather than
 * quadratic time.
 */
export class PathTable {
  /** Buckets by the first `#bits` bits of a mark; a bucket that uses fewer bits occurs several times. */
  #buckets: Bucket[];
  #bits = 0;
  readonly #memory = new BucketMemory();
  /** The digest of the root is the key. */
  readonly #root: PathDigest = { path: Buffer.alloc(0), digest: randomBytes(DIGEST_BYTES).toString('latin1') };
  /** The last path and its directory; the next path is usually in one of them. */
  #last = this.#root;
  #lastParent = this.#root;
  /** Buffer for a digest followed by a name. */
  #message = Buffer.alloc(DIGEST_BYTES + 255);

  constructor() {
    this.#buckets = [new Bucket(0, this.#memory.take())];
  }

  /** The value of a path; 0 when it has none. */
  get(path: Buffer): number {
    const mark = this.#mark(path);
    return this.#bucket(mark).get(mark);
  }

  /** @param value from 1 to 7. */
  set(path: Buffer, value: number): void {
    if (!(value >= 1 && value <= VALUE_MASK)) throw new RangeError(`${value} is not a number from 1 to ${VALUE_MASK}`);
    const mark = this.#mark(path);
    let bucket = this.#bucket(mark);
    for (; bucket.isFull; bucket = this.#bucket(mark)) this.#split(bucket);
    bucket.set(mark, value);
  }

  #bucket({ first }: Mark): Bucket {
    // A shift by 32 bits would be a shift by 0.
    const bucket = this.#buckets[this.#bits === 0 ? 0 : first >>> (32 - this.#bits)];
    if (bucket === undefined) throw new RangeError('no bucket for these bits');
    return bucket;
  }

  #split(bucket: Bucket): void {
    if (bucket.bits === this.#bits) {
      this.#buckets = this.#buckets.flatMap((known) => [known, known]);
      this.#bits++;
    }
    const from = this.#buckets.indexOf(bucket);
    const places = 2 ** (this.#bits - bucket.bits);
    const other = bucket.split(this.#memory.take());
    for (let place = places / 2; place < places; place++) this.#buckets[from + place] = other;
  }

  #mark(path: Buffer): Mark {
    const { digest } = this.#digestOf(path);
    return { first: numberAt(digest, 0), second: (numberAt(digest, 4) & ~VALUE_MASK) >>> 0 };
  }

  #digestOf(path: Buffer): PathDigest {
    if (path.length === 0) return this.#root;
    const slash = path.lastIndexOf(SLASH);
    const parent = slash === -1 ? this.#root : this.#parent(path.subarray(0, slash));
    this.#lastParent = parent;
    this.#last = this.#below(parent, path, slash + 1);
    return this.#last;
  }

  #parent(path: Buffer): PathDigest {
    for (const known of [this.#lastParent, this.#last]) if (known.path.equals(path)) return known;
    let found = this.#root;
    for (const parent of parentsOf(path)) found = this.#below(found, parent, found.path.length === 0 ? 0 : found.path.length + 1);
    return this.#below(found, path, path.lastIndexOf(SLASH) + 1);
  }

  /** @param nameAt offset of the last name in the path. */
  #below(parent: PathDigest, path: Buffer, nameAt: number): PathDigest {
    const length = DIGEST_BYTES + path.length - nameAt;
    if (length > this.#message.length) this.#message = Buffer.alloc(2 * length);
    this.#message.write(parent.digest, 'latin1');
    path.copy(this.#message, DIGEST_BYTES, nameAt);
    return { path, digest: hash('sha256', this.#message.subarray(0, length), 'latin1') };
  }
}

/** Four bytes of a digest as a number. */
const numberAt = (digest: string, at: number): number =>
  (digest.charCodeAt(at) | (digest.charCodeAt(at + 1) << 8) | (digest.charCodeAt(at + 2) << 16) | (digest.charCodeAt(at + 3) << 24)) >>> 0;

/** Allocates the memory of buckets. The first allocation is small, because most archives are. */
class BucketMemory {
  #numbers = new Uint32Array(SLOTS * SLOT_NUMBERS);
  #taken = 0;

  take(): Uint32Array {
    if (this.#taken === this.#numbers.length) {
      this.#numbers = new Uint32Array(BUCKETS_AT_ONCE * SLOTS * SLOT_NUMBERS);
      this.#taken = 0;
    }
    const from = this.#taken;
    this.#taken += SLOTS * SLOT_NUMBERS;
    return this.#numbers.subarray(from, this.#taken);
  }
}

/** Copy of a bucket that is being split. */
const splitting = new Uint32Array(SLOTS * SLOT_NUMBERS);

/** Paths whose marks have the same first bits; a hash table with open addressing. */
class Bucket {
  /** Number of leading bits that all marks have in common. */
  bits: number;
  readonly #numbers: Uint32Array;
  #used = 0;

  /** @param numbers memory filled with zeros. */
  constructor(bits: number, numbers: Uint32Array) {
    this.bits = bits;
    this.#numbers = numbers;
  }

  get isFull(): boolean {
    return this.#used >= FULL;
  }

  get(mark: Mark): number {
    return (this.#numbers[this.#at(mark) + 1] ?? 0) & VALUE_MASK;
  }

  set(mark: Mark, value: number): void {
    const at = this.#at(mark);
    if (this.#numbers[at + 1] === 0) this.#used++;
    this.#numbers[at] = mark.first;
    this.#numbers[at + 1] = mark.second | value;
  }

  /**
   * Moves marks whose next bit is 1 to a new bucket.
   *
   * @param numbers memory for the new bucket, filled with zeros.
   */
  split(numbers: Uint32Array): Bucket {
    splitting.set(this.#numbers);
    this.#numbers.fill(0);
    [this.#used, this.bits] = [0, this.bits + 1];
    const other = new Bucket(this.bits, numbers);
    for (let at = 0; at < splitting.length; at += SLOT_NUMBERS) {
      const [first, rest] = [splitting[at] ?? 0, splitting[at + 1] ?? 0];
      if (rest === 0) continue;
      const half = ((first >>> (32 - this.bits)) & 1) === 0 ? this : other;
      half.set({ first, second: (rest & ~VALUE_MASK) >>> 0 }, rest & VALUE_MASK);
    }
    return other;
  }

  /** Position of a mark, or of the free slot for it. */
  #at({ first, second }: Mark): number {
    for (let slot = (second >>> VALUE_BITS) % SLOTS; ; slot = (slot + 1) % SLOTS) {
      const at = slot * SLOT_NUMBERS;
      const rest = this.#numbers[at + 1] ?? 0;
      if (rest === 0 || (this.#numbers[at] === first && (rest & ~VALUE_MASK) >>> 0 === second)) return at;
    }
  }
}
