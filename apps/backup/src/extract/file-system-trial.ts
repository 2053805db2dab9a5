import { closeSync, constants, mkdirSync, openSync, rmdirSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { isUtf8 } from 'node:buffer';
import { printable, type ReadEntry } from '../archive/entry.ts';
import { BackupError } from '../errors.ts';
import { mayHaveSize } from '../linux.ts';
import { linkTargetOf } from './member-rules.ts';
import { Staging } from './staging.ts';

/** Names that every file system takes; other ones are tried out. */
const USUAL_NAME = /^[\p{L}\p{N}_@%+=,.-][\p{L}\p{N}_@%+=,. -]*(?<![. ])$/u;
const USUAL_NAME_BYTES = 100;

/** Targets and files of this size fit everywhere. */
const USUAL_TARGET_BYTES = 255;
const USUAL_FILE_BYTES = 2 ** 31 - 1;

/** Errors that say something about the name or target: others, such as for a full disk, say nothing about the archive. */
const REFUSALS: ReadonlySet<string> = new Set(['EINVAL', 'EILSEQ', 'ENAMETOOLONG', 'EPROTO', 'ENOENT', 'EIO']);

const SLASH = 0x2f;

/**
 * Tries out what only the file system of a volume knows: which names, lengths of symlinks and sizes of files it takes. Before old
 * data is removed to make room, that has to be known. Where nothing can be made, since the disk is full, nothing is tried.
 */
export class FileSystemTrial implements Disposable {
  readonly #staging: Staging;
  readonly #file: number | undefined;

  constructor(volume: string) {
    this.#staging = new Staging(volume);
    try {
      this.#staging.create();
      this.#file = openSync(join(this.#staging.root, 'size'), constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
    } catch (error) {
      if (!['ENOSPC', 'EDQUOT'].includes(codeOf(error))) throw error;
    }
  }

  /** @throws BackupError `io` for what the file system would refuse. */
  check(entry: ReadEntry, missingParents: readonly Buffer[]): void {
    if (this.#file === undefined) return;
    for (const path of [...missingParents, entry.path]) {
      const name = path.subarray(path.lastIndexOf(SLASH) + 1);
      if (!isUsual(name)) this.#tryName(path, name);
    }
    const target = linkTargetOf(entry);
    if (entry.type === 'symlink' && target.length > USUAL_TARGET_BYTES) this.#trySymlink(entry.path, target);
    if (entry.sizeBytes > USUAL_FILE_BYTES && !mayHaveSize(this.#file, entry.sizeBytes))
      throw refused(entry.path, `a file of ${entry.sizeBytes} bytes`);
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#staging.remove();
  }

  #tryName(path: Buffer, name: Buffer): void {
    const directory = Buffer.concat([Buffer.from(`${this.#staging.fresh}/`), name]);
    attempt(
      () => {
        mkdirSync(directory);
        rmdirSync(directory);
      },
      () => refused(path, 'which has a name'),
    );
  }

  #trySymlink(path: Buffer, target: Buffer): void {
    const link = join(this.#staging.fresh, 'link');
    attempt(
      () => {
        symlinkSync(target, link);
        unlinkSync(link);
      },
      () => refused(path, `a symlink of ${target.length} bytes`),
    );
  }
}

const isUsual = (name: Buffer): boolean =>
  name.length === 0 || (name.length <= USUAL_NAME_BYTES && isUtf8(name) && USUAL_NAME.test(name.toString()));

function attempt(act: () => void, refusal: () => BackupError): void {
  try {
    act();
  } catch (error) {
    if (REFUSALS.has(codeOf(error))) throw refusal();
  }
}

const refused = (path: Buffer, what: string): BackupError =>
  new BackupError(
    'io',
    `the archive holds ${JSON.stringify(printable(path))}, ${what} that the file system of the volume does not take; nothing was changed`,
  );

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');
