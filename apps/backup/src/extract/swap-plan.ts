import { lstatSync, readdirSync } from 'node:fs';
import type { DirectoryTree } from '../archive/directory-tree.ts';
import { LOST_AND_FOUND, STAGING_NAME } from '../archive/entry.ts';
import { COMPANION_ENDINGS } from '../sqlite/snapshot.ts';
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
function cleanPlan({ fresh, volume }: SwapInput): readonly SwapStep[] {
  const root = Buffer.alloc(0);
  const wanted = new Set(names(fresh, root).map(text));
  const present = new Set(
    names(volume, root)
      .map(text)
      .filter((name) => !RESERVED.has(name)),
  );
  return [
    ...[...present].map((path) => ({ action: wanted.has(path) ? ('replace' as const) : ('remove' as const), path })),
    ...[...wanted].filter((path) => !present.has(path)).map((path) => ({ action: 'add' as const, path })),
    description({ fresh, volume }, root),
  ];
}

/** Folders that are on both sides are gone into; anything else takes the place of what lies there. */
function overlayPlan(input: SwapInput, directory: Buffer): readonly SwapStep[] {
  const steps: SwapStep[] = [];
  for (const name of names(input.fresh, directory)) {
    const path = directory.length === 0 ? name : Buffer.concat([directory, Buffer.from('/'), name]);
    const present = lstatSync(input.volume.at(path), { throwIfNoEntry: false });
    if (present === undefined) steps.push({ action: 'add', path: text(path) });
    else if (present.isDirectory() && lstatSync(input.fresh.at(path)).isDirectory()) steps.push(...overlayPlan(input, path));
    else steps.push({ action: 'replace', path: text(path) });
  }
  steps.push(description(input, directory));
  return steps;
}

/** Taken now: moving what is in a folder changes its time. */
const description = ({ fresh, volume }: Pick<SwapInput, 'fresh' | 'volume'>, path: Buffer): SwapStep => ({
  action: 'describe',
  path: text(path),
  before: folderDescription(volume.at(path)),
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

function isPresent(tree: DirectoryTree, path: Buffer): boolean {
  try {
    return lstatSync(tree.at(path), { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    // A file lies where the path wants a folder.
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return false;
    throw error;
  }
}

const names = (tree: DirectoryTree, directory: Buffer): readonly Buffer[] => readdirSync(tree.at(directory), { encoding: 'buffer' });

const text = (bytes: Buffer): string => bytes.toString('latin1');
