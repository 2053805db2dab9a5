/**
 * Unpacking. This file creates the entries that `entries/` admits: files through `file-writer.ts` (in background tasks, with `slabs.ts` for
 * O_DIRECT and `holes.ts` for zero ranges), links through `link-maker.ts`, and owners, modes, attributes and times through `metadata.ts`;
 * directories wait in `entry-list.ts` until their contents are complete.
 */
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { DirectoryTree } from '../../file-system/directory-tree.ts';
import type { ReadEntry } from '../../archive/tar/entry.ts';
import { isSqliteDatabase, MAGIC_BYTES } from '../../sqlite/snapshot.ts';
import { EntryList } from './entry-list.ts';
import { FileWriter } from './file-writer.ts';
import { LinkMaker } from './link-maker.ts';
import { linkTargetOf } from '../entries/entry-rules.ts';
import type { ContentLimits } from '../entries/content-limits.ts';
import { EntryAdmitter, type EntryKind } from '../entries/entry-admitter.ts';
import { MetadataWriter } from './metadata.ts';
import { unpackError } from '../entries/unpack-error.ts';
import { DiskFullError } from '../room/disk-room.ts';

/** Probe file that tests the file system; removed before the first entry is unpacked. */
const PROBE = '.eevee-probe';

/** Result of unpacking. */
export interface Extracted {
  readonly files: number;
  readonly bytes: number;
  /** Kind of the archive's entry at a path. */
  readonly kindAt: (path: Buffer) => EntryKind | undefined;
}

/** Options of {@link extractEntries}. */
export interface ExtractOptions {
  readonly limits: ContentLimits;
  /** Directory outside the target for a list that may not fit into memory. */
  readonly workFolder: string;
  /** Bytes that may be written before the disk is full. */
  readonly roomBytes: number;
  readonly signal: AbortSignal;
  readonly onWarning: (warning: string) => void;
  /** Called with the number of bytes of each chunk of content. */
  readonly onProgress?: (bytes: number) => void;
}

/** Mode of a directory without an entry of its own. */
const IMPLIED_MODE = 0o755;

/**
 * Unpacks entries into an empty directory that no other process writes to. Nothing is written outside it: paths and hard links that lead
 * out, paths through a symlink or a file, devices and duplicate paths are rejected. Holes are restored; modes and times of directories are
 * set last. Entry types that the file system does not support (symlinks, FIFOs) are left out with a warning.
 *
 * @throws BackupError `integrity` for rejected entries; DiskFullError; Error of the file system.
 */
export async function extractEntries(entries: AsyncIterable<ReadEntry>, folder: string, options: ExtractOptions): Promise<Extracted> {
  using tree = new DirectoryTree(folder);
  using directories = new EntryList(options.workFolder);
  const files = await FileWriter.at(tree.at(Buffer.from(PROBE)));
  const extractor = new Extractor({ tree, directories, files, options });
  try {
    for await (const entry of entries) {
      options.signal.throwIfAborted();
      await extractor.extract(entry);
    }
    await extractor.finish();
    return extractor.extracted();
  } finally {
    // No write may be pending when the caller removes the directory.
    await extractor.ended();
  }
}

class Extractor {
  readonly #tree: DirectoryTree;
  readonly #directories: EntryList;
  readonly #files: FileWriter;
  readonly #options: ExtractOptions;
  readonly #metadata: MetadataWriter;
  readonly #links: LinkMaker;
  readonly #admitter: EntryAdmitter;
  #root: ReadEntry | undefined;
  #roomBytes: number;

