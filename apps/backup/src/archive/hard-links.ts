import type { BigIntStats } from 'node:fs';

/** Inode numbers are small on most file systems: then the key takes no memory of its own. */
type InodeKey = number | bigint;

const keyOf = ({ ino }: BigIntStats): InodeKey => (ino <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(ino) : ino);

/** The first path of each archived file that may have several names. Those whose last name has been seen are forgotten. */
export class HardLinks {
  readonly #byDevice = new Map<bigint, Links>();

  /** Path of the entry that this is another name of. */
  firstPath(stats: BigIntStats): Buffer | undefined {
    if (stats.nlink === 1n || stats.isDirectory()) return undefined;
    const path = this.#byDevice.get(stats.dev)?.take(keyOf(stats));
    return path === undefined ? undefined : Buffer.from(path, 'latin1');
  }

  /** Remembers the first path of a file. */
  add(stats: BigIntStats, path: Buffer): void {
    if (stats.nlink === 1n || stats.isDirectory()) return;
    let links = this.#byDevice.get(stats.dev);
    if (links === undefined) this.#byDevice.set(stats.dev, (links = new Links()));
    links.add(keyOf(stats), path.toString('latin1'), Number(stats.nlink) - 1);
  }
}

class Links {
  /** Strings of latin1 take half the memory of buffers. */
  readonly #paths = new Map<InodeKey, string>();
  /** Names that are still to come, where it is more than one. */
  readonly #left = new Map<InodeKey, number>();

  add(key: InodeKey, path: string, left: number): void {
    this.#paths.set(key, path);
    if (left > 1) this.#left.set(key, left);
  }

  take(key: InodeKey): string | undefined {
    const path = this.#paths.get(key);
    if (path === undefined) return undefined;
    const left = (this.#left.get(key) ?? 1) - 1;
    if (left > 0) this.#left.set(key, left);
    else {
      this.#paths.delete(key);
      this.#left.delete(key);
    }
    return path;
  }
}
