import { hash } from 'node:crypto';

/** A file's content, holes read as zeros. */
export interface DigestedContent {
  readonly crc32: number;
  readonly sizeBytes: number;
}

/** One entry of a tree, as far as {@link TreeDigest} covers it. */
export interface DigestedEntry {
  /** Relative path in raw bytes, names separated by single slashes. */
  readonly path: Buffer;
  /** A hard link counts as a file: which of its names is "the link" depends on the order of reading. */
  readonly type: 'file' | 'directory' | 'symlink' | 'fifo';
  readonly mode: number;
  /** Of a file. */
  readonly content?: DigestedContent | undefined;
  /** Target of a symlink. */
  readonly linkTarget?: Buffer | undefined;
}

const TYPE_CODES: Readonly<Record<DigestedEntry['type'], string>> = { file: 'f', directory: 'd', symlink: 'l', fifo: 'p' };

/**
 * The owner's permission bits: the only ones that come back everywhere. The group's hold the mask of an ACL, which a file system may
 * lack, and set-id bits are dropped where the owner cannot be restored.
 */
const DIGESTED_MODE = 0o700;

/** 32-bit words of a SHA-256. */
const WORDS = 8;

/**
 * Digest of a directory tree: paths, types, the owner's permissions, link targets and contents; not times and owners. It is the sum of
 * the entries' SHA-256 values modulo 2^256, so it does not depend on the order in which they are added, and needs no memory for them.
 * It detects damage, not forgery: contents are covered by a CRC-32 (the archive itself by a SHA-256).
 *
 * @see https://cseweb.ucsd.edu/~mihir/papers/inchash.pdf AdHash: a sum of hashes as the hash of a set
 * @example
 * const digest = new TreeDigest();
 * digest.add({ path: Buffer.from('a'), type: 'file', mode: 0o644, content: { crc32: crc32('hello'), sizeBytes: 5 } });
 * digest.hex(); // 64 hexadecimal digits
 */
export class TreeDigest {
  readonly #sum = new Uint32Array(WORDS);
  #entries = 0;

  /** Adds an entry. The root itself is not part of a tree: a volume's root seldom belongs to whoever restores into it. */
  add({ path, type, mode, content, linkTarget = Buffer.alloc(0) }: DigestedEntry): void {
    if (path.length === 0) return;
    const { crc32 = 0, sizeBytes = 0 } = content ?? {};
    // Symlinks have no mode of their own.
    const permissions = type === 'symlink' ? 0 : mode & DIGESTED_MODE;
    const facts = Buffer.from(`${TYPE_CODES[type]} ${permissions.toString(8)} ${sizeBytes} ${crc32} ${path.length} `);
    this.#addHash(hash('sha256', Buffer.concat([facts, path, linkTarget]), 'buffer'));
    this.#entries++;
  }

  /** The digest of all that was added so far: 64 hexadecimal digits. */
  hex(): string {
    return hash('sha256', Buffer.concat([Buffer.from(`${this.#entries} `), Buffer.from(this.#sum.buffer)]), 'hex');
  }

  #addHash(value: Buffer): void {
    let carry = 0;
    for (let word = 0; word < WORDS; word++) {
      const sum = (this.#sum[word] ?? 0) + value.readUInt32LE(4 * word) + carry;
      this.#sum[word] = sum;
      carry = sum > 0xffffffff ? 1 : 0;
    }
  }
}
