import { closeSync, constants, fstatSync, fsyncSync, openSync, renameSync } from 'node:fs';
import { Type, type Static, type TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { memberPath } from '../../archive/tar/member-path.ts';
import { linesBackwards, linesOf, LineWriter } from '../../file-system/line-file.ts';
import { isReserved } from '../members/member-rules.ts';

const ID = Type.Integer({ minimum: 0, maximum: 2 ** 32 - 2 });
const MODE = Type.Integer({ minimum: 0, maximum: 0o7777 });

/** Owner, mode, time and access control lists of a directory. */
const DESCRIPTION = Type.Object({
  mode: MODE,
  uid: ID,
  gid: ID,
  /** Digits: JSON's numbers are too small. Kernels keep 64 bits of seconds. Absent where it changes with what is in the directory. */
  mtimeNs: Type.Optional(Type.String({ pattern: '^-?[0-9]{1,28}$' })),
  /** Access control lists in base64. Absent where they stay as they are. */
  acls: Type.Optional(Type.Record(Type.String(), Type.String({ pattern: '^[A-Za-z0-9+/]*={0,2}$' }))),
});

/** Relative, its bytes as latin1. */
const PATH = Type.String();

const STEP = Type.Union([
  /**
   * - `remove`: what is at the path goes aside
   * - `replace`: what is there goes aside, and what was unpacked takes its place
   * - `add`: what was unpacked goes where nothing is
   */
  Type.Object({
    action: Type.Union([Type.Literal('remove'), Type.Literal('replace'), Type.Literal('add')]),
    path: PATH,
    /** Mode of the old one, if it is a directory that its owner may not write into: only root could move it as it is. */
    oldMode: Type.Optional(MODE),
    /** The same of the restored one. */
    freshMode: Type.Optional(MODE),
  }),
  /** A directory that stays will be changed: its owner may write into it from now on. */
  Type.Object({ action: Type.Literal('open'), path: PATH, before: DESCRIPTION }),
  /** It has been changed, and gets its final owner, mode and time. */
  Type.Object({ action: Type.Literal('describe'), path: PATH, after: DESCRIPTION }),
]);

const HEADER = Type.Object({ version: Type.Literal(2), backupId: Type.String() });
const END = Type.Object({ steps: Type.Integer({ minimum: 0 }) });

/** One step of putting the restored data in its place. */
export type SwapStep = Readonly<Static<typeof STEP>>;

/** Owner, mode and time of a directory. */
export type FolderDescription = Readonly<Static<typeof DESCRIPTION>>;

/** A journal that no restore wrote, or that is not whole. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
}

/**
 * All steps of a swap, in their order: written down before the first is taken, so that the next run can finish them. The file
 * has a line of JSON for the version and the backup, one for each step, and one with the number of steps.
 */
export class Journal implements Disposable {
  readonly backupId: string;
  readonly #fd: number;

  private constructor(fd: number, backupId: string) {
    this.#fd = fd;
    this.backupId = backupId;
  }

  /**
   * Writes a journal so that it is there whole or not at all, even after a loss of power once the directory is synced. Each step is
   * checked as it is when the journal is read: a step that only the reader refuses would end the swap in the middle.
   *
   * @param given.steps written as they come: there may be millions.
   * @throws JournalError for a step that cannot be read again; Error of the file system.
   */
  static write(file: string, given: { readonly backupId: string; readonly steps: Iterable<SwapStep> }): Journal {
    const draft = `${file}.draft`;
    const fd = openSync(draft, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
    try {
      const writer = new LineWriter(fd);
      let steps = 0;
      writer.write(JSON.stringify({ version: 2, backupId: given.backupId } satisfies Static<typeof HEADER>));
      for (const step of given.steps) {
        writer.write(JSON.stringify(checkedStep(step)));
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
   * Opens a journal and checks it to its end: anybody who may write to the volume could have put it there.
   *
   * @returns undefined when there is none.
   * @throws JournalError, LineError, SyntaxError when it cannot be one; Error of the file system.
   */
  static open(file: string): Journal | undefined {
    const fd = openedRegularFile(file);
    if (fd === undefined) return undefined;
    try {
      return new Journal(fd, checkedBackupId(fd));
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** The steps in their order. */
  *steps(): Generator<SwapStep> {
    for (const line of linesOf(this.#fd)) yield* stepIn(line);
  }

  /** The steps from the last to the first. */
  *stepsBackwards(): Generator<SwapStep> {
    for (const line of linesBackwards(this.#fd)) yield* stepIn(line);
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

/** The step of a line; none in the first and the last. */
function* stepIn(line: string): Generator<SwapStep> {
  const parsed: unknown = JSON.parse(line);
  if (!Value.Check(HEADER, parsed) && !Value.Check(END, parsed)) yield checkedStep(parsed);
}

/** Non-blocking: a FIFO in its place would be waited for. */
function openedRegularFile(file: string): number | undefined {
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP' || code === 'ENXIO') throw new JournalError('it is not a regular file', { cause: error });
    throw error;
  }
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw new JournalError('it is not a regular file');
}

function checkedBackupId(fd: number): string {
  let header: Static<typeof HEADER> | undefined;
  let end: Static<typeof END> | undefined;
  let steps = 0;
  for (const line of linesOf(fd)) {
    const parsed: unknown = JSON.parse(line);
    if (end !== undefined) throw new JournalError('it goes on after its end');
    if (header === undefined) header = checked(HEADER, parsed, 'its first line is not that of a journal of this release');
    else if (Value.Check(END, parsed)) end = parsed;
    else {
      checkedStep(parsed);
      steps++;
    }
  }
  if (header === undefined || end === undefined) throw new JournalError('it has no end');
  if (end.steps !== steps) throw new JournalError(`it has ${steps} steps, and should have ${end.steps}`);
  return header.backupId;
}

function checkedStep(parsed: unknown): SwapStep {
  const step = checked(STEP, parsed, 'it has a line that is not a step');
  const path = Buffer.from(step.path, 'latin1');
  const isPlain = path.toString('latin1') === step.path && memberPath(path).equals(path);
  const mayBeRoot = step.action === 'open' || step.action === 'describe';
  if (!isPlain || isReserved(path) || (path.length === 0 && !mayBeRoot))
    throw new JournalError('it has a path that is not one of a backup');
  return step;
}

function checked<Schema extends TSchema>(schema: Schema, parsed: unknown, message: string): Static<Schema> {
  if (!Value.Check(schema, parsed)) throw new JournalError(message);
  return parsed;
}
