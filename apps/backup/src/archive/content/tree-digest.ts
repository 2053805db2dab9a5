import { hash } from 'node:crypto';

/** Content of a file; holes count as zeros. */
export interface DigestedContent {
  readonly crc32: number;
  readonly sizeBytes: number;
}

/** The parts of an entry that {@link TreeDigest} covers. */
export interface DigestedEntry {
  /** Normalized relative path in raw bytes. */
  readonly path: Buffer;
  /** A hard link counts as a file, because which name is the link depends on the order of reading. */
  readonly type: 'file' | 'directory' | 'symlink' | 'fifo';
  readonly mode: number;
  /** Content of a file. */
  readonly content?: DigestedContent | undefined;
  /** Target of a symlink. */
  readonly linkTarget?: Buffer | undefined;
}

const TYPE_CODES: Readonly<Record<DigestedEntry['type'], string>> = { file: 'f', directory: 'd', symlink: 'l', fifo: 'p' };

/**
 * The owner's permission bits, the only ones restored everywhere. The group's bits contain the mask of an ACL, which a file system may not
 * support, and set-id bits are dropped when the owner cannot be restored.
 */
const DIGESTED_MODE = 0o700;

/** 32-bit words of a SHA-256. */
const WORDS = 8;

/**
 * Digest of a directory tree: paths, types, the owner's permissions, link targets and contents, but not times and owners. It is the sum of
 * the entries' SHA-256 values modulo 2^256, so it is independent of their order and stores none of them. It detects damage, not forgery:
 * contents are covered by a CRC-32 (the archive as a whole by a SHA-256).
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

  /** Adds an entry. The root is ignored, because a volume's root rarely belongs to the user that restores into it. */
  add({ path, type, mode, content, linkTarget = Buffer.alloc(0) }: DigestedEntry): void {
    if (path.length === 0) return;
    const { crc32 = 0, sizeBytes = 0 } = content ?? {};
    // Symlinks have no mode.
    const permissions = type === 'symlink' ? 0 : mode & DIGESTED_MODE;
    const facts = Buffer.from(`${TYPE_CODES[type]} ${permissions.toString(8)} ${sizeBytes} ${crc32} ${path.length} `);
    this.#addHash(hash('sha256', Buffer.concat([facts, path, linkTarget]), 'buffer'));
    this.#entries++;
  }

  /** The digest of all entries added so far: 64 hexadecimal digits. */
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
