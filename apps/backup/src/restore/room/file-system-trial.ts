import { closeSync, constants, lstatSync, mkdirSync, openSync, rmdirSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { isUtf8 } from 'node:buffer';
import { errorCode, isErrno } from '@eeveebot/contract';
import { printable, type ReadEntry } from '../../archive/tar/entry.ts';
import { BackupError } from '../../errors.ts';
import { mayHaveSize } from '../../file-system/linux.ts';
import { linkTargetOf } from '../entries/entry-rules.ts';
import type { Admission } from '../entries/entry-admitter.ts';
import { PathTable } from '../entries/path-table.ts';
import { Staging } from '../swap/staging.ts';

/** Names that every file system accepts; others are tested. */
const USUAL_NAME = /^[\p{L}\p{N}_@%+=,.-][\p{L}\p{N}_@%+=,. -]*(?<![. ])$/u;
const USUAL_NAME_BYTES = 100;

/** Symlink targets and files up to these sizes are accepted everywhere. */
const USUAL_TARGET_BYTES = 255;
const USUAL_FILE_BYTES = 2 ** 31 - 1;

/** Errors that are caused by the name or target. Others, such as a full disk, do not concern the archive. */
const REFUSALS: ReadonlySet<string> = new Set(['EINVAL', 'EILSEQ', 'ENAMETOOLONG', 'EPROTO', 'ENOENT', 'EIO']);

const SLASH = 0x2f;

/** Names used to detect file systems that ignore case or Unicode normalization. */
const NAMES = ['eevee', 'eevee-\u00e9'] as const;

/**
 * Tests which names, symlink lengths and file sizes the file system of a volume accepts, and whether it distinguishes names by case. This
 * must be known before old data is removed to make room. On a full disk nothing is tested.
 */
export class FileSystemTrial implements Disposable {
  readonly #staging: Staging;
  readonly #file: number | undefined;
  /** Case-folded paths so far; absent when the file system compares bytes. */
  readonly #folded: PathTable | undefined;

  constructor(volume: string) {
    this.#staging = new Staging(volume);
    try {
      this.#staging.create();
      this.#file = openSync(join(this.#staging.work, 'size'), constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
      if (this.#isFolding()) this.#folded = new PathTable();
    } catch (error) {
      if (!isErrno(error, 'ENOSPC', 'EDQUOT')) throw error;
    }
  }

  /** @throws BackupError `io` for entries that the file system would reject. */
  check(entry: ReadEntry, { missingParents, exists }: Admission): void {
    if (this.#file === undefined) return;
    for (const path of [...missingParents, ...(exists ? [] : [entry.path])]) {
      this.#checkFolded(path);
      const name = path.subarray(path.lastIndexOf(SLASH) + 1);
      if (!isPortableName(name)) this.#tryName(path, name);
    }
    const target = linkTargetOf(entry);
    if (entry.type === 'symlink' && target.length > USUAL_TARGET_BYTES) this.#trySymlink(entry.path, target);
    if (entry.sizeBytes > USUAL_FILE_BYTES && !mayHaveSize(this.#file, entry.sizeBytes))
      throw unsupportedEntry(entry.path, `a file of ${entry.sizeBytes} bytes`);
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
        // A full disk or an unsupported name: unpacking reports the problem.
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
        `the archive contains ${JSON.stringify(printable(path))} and an entry whose name differs only in case or accents, which the file system of the volume does not distinguish; nothing was changed`,
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
      () => unsupportedEntry(path, 'an entry with a name'),
    );
  }

  #trySymlink(path: Buffer, target: Buffer): void {
    const link = join(this.#staging.fresh, 'link');
    attempt(
      () => {
        symlinkSync(target, link);
        unlinkSync(link);
      },
      () => unsupportedEntry(path, `a symlink of ${target.length} bytes`),
    );
  }
}

const isPortableName = (name: Buffer): boolean =>
  name.length === 0 || (name.length <= USUAL_NAME_BYTES && isUtf8(name) && USUAL_NAME.test(name.toString()));

function attempt(act: () => void, refusal: () => BackupError): void {
  try {
    act();
  } catch (error) {
    if (REFUSALS.has(errorCode(error) ?? '')) throw refusal();
  }
}

const unsupportedEntry = (path: Buffer, what: string): BackupError =>
  new BackupError(
    'io',
    `the archive contains ${JSON.stringify(printable(path))}, ${what} that the file system of the volume does not accept; nothing was changed`,
  );
