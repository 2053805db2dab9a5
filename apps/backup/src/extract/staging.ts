import { closeSync, constants, fsyncSync, lstatSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { STAGING_NAME } from '../archive/entry.ts';
import { removeTree } from './remove-tree.ts';

/** What a folder is described by. */
const DESCRIPTION = Type.Object({
  mode: Type.Integer(),
  uid: Type.Integer(),
  gid: Type.Integer(),
  /** Digits: JSON's numbers are too small. */
  mtimeNs: Type.String({ pattern: '^-?[0-9]+$' }),
});

/** Relative, its bytes as latin1. */
const PATH = Type.String();

const STEP = Type.Union([
  /**
   * - `remove`: what lies at the path goes aside
   * - `replace`: what lies there goes aside, and what was unpacked takes its place
   * - `add`: what was unpacked goes where nothing is
   */
  Type.Object({
    action: Type.Union([Type.Literal('remove'), Type.Literal('replace'), Type.Literal('add')]),
    path: PATH,
    /** Mode of the old one, if it is a folder that its owner may not write into: who is not root could not move it. */
    oldMode: Type.Optional(Type.Integer()),
    /** The same of the restored one. */
    freshMode: Type.Optional(Type.Integer()),
  }),
  /** A folder that stays will be changed: its owner may write into it from now on. */
  Type.Object({ action: Type.Literal('open'), path: PATH, before: DESCRIPTION }),
  /** It has been changed, and gets the owner, mode and time of the one that was unpacked. */
  Type.Object({ action: Type.Literal('describe'), path: PATH, after: DESCRIPTION }),
]);

const JOURNAL = Type.Object({ version: Type.Literal(1), backupId: Type.String(), steps: Type.Array(STEP) });

/** One step of putting the restored data in its place. */
export type SwapStep = Readonly<Static<typeof STEP>>;

/** Owner, mode and time of a folder. */
export type FolderDescription = Readonly<Static<typeof DESCRIPTION>>;

/** All steps, in their order: written down before the first is taken, so that whoever comes next can finish them. */
export interface Journal {
  readonly version: 1;
  readonly backupId: string;
  readonly steps: readonly SwapStep[];
}

/** The folder at the top of a volume in which a restore is prepared. */
export class Staging {
  /** What is unpacked. */
  readonly fresh: string;
  /** What has been put aside. */
  readonly aside: string;
  readonly #root: string;
  readonly #journal: string;

  constructor(volume: string) {
    this.#root = join(volume, STAGING_NAME);
    this.fresh = join(this.#root, 'new');
    this.aside = join(this.#root, 'old');
    this.#journal = join(this.#root, 'journal.json');
  }

  /** Makes it anew, empty. */
  create(): void {
    this.remove();
    mkdirSync(this.#root, { mode: 0o700 });
    mkdirSync(this.fresh, { mode: 0o700 });
    mkdirSync(this.aside, { mode: 0o700 });
  }

  exists(): boolean {
    return lstatSync(this.#root, { throwIfNoEntry: false }) !== undefined;
  }

  /** Writes the journal so that it is there whole or not at all. */
  writeJournal(journal: Journal): void {
    const draft = `${this.#journal}.draft`;
    const fd = openSync(draft, 'w', 0o600);
    try {
      writeFileSync(fd, JSON.stringify(journal));
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(draft, this.#journal);
    syncFolder(this.#root);
  }

  /**
   * The journal of a swap that was begun; undefined when none was.
   *
   * @throws Error when there is one that cannot be read.
   */
  journal(): Journal | undefined {
    let text: string;
    try {
      text = readFileSync(this.#journal, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
    return Value.Parse(JOURNAL, JSON.parse(text));
  }

  /**
   * Removes it with all that is in it: the journal first of all and on the disk for good. Without one, what is left says
   * nothing of the volume; with one, a part of it would be taken for the whole.
   */
  remove(): void {
    if (!this.exists()) return;
    rmSync(this.#journal, { force: true });
    syncFolder(this.#root);
    removeTree(this.#root);
  }
}

function syncFolder(folder: string): void {
  const fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
