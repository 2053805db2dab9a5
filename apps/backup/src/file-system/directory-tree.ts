import { closeSync, constants, openSync } from 'node:fs';

/** Opens a directory only to name what is in it: no right to read it is needed. Linux' own, so Node has no name for it. */
const O_PATH = 0o10000000;

/** Longest path that is passed to the kernel as it is; it takes 4,095 bytes. */
const DIRECT_BYTES = 3_900;

/** Bytes of a long path that are covered by one open directory. */
const STEP_BYTES = 2_000;

const SLASH = 0x2f;

/**
 * A directory and all below it, named by relative paths of raw bytes, as long as they like: the kernel takes 4,095
 * bytes at once, so a longer path is reached by way of an open directory.
 *
 * @example
 * using tree = new DirectoryTree('/data');
 * lstatSync(tree.at(Buffer.from('a/b')));
 */
export class DirectoryTree implements Disposable {
  readonly #root: Buffer;
  /** Directories that are open, by their relative path: those of one path at a time. */
  readonly #open = new Map<string, number>();

  constructor(root: string | Buffer) {
    this.#root = Buffer.from(root);
  }

  /** Whether what {@link at} gives for a path stays good. */
  isDirect(relative: Buffer): boolean {
    return this.#root.length + relative.length < DIRECT_BYTES;
  }

  /** A path for Node's `fs` that stands for `relative`; of a long one, good until the next call. The empty path is the root itself. */
  at(relative: Buffer): Buffer {
    if (relative.length === 0) return this.#root;
    if (this.isDirect(relative)) return Buffer.concat([this.#root, Buffer.from('/'), relative]);
    let from = 0;
    let base = this.#root;
    const used = new Set<string>();
    while (relative.length - from > STEP_BYTES) {
      const end = relative.lastIndexOf(SLASH, from + STEP_BYTES);
      if (end <= from) break;
      const key = relative.toString('latin1', 0, end);
      used.add(key);
      const fd =
        this.#open.get(key) ?? openSync(join(base, relative.subarray(from, end)), O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
      this.#open.set(key, fd);
      base = Buffer.from(`/proc/self/fd/${fd}`);
      from = end + 1;
    }
    for (const [key, fd] of this.#open) {
      if (used.has(key)) continue;
      closeSync(fd);
      this.#open.delete(key);
    }
    return join(base, relative.subarray(from));
  }

  [Symbol.dispose](): void {
    for (const fd of this.#open.values()) closeSync(fd);
    this.#open.clear();
  }
}

const join = (directory: Buffer, name: Buffer): Buffer => Buffer.concat([directory, Buffer.from('/'), name]);
