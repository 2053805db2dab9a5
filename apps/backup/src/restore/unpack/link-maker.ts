import { createReadStream, linkSync, lstatSync, readlinkSync, symlinkSync, type BigIntStats } from 'node:fs';
import { errorCode } from '@eeveebot/contract';
import { DirectoryTree } from '../../file-system/directory-tree.ts';
import { printable, type ReadEntry } from '../../archive/tar/entry.ts';
import { makeFifo } from '../../file-system/linux.ts';
import type { FileWriter } from './file-writer.ts';
import { linkTargetOf } from '../entries/entry-rules.ts';
import type { MetadataWriter } from './metadata.ts';

/** Errors of file systems that do not support an entry type: vfat, exFAT, SMB, some FUSE file systems. */
const UNSUPPORTED: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** The file has the maximum number of hard links, 65,000 on ext4. */
const TOO_MANY_NAMES = 'EMLINK';

const READ_BYTES = 256 * 1024;

/** Dependencies of {@link LinkMaker}. */
interface LinkMakerOptions {
  readonly tree: DirectoryTree;
  readonly files: FileWriter;
  readonly metadata: MetadataWriter;
  readonly onWarning: (warning: string) => void;
  /** Called before `bytes` bytes are written to the disk; may throw to abort. */
  readonly onData: (bytes: number) => void;
}

/**
 * Creates symlinks, FIFOs and hard links. When the file system does not support them, a hard link becomes a copy, and symlinks and FIFOs
 * are left out, with a warning: restoring the other files is better than failing.
 */
export class LinkMaker {
  readonly #options: LinkMakerOptions;
  #isLacking = false;
  #hasWarnedOfCopies = false;

  constructor(options: LinkMakerOptions) {
    this.#options = options;
  }

  symlink(entry: ReadEntry): void {
    const { tree, metadata } = this.#options;
    if (this.#create(entry, () => symlinkSync(linkTargetOf(entry), tree.at(entry.path)))) metadata.apply(entry);
  }

  fifo(entry: ReadEntry): void {
    const { tree, metadata } = this.#options;
    if (this.#create(entry, () => makeFifo(tree.at(entry.path), 0o600))) metadata.apply(entry);
  }

  async hardLink(entry: ReadEntry): Promise<void> {
    const { tree, files } = this.#options;
    await files.settle();
    const targetPath = linkTargetOf(entry);
    // Each of the two paths is valid until the next call of its tree.
    const target = Buffer.from(tree.at(targetPath));
    using own = new DirectoryTree(tree.at(Buffer.alloc(0)));
    const original = lstatSync(target, { bigint: true, throwIfNoEntry: false });
    if (original === undefined && this.#isLacking) return this.#leaveOut(entry, `${printable(targetPath)} is left out`);
    try {
      linkSync(target, own.at(entry.path));
    } catch (error) {
      const code = errorCode(error) ?? '';
      if (original === undefined || (!UNSUPPORTED.has(code) && code !== TOO_MANY_NAMES)) throw error;
      await this.#copy(entry, { target, original, path: own.at(entry.path) });
    }
  }

  async #copy(entry: ReadEntry, copy: { readonly target: Buffer; readonly original: BigIntStats; readonly path: Buffer }): Promise<void> {
    const { target, original, path } = copy;
    const { files, metadata, onData, onWarning } = this.#options;
    const description = {
      path: entry.path,
      mode: Number(original.mode & 0o7777n),
      uid: Number(original.uid),
      gid: Number(original.gid),
      mtimeNs: original.mtimeNs,
      sizeBytes: 0,
    };
    if (!this.#hasWarnedOfCopies)
      onWarning(`${printable(entry.path)} is restored as a copy, as are any others: the file system does not accept more hard links`);
    this.#hasWarnedOfCopies = true;
    if (original.isSymbolicLink()) {
      symlinkSync(readlinkSync(target, { encoding: 'buffer' }), path);
      return metadata.apply({ ...description, type: 'symlink' });
    }
    if (original.isFIFO()) {
      makeFifo(path, 0o600);
      return metadata.apply({ ...description, type: 'fifo' });
    }
    await files.write({
      path,
      sizeBytes: Number(original.size),
      body: createReadStream(target, { highWaterMark: READ_BYTES }),
      onChunk: () => undefined,
      onData,
      onWritten: () => metadata.apply({ ...description, type: 'file' }),
    });
    // The paths are valid only until the next call of their trees.
    await files.settle();
  }

  /** @returns false when the file system does not support this type. */
  #create(entry: ReadEntry, make: () => void): boolean {
    try {
      make();
      return true;
    } catch (error) {
      if (!UNSUPPORTED.has(errorCode(error) ?? '')) throw error;
      this.#isLacking = true;
      this.#leaveOut(entry, errorCode(error) ?? '');
      return false;
    }
  }

  #leaveOut({ path, type }: ReadEntry, reason: string): void {
    this.#options.onWarning(
      `${printable(path)} is left out because the file system of the volume does not support this ${type} (${reason})`,
    );
  }
}
