import { closeSync, constants, openSync } from 'node:fs';

/** Opens a directory only as a base for paths, which needs no read permission. Specific to Linux, so Node has no constant for it. */
const O_PATH = 0o10000000;

/** Longest path passed to the kernel directly; its limit is 4,095 bytes. */
const DIRECT_BYTES = 3_900;

/** Bytes of a long path that one open directory covers. */
const STEP_BYTES = 2_000;

const SLASH = 0x2f;

/**
 * A directory tree addressed by relative paths of raw bytes without a length limit: paths longer than the kernel's 4,095 bytes are resolved
 * through open directories.
 *
 * @example
 * using tree = new DirectoryTree('/data');
 * lstatSync(tree.at(Buffer.from('a/b')));
 */
export class DirectoryTree implements Disposable {
  readonly #root: Buffer;
  /** Open directories by relative path; all belong to a single path at a time. */
  readonly #open = new Map<string, number>();

  constructor(root: string | Buffer) {
    this.#root = Buffer.from(root);
  }

  /** Whether the result of {@link at} for a path remains valid. */
  isDirect(relative: Buffer): boolean {
    return this.#root.length + relative.length < DIRECT_BYTES;
  }

  /** A path to `relative` for Node's `fs`. For a long path it is valid until the next call. The empty path is the root. */
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