  constructor(given: {
    readonly tree: DirectoryTree;
    readonly directories: EntryList;
    readonly files: FileWriter;
    readonly options: ExtractOptions;
  }) {
    const { tree, directories, files, options } = given;
    this.#tree = tree;
    this.#directories = directories;
    this.#files = files;
    this.#options = options;
    this.#admitter = new EntryAdmitter(options.limits);
    this.#roomBytes = options.roomBytes;
    this.#metadata = new MetadataWriter(tree, options.onWarning);
    this.#links = new LinkMaker({
      tree,
      files,
      metadata: this.#metadata,
      onWarning: options.onWarning,
      onData: (bytes) => this.#take(bytes),
    });
  }

  async extract(entry: ReadEntry): Promise<void> {
    const admission = this.#admitter.admit(entry);
    if (admission === undefined) return;
    if (entry.path.length === 0) {
      this.#root = entry;
      return;
    }
    try {
      for (const parent of admission.missingParents) createImpliedDirectory(this.#tree.at(parent));
      await this.#make(entry, admission.exists);
    } catch (error) {
      throw unpackError(error, entry.path);
    }
  }

  /** Sets modes and times of directories last: a mode may forbid writing, and writing changes the time. */
  async finish(): Promise<void> {
    await this.#files.settle();
    for (const directory of this.#directories.backwards()) {
      try {
        this.#metadata.apply(directory);
      } catch (error) {
        throw unpackError(error, directory.path);
      }
    }
    if (this.#root !== undefined) this.#metadata.apply(this.#root);
    this.#metadata.finish();
  }

  ended(): Promise<void> {
    return this.#files.ended();
  }

  extracted(): Extracted {
    return { files: this.#admitter.files, bytes: this.#admitter.bytes, kindAt: (path) => this.#admitter.kindAt(path) };
  }

  async #make(entry: ReadEntry, exists: boolean): Promise<void> {
    switch (entry.type) {
      case 'directory':
        if (!exists) mkdirSync(this.#tree.at(entry.path), { mode: 0o700 });
        return this.#directories.add(entry);
      case 'symlink':
        return this.#links.symlink(entry);
      case 'hardlink':
        return this.#hardLink(entry);
      case 'fifo':
        return this.#links.fifo(entry);
      case 'file':
        return this.#file(entry);
      case 'character-device':
      case 'block-device':
      case 'other':
        throw new TypeError(`isWanted rejects entries of type ${entry.type}`);
    }
  }

  async #hardLink(entry: ReadEntry): Promise<void> {
    await this.#links.hardLink(entry);
    if (this.#admitter.kindAt(linkTargetOf(entry)) === 'database') this.#admitter.markDatabase(entry.path);
  }

  /** Writes files in the background, because creating a file takes longer than filling it. */
  async #file(entry: ReadEntry): Promise<void> {
    const { onProgress, signal } = this.#options;
    let beginning = Buffer.alloc(0);
    await this.#files.write({
      path: this.#tree.at(entry.path),
      sizeBytes: entry.sizeBytes,
      body: entry.body,
      onChunk: (chunk, position) => {
        signal.throwIfAborted();
        if (position < MAGIC_BYTES) beginning = Buffer.concat([beginning, chunk.subarray(0, MAGIC_BYTES)]);
        onProgress?.(chunk.length);
      },
      onData: (bytes) => this.#take(bytes),
      onWritten: () => {
        signal.throwIfAborted();
        if (isSqliteDatabase(beginning)) this.#admitter.markDatabase(entry.path);
        this.#metadata.apply(entry);
      },
      errorOf: (error) => unpackError(error, entry.path),
    });
    // The path is valid only until the next call of `at`.
    if (!this.#tree.isDirect(entry.path)) await this.#files.settle();
  }

  #take(bytes: number): void {
    this.#roomBytes -= bytes;
    if (this.#roomBytes < 0) throw new DiskFullError(`the archive contains more than the ${this.#options.roomBytes} free bytes`);
  }
}

function createImpliedDirectory(directory: Buffer): void {
  mkdirSync(directory, { mode: IMPLIED_MODE });
  // Restores the bits that the umask removed.
  const { mode } = lstatSync(directory);
  if ((mode & 0o777) !== IMPLIED_MODE) chmodSync(directory, (mode & 0o7000) | IMPLIED_MODE);
}
