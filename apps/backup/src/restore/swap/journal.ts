import { closeSync, constants, fstatSync, fsyncSync, openSync, renameSync } from 'node:fs';
import { Type, type Static, type TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { isErrno } from '@eeveebot/contract';
import { entryPath } from '../../archive/tar/entry-path.ts';
import { linesBackwards, linesOf, LineWriter } from '../../file-system/line-file.ts';
import { isReserved } from '../entries/entry-rules.ts';

const ID = Type.Integer({ minimum: 0, maximum: 2 ** 32 - 2 });
const MODE = Type.Integer({ minimum: 0, maximum: 0o7777 });

/** Owner, mode, time and access control lists of a directory. */
const DESCRIPTION = Type.Object({
  mode: MODE,
  uid: ID,
  gid: ID,
  /** A string, because JSON numbers are too small for nanoseconds. Absent when the time follows the directory's contents. */
  mtimeNs: Type.Optional(Type.String({ pattern: '^-?[0-9]{1,28}$' })),
  /** Access control lists in base64. Absent when they do not change. */
  acls: Type.Optional(Type.Record(Type.String(), Type.String({ pattern: '^[A-Za-z0-9+/]*={0,2}$' }))),
});

/** Relative path, its bytes as latin1. */
const PATH = Type.String();

const STEP = Type.Union([
  /**
   * - `remove`: the old entry is moved aside
   * - `replace`: the old entry is moved aside and the restored one takes its place
   * - `add`: the restored entry is moved to a free path
   */
  Type.Object({
    action: Type.Union([Type.Literal('remove'), Type.Literal('replace'), Type.Literal('add')]),
    path: PATH,
    /** Mode of the old entry if it is a directory that its owner may not write to: only root can move it without a change of mode. */
    oldMode: Type.Optional(MODE),
    /** The same for the restored entry. */
    freshMode: Type.Optional(MODE),
  }),
  /** Makes a directory that stays in place writable for its owner, before its contents change. */
  Type.Object({ action: Type.Literal('open'), path: PATH, before: DESCRIPTION }),
  /** Sets the final owner, mode and time of a directory, after its contents changed. */
  Type.Object({ action: Type.Literal('describe'), path: PATH, after: DESCRIPTION }),
]);

const HEADER = Type.Object({ version: Type.Literal(2), backupId: Type.String() });
const END = Type.Object({ steps: Type.Integer({ minimum: 0 }) });

/** A step of the swap. */
export type SwapStep = Readonly<Static<typeof STEP>>;

/** Owner, mode and time of a directory. */
export type FolderDescription = Readonly<Static<typeof DESCRIPTION>>;

/** An invalid or incomplete journal. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
}

/**
 * All steps of a swap in order, written before the first one is executed, so that the next run can finish them. The file contains a line of
 * JSON with the version and backup, one for each step, and one with the number of steps.
 */
export class Journal implements Disposable {
  readonly backupId: string;
  readonly #fd: number;
  #isClosed = false;

  private constructor(fd: number, backupId: string) {
    this.#fd = fd;
    this.backupId = backupId;
  }

  /**
   * Writes a journal atomically, also across a power loss once the directory is synced. Each step is validated as it is when the journal is
   * read, because a step that only the reader rejects would interrupt the swap.
   *
   * @param given.steps written one by one; there may be millions.
   * @throws JournalError for an invalid step; Error of the file system.
   */
  static write(file: string, given: { readonly backupId: string; readonly steps: Iterable<SwapStep> }): Journal {
    const draft = `${file}.draft`;
    const fd = openSync(draft, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
    try {
      const writer = new LineWriter(fd);
      let steps = 0;
      writer.write(JSON.stringify({ version: 2, backupId: given.backupId } satisfies Static<typeof HEADER>));
      for (const step of given.steps) {
        writer.write(JSON.stringify(validStep(step)));
        steps++;
      }
      writer.write(JSON.stringify({ steps } satisfies Static<typeof END>));
      writer.flush();
      fsyncSync(fd);
      renameSync(draft, file);
      return new Journal(fd, given.backupId);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /**
   * Opens a journal and validates all of it, because any process with access to the volume may have created it.
   *
   * @returns undefined when it does not exist.
   * @throws JournalError, LineError, SyntaxError when it is invalid; Error of the file system.
   */
  static open(file: string): Journal | undefined {
    const fd = openRegularFile(file);
    if (fd === undefined) return undefined;
    try {
      return new Journal(fd, readBackupId(fd));
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** The steps in order. */
  *steps(): Generator<SwapStep> {
    for (const line of linesOf(this.#fd)) yield* stepsInLine(line);
  }

  /** The steps in reverse order. */
  *stepsBackwards(): Generator<SwapStep> {
    for (const line of linesBackwards(this.#fd)) yield* stepsInLine(line);
  }

  /** Closes the file; repeated calls have no effect. */
  [Symbol.dispose](): void {
    if (!this.#isClosed) closeSync(this.#fd);
    this.#isClosed = true;
  }
}

/** The step in a line; the first and last lines contain none. */
function* stepsInLine(line: string): Generator<SwapStep> {
  const parsed: unknown = JSON.parse(line);
  if (!Value.Check(HEADER, parsed) && !Value.Check(END, parsed)) yield validStep(parsed);
}

/** Non-blocking, because opening a FIFO would block. */
function openRegularFile(file: string): number | undefined {
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    if (isErrno(error, 'ELOOP', 'ENXIO')) throw new JournalError('it is not a regular file', { cause: error });
    throw error;
  }
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw new JournalError('it is not a regular file');
}

function readBackupId(fd: number): string {
  let header: Static<typeof HEADER> | undefined;
  let end: Static<typeof END> | undefined;
  let steps = 0;
  for (const line of linesOf(fd)) {
    const parsed: unknown = JSON.parse(line);
    if (end !== undefined) throw new JournalError('it continues after its end');
    if (header === undefined) header = valid(HEADER, parsed, 'its first line is not a header of the current format');
    else if (Value.Check(END, parsed)) end = parsed;
    else {
      validStep(parsed);
      steps++;
    }
  }
  if (header === undefined || end === undefined) throw new JournalError('it has no end');
  if (end.steps !== steps) throw new JournalError(`it has ${steps} steps, expected ${end.steps}`);
  return header.backupId;
}

function validStep(parsed: unknown): SwapStep {
  const step = valid(STEP, parsed, 'it has a line that is not a step');
  const path = Buffer.from(step.path, 'latin1');
  const isPlain = path.toString('latin1') === step.path && entryPath(path).equals(path);
  const mayBeRoot = step.action === 'open' || step.action === 'describe';
  if (!isPlain || isReserved(path) || (path.length === 0 && !mayBeRoot))
    throw new JournalError('it has a path that a backup cannot contain');
  return step;
}

function valid<Schema extends TSchema>(schema: Schema, parsed: unknown, message: string): Static<Schema> {
  if (!Value.Check(schema, parsed)) throw new JournalError(message);
  return parsed;
}
