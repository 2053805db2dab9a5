import type { BigIntStats } from 'node:fs';
import type { DigestedContent } from './tree-digest.ts';

/** Inode numbers are small on most file systems, and small numbers need no memory of their own. */
type InodeKey = number | bigint;

const keyOf = ({ ino }: BigIntStats): InodeKey => (ino <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(ino) : ino);

/** The entry archived under the first name of an inode. */
export interface FirstName {
  readonly path: Buffer;
  /** Undefined for symlinks and FIFOs. */
  readonly content: DigestedContent | undefined;
}

/**
 * Remembers the first name of each archived inode with several names, until its last name was seen.
 *
 * A program may remove a file during the walk, and the file system may reuse its inode number for a new file, which is not a hard link to
 * the removed one.
 */
export class HardLinks {
  readonly #byDevice = new Map<bigint, Links>();

  /** The first name of an inode; undefined when this is the first name. */
  firstName(stats: BigIntStats): FirstName | undefined {
    if (stats.nlink === 1n || stats.isDirectory()) return undefined;
    const name = this.#byDevice.get(stats.dev)?.take(keyOf(stats), identityOf(stats));
    return name === undefined ? undefined : unpackedName(name);
  }

  /** Remembers the first name of an inode. */
  add(stats: BigIntStats, { path, content }: FirstName): void {
    if (stats.nlink === 1n || stats.isDirectory()) return;
    let links = this.#byDevice.get(stats.dev);
    if (links === undefined) this.#byDevice.set(stats.dev, (links = new Links()));
    links.add(keyOf(stats), packedName(identityOf(stats), path, content), Number(stats.nlink) - 1);
  }
}

/** Size of the identity that distinguishes successive files with the same inode number: the type and a 64-bit time. */
const IDENTITY_BYTES = 1 + 8;

/** File systems without a birth time report 0; mtime is used there, so a file that was written in between counts as a different one. */
function identityOf(stats: BigIntStats): string {
  const identity = Buffer.alloc(IDENTITY_BYTES);
  identity.writeUInt8(stats.isFile() ? 0 : stats.isSymbolicLink() ? 1 : 2, 0);
  identity.writeBigInt64LE(BigInt.asIntN(64, stats.birthtimeNs === 0n ? stats.mtimeNs : stats.birthtimeNs), 1);
  return identity.toString('latin1');
}

/** Size of the prefix of a packed name: the identity, whether there is content, its CRC-32, and its length in 48 bits. */
const CONTENT_AT = IDENTITY_BYTES;
const PACKED_BYTES = CONTENT_AT + 1 + 4 + 6;

/** Packs a name into one string: latin1 strings take half the memory of buffers, and objects far more. */
function packedName(identity: string, path: Buffer, content: DigestedContent | undefined): string {
  const head = Buffer.alloc(PACKED_BYTES - IDENTITY_BYTES);
  head.writeUInt8(content === undefined ? 0 : 1, 0);
  head.writeUInt32LE(content?.crc32 ?? 0, 1);
  head.writeUIntLE(content?.sizeBytes ?? 0, 5, 6);
  return identity + head.toString('latin1') + path.toString('latin1');
}

function unpackedName(text: string): FirstName {
  const bytes = Buffer.from(text, 'latin1');
  const content = { crc32: bytes.readUInt32LE(CONTENT_AT + 1), sizeBytes: bytes.readUIntLE(CONTENT_AT + 5, 6) };
  return { path: bytes.subarray(PACKED_BYTES), content: bytes.readUInt8(CONTENT_AT) === 0 ? undefined : content };
}

class Links {
  readonly #names = new Map<InodeKey, string>();
  /** Remaining names, if more than one. */
  readonly #left = new Map<InodeKey, number>();

  add(key: InodeKey, name: string, left: number): void {
    this.#names.set(key, name);
    if (left > 1) this.#left.set(key, left);
    else this.#left.delete(key);
  }

  take(key: InodeKey, identity: string): string | undefined {
    const name = this.#names.get(key);
    if (name === undefined) return undefined;
    const isSame = name.startsWith(identity);
    const left = (this.#left.get(key) ?? 1) - 1;
    if (isSame && left > 0) this.#left.set(key, left);
    else {
      this.#names.delete(key);
      this.#left.delete(key);
    }
    return isSame ? name : undefined;
  }
}
