import { createReadStream, linkSync, lstatSync, readlinkSync, symlinkSync, type BigIntStats } from 'node:fs';
import { DirectoryTree } from '../../file-system/directory-tree.ts';
import { printable, type ReadEntry } from '../../archive/tar/entry.ts';
import { makeFifo } from '../../file-system/linux.ts';
import type { FileWriter } from './file-writer.ts';
import { linkTargetOf } from '../members/member-rules.ts';
import type { MetadataWriter } from './metadata.ts';

/** Errors of file systems that lack what was asked for: vfat, exFAT, SMB, some of FUSE. */
const LACKING: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** A file may have only so many names: 65,000 on ext4. */
const TOO_MANY_NAMES = 'EMLINK';

const READ_BYTES = 256 * 1024;

/** Where and how links are made. */
interface LinkMakerOptions {
  readonly tree: DirectoryTree;
  readonly files: FileWriter;
  readonly metadata: MetadataWriter;
  readonly onWarning: (warning: string) => void;
  /** Called before so many bytes are written to the disk; throws to end it. */
  readonly onData: (bytes: number) => void;
}

/**
 * Makes symlinks, FIFOs and hard links. Where the file system has none, a hard link becomes a copy, and symlinks and FIFOs are
 * left out, with a warning: the files are worth more than a restore that fails for the rest.
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
    if (this.#made(entry, () => symlinkSync(linkTargetOf(entry), tree.at(entry.path)))) metadata.apply(entry);
  }

  fifo(entry: ReadEntry): void {
    const { tree, metadata } = this.#options;
    if (this.#made(entry, () => makeFifo(tree.at(entry.path), 0o600))) metadata.apply(entry);
  }

  async hardLink(entry: ReadEntry): Promise<void> {
    const { tree, files } = this.#options;
    await files.settle();
    const targetPath = linkTargetOf(entry);
    // Each of the two paths is good until the next is asked for.
    const target = Buffer.from(tree.at(targetPath));
    using own = new DirectoryTree(tree.at(Buffer.alloc(0)));
    const original = lstatSync(target, { bigint: true, throwIfNoEntry: false });
    if (original === undefined && this.#isLacking) return this.#leaveOut(entry, `${printable(targetPath)} is left out`);
    try {
      linkSync(target, own.at(entry.path));
    } catch (error) {
      const code = codeOf(error);
      if (original === undefined || (!LACKING.has(code) && code !== TOO_MANY_NAMES)) throw error;
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
      onWarning(`${printable(entry.path)} is restored as a copy, like others: the file system takes no further hard link`);
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
    // The paths are good only until the next are asked for.
    await files.settle();
  }

  /** @returns false when the file system has none of this kind. */
  #made(entry: ReadEntry, make: () => void): boolean {
    try {
      make();
      return true;
    } catch (error) {
      if (!LACKING.has(codeOf(error))) throw error;
      this.#isLacking = true;
      this.#leaveOut(entry, codeOf(error));
      return false;
    }
  }

  #leaveOut({ path, type }: ReadEntry, reason: string): void {
    this.#options.onWarning(`${printable(path)} is left out, since the file system of the volume takes no ${type} (${reason})`);
  }
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');
