import { constants, lstatSync, readdirSync } from 'node:fs';
import type { DirectoryTree } from '../archive/directory-tree.ts';
import { LOST_AND_FOUND, STAGING_NAME } from '../archive/entry.ts';
import { COMPANION_ENDINGS } from '../sqlite/snapshot.ts';
import { lstatWithin } from './lstat-within.ts';
import type { FolderDescription, SwapStep } from './staging.ts';

const RESERVED: ReadonlySet<string> = new Set([LOST_AND_FOUND, STAGING_NAME]);

/** What was unpacked, and where it is to go. */
export interface SwapInput {
  readonly fresh: DirectoryTree;
  readonly volume: DirectoryTree;
  /** Whether what is not in the backup goes. */
  readonly clean: boolean;
  /** SQLite databases that were unpacked: what is left beside the old ones would damage them. */
  readonly databases: readonly Buffer[];
}

/** The steps that put what was unpacked in its place. Reads both trees and changes nothing. */
export function swapPlan(input: SwapInput): readonly SwapStep[] {
  return input.clean ? cleanPlan(input) : [...staleCompanions(input), ...overlayPlan(input, Buffer.alloc(0))];
}

/** Everything at the top goes, and everything at the top comes. */
function cleanPlan(input: SwapInput): readonly SwapStep[] {
  const { fresh, volume } = input;
  const root = Buffer.alloc(0);
  const wanted = new Set(names(fresh, root).map(text));
  const present = new Set(
    names(volume, root)
      .map(text)
      .filter((name) => !RESERVED.has(name)),
  );
  const before = [...present].map((path) => moveStep(input, wanted.has(path) ? 'replace' : 'remove', Buffer.from(path, 'latin1')));
  const after = [...wanted].filter((path) => !present.has(path)).map((path) => moveStep(input, 'add', Buffer.from(path, 'latin1')));
  return [openStep(input, root), ...before, ...after, describeStep(input, root)];
}

/** Folders that are on both sides are gone into; anything else takes the place of what lies there. */
function overlayPlan(input: SwapInput, directory: Buffer): readonly SwapStep[] {
  const steps: SwapStep[] = [openStep(input, directory)];
  for (const name of names(input.fresh, directory)) {
    const path = directory.length === 0 ? name : Buffer.concat([directory, Buffer.from('/'), name]);
    const present = lstatSync(input.volume.at(path), { throwIfNoEntry: false });
    if (present === undefined) steps.push(moveStep(input, 'add', path));
    else if (present.isDirectory() && lstatSync(input.fresh.at(path)).isDirectory()) steps.push(...overlayPlan(input, path));
    else steps.push(moveStep(input, 'replace', path));
  }
  steps.push(describeStep(input, directory));
  return steps;
}

function moveStep({ fresh, volume }: SwapInput, action: 'remove' | 'replace' | 'add', path: Buffer): SwapStep {
  const oldMode = action === 'add' ? undefined : closedMode(volume.at(path));
  const freshMode = action === 'remove' ? undefined : closedMode(fresh.at(path));
  return {
    action,
    path: text(path),
    ...(oldMode === undefined ? {} : { oldMode }),
    ...(freshMode === undefined ? {} : { freshMode }),
  };
}

/** Mode of a folder that its owner may not write into. */
function closedMode(path: Buffer): number | undefined {
  const stats = lstatSync(path);
  return stats.isDirectory() && (stats.mode & constants.S_IWUSR) === 0 ? stats.mode & 0o7777 : undefined;
}

/** Described now: moving what is in a folder changes its time. */
const openStep = ({ volume }: SwapInput, path: Buffer): SwapStep => ({
  action: 'open',
  path: text(path),
  before: folderDescription(volume.at(path)),
});

const describeStep = ({ fresh }: SwapInput, path: Buffer): SwapStep => ({
  action: 'describe',
  path: text(path),
  after: folderDescription(fresh.at(path)),
});

function folderDescription(folder: Buffer): FolderDescription {
  const { mode, uid, gid, mtimeNs } = lstatSync(folder, { bigint: true });
  return { mode: Number(mode & 0o7777n), uid: Number(uid), gid: Number(gid), mtimeNs: String(mtimeNs) };
}

/** A log or journal of another state of a database would be played back into the restored one. */
function staleCompanions({ fresh, volume, databases }: SwapInput): readonly SwapStep[] {
  return databases.flatMap((database) =>
    COMPANION_ENDINGS.map((ending) => Buffer.concat([database, Buffer.from(ending)]))
      .filter((path) => isPresent(volume, path) && !isPresent(fresh, path))
      .map((path) => ({ action: 'remove' as const, path: text(path) })),
  );
}

const isPresent = (tree: DirectoryTree, path: Buffer): boolean => lstatWithin(tree, path) !== undefined;

const names = (tree: DirectoryTree, directory: Buffer): readonly Buffer[] => readdirSync(tree.at(directory), { encoding: 'buffer' });

const text = (bytes: Buffer): string => bytes.toString('latin1');
