import { closeSync, constants, lstatSync, mkdirSync, openSync, rmdirSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { isUtf8 } from 'node:buffer';
import { printable, type ReadEntry } from '../../archive/tar/entry.ts';
import { BackupError } from '../../errors.ts';
import { mayHaveSize } from '../../file-system/linux.ts';
import { linkTargetOf } from '../members/member-rules.ts';
import type { Admission } from '../members/members.ts';
import { PathTable } from '../members/path-table.ts';
import { Staging } from '../swap/staging.ts';

/** Names that every file system takes; other ones are tried out. */
const USUAL_NAME = /^[\p{L}\p{N}_@%+=,.-][\p{L}\p{N}_@%+=,. -]*(?<![. ])$/u;
const USUAL_NAME_BYTES = 100;

/** Targets and files of this size fit everywhere. */
const USUAL_TARGET_BYTES = 255;
const USUAL_FILE_BYTES = 2 ** 31 - 1;

/** Errors that say something about the name or target: others, such as for a full disk, say nothing about the archive. */
const REFUSALS: ReadonlySet<string> = new Set(['EINVAL', 'EILSEQ', 'ENAMETOOLONG', 'EPROTO', 'ENOENT', 'EIO']);

const SLASH = 0x2f;

/** Names that are tried out in capitals, and with the accent as a character of its own: some file systems take that for the same. */
const NAMES = ['eevee', 'eevee-\u00e9'] as const;

/**
 * Tries out what only the file system of a volume knows: which names, lengths of symlinks and sizes of files it takes, and whether names
 * that differ in case are different. Before old data is removed to make room, that has to be known. Where nothing can be made, since the disk is full, nothing is tried.
 */
export class FileSystemTrial implements Disposable {
  readonly #staging: Staging;
  readonly #file: number | undefined;
  /** Paths so far as the file system compares them; absent where it compares bytes. */
  readonly #folded: PathTable | undefined;

  constructor(volume: string) {
    this.#staging = new Staging(volume);
    try {
      this.#staging.create();
      this.#file = openSync(join(this.#staging.work, 'size'), constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
      if (this.#isFolding()) this.#folded = new PathTable();
    } catch (error) {
      if (!['ENOSPC', 'EDQUOT'].includes(codeOf(error))) throw error;
    }
  }

  /** @throws BackupError `io` for what the file system would refuse. */
  check(entry: ReadEntry, { missingParents, exists }: Admission): void {
    if (this.#file === undefined) return;
    for (const path of [...missingParents, ...(exists ? [] : [entry.path])]) {
      this.#checkFolded(path);
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

  #isFolding(): boolean {
    return NAMES.some((name) => {
      const at = (other: string): string => join(this.#staging.fresh, other);
      try {
        mkdirSync(at(name));
        const others = [name.toUpperCase(), name.normalize('NFD')].filter((other) => other !== name);
        const isFolding = others.some((other) => lstatSync(at(other), { throwIfNoEntry: false }) !== undefined);
        rmdirSync(at(name));
        return isFolding;
      } catch {
        // A full disk, or a name that cannot be: the entries themselves show what is wrong.
        return false;
      }
    });
  }

  #checkFolded(path: Buffer): void {
    if (this.#folded === undefined) return;
    const folded = Buffer.from(path.toString('utf8').normalize('NFC').toUpperCase().toLowerCase());
    if (this.#folded.get(folded) !== 0) {
      throw new BackupError(
        'io',
        `the archive holds ${JSON.stringify(printable(path))} and an entry whose name differs only in case or accents, which are one to the file system of the volume; nothing was changed`,
      );
    }
    this.#folded.set(folded, 1);
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
