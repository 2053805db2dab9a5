import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Store } from '@eeveebot/object-store';
import { DirectoryTree } from '../file-system/directory-tree.ts';
import { printable } from '../archive/tar/entry.ts';
import { assertComplete, readArchive, type ArchiveReading } from '../backups/checked-archive.ts';
import { BackupError } from '../errors.ts';
import { extractEntries, type Extracted } from '../restore/unpack/extractor.ts';
import { diskRoom, missingRoom, withOverhead } from '../restore/room/disk-room.ts';
import type { FoundBackup } from '../backups/find-backup.ts';
import { contentLimits } from '../restore/entries/content-limits.ts';
import type { BackupConfig } from '../settings/config.ts';
import { resolveScratch } from '../volume/resolve-volume.ts';
import { databaseCheck } from './database-check.ts';
import { missingFeatures } from './scratch-features.ts';
import { createScratchFolder } from './scratch-folder.ts';
import { readTree, type TreeReading } from './read-tree.ts';

/** Maximum number of warnings and of damaged databases in a message, which is recorded in the bucket. */
const REPORTED_PROBLEMS = 10;

/** The scratch space of a trial restore, and the store with the backup. */
interface TrialContext {
  readonly config: Pick<BackupConfig, 'scratch'>;
  readonly store: Store;
  readonly signal: AbortSignal;
  readonly now: () => Date;
}

/** Result of a trial restore. */
export interface TrialRestore extends ArchiveReading {
  readonly files: number;
  readonly bytes: number;
  /** Number of checked SQLite databases. */
  readonly databases: number;
}

/**
 * Restores a backup into scratch space, reads it back from disk, compares it with the sidecar, and checks each SQLite database. Removes the
 * restored data afterwards.
 *
 * @throws BackupError `integrity` when the backup differs from its sidecar or contains a damaged database; `io` when the scratch space is
 * too small; `usage` when it is not writable; StoreError; the signal's reason.
 */
export async function trialRestore(
  backup: FoundBackup,
  context: TrialContext,
  given: { readonly onProgress: (bytes: number) => void; readonly onWarning: (warning: string) => void },
): Promise<TrialRestore> {
  const scratch = resolveScratch(context.config.scratch);
  using created = createScratchFolder(scratch, { nowMs: context.now().getTime(), onWarning: given.onWarning });
  const folder = created.path;
  assertRoom(backup, scratch);
  const tree = join(folder, 'tree');
  mkdirSync(tree, { mode: 0o700 });
  const { unpacked, warnings } = await unpack(backup, { folder, tree }, { context, onProgress: given.onProgress });
  const found = await readTree(tree, context.signal);
  compareWithSidecar(backup, found, { warnings, folder });
  const databases = await checkDatabases(found, { tree, ...given, signal: context.signal });
  const { result, ...reading } = unpacked;
  return { ...reading, files: result.files, bytes: result.bytes, databases };
}

function assertRoom({ sidecar }: FoundBackup, scratch: string): void {
  if (sidecar === undefined) return;
  const { files, uncompressedBytes, allocatedBytes = uncompressedBytes } = sidecar;
  const missing = missingRoom(scratch, { bytes: withOverhead(allocatedBytes, files), inodes: files });
  if (missing.bytes === 0 && missing.inodes === 0) return;
  const what =
    missing.bytes > 0 ? `${Math.ceil((missing.bytes / 1024 / 1024) * 10) / 10} MiB more free space` : `${missing.inodes} more free inodes`;
  throw new BackupError('io', `${scratch} needs ${what} for a trial restore: enlarge the scratch space`);
}

async function unpack(
  backup: FoundBackup,
  { folder, tree }: { readonly folder: string; readonly tree: string },
  { context, onProgress }: { readonly context: Pick<TrialContext, 'store' | 'signal'>; readonly onProgress: (bytes: number) => void },
): Promise<{ readonly unpacked: ArchiveReading & { readonly result: Extracted }; readonly warnings: readonly string[] }> {
  const { store, signal } = context;
  // Warnings, for example about owners, are expected here; they are reported only if the trees differ.
  const warnings: string[] = [];
  const { freeBytes } = diskRoom(folder);
  const unpacked = await readArchive(backup, { store, signal, onProgress }, (entries) =>
    extractEntries(entries, tree, {
      limits: contentLimits(backup),
      workFolder: folder,
      roomBytes: freeBytes,
      signal,
      onWarning: (warning) => void (warnings.length < REPORTED_PROBLEMS && warnings.push(warning)),
    }),
  );
  assertComplete(backup, unpacked.result);
  return { unpacked, warnings };
}

/** @throws BackupError `usage` when the file system of the scratch space may be the cause, which says nothing about the backup. */
function compareWithSidecar(
  { key, sidecar }: FoundBackup,
  found: TreeReading,
  { warnings, folder }: { readonly warnings: readonly string[]; readonly folder: string },
): void {
  if (sidecar === undefined) return;
  const differences = [
    ...(found.files === sidecar.files ? [] : [`${found.files} entries instead of ${sidecar.files}`]),
    ...(found.bytes === sidecar.uncompressedBytes ? [] : [`${found.bytes} bytes instead of ${sidecar.uncompressedBytes}`]),
    ...(sidecar.treeDigest === undefined || found.digest === sidecar.treeDigest
      ? []
      : [`the tree digest ${found.digest} instead of ${sidecar.treeDigest}`]),
  ];
  if (differences.length === 0) return;
  const why = warnings.length === 0 ? '' : ` (while unpacking: ${warnings.join('; ')})`;
  const difference = `${key} unpacks to a tree that differs from the original: ${differences.join(', ')}${why}`;
  const missing = missingFeatures(folder);
  if (missing.length === 0) throw new BackupError('integrity', difference);
  throw new BackupError(
    'usage',
    `the file system of ${folder} does not support ${missing.join(', ')}, so a trial restore there proves nothing: use scratch space of another storage class, or mode Checksum (${difference})`,
  );
}

/** @returns the number of checked databases. */
async function checkDatabases(
  { databases }: TreeReading,
  given: { readonly tree: string; readonly onWarning: (warning: string) => void; readonly signal: AbortSignal },
): Promise<number> {
  using tree = new DirectoryTree(given.tree);
  let [checked, damaged] = [0, 0];
  const reports: string[] = [];
  for (const path of databases) {
    const check = await databaseCheck(tree.at(path), given.signal);
    if (check.result === 'unchecked') {
      given.onWarning(`${printable(path)} is a SQLite database that could not be checked: ${check.message}`);
      continue;
    }
    checked++;
    if (check.result === 'damaged' && ++damaged <= REPORTED_PROBLEMS) reports.push(`${printable(path)}: ${check.message}`);
  }
  if (damaged === 0) return checked;
  if (damaged > reports.length) reports.push(`and ${damaged - reports.length} more`);
  throw new BackupError('integrity', `${damaged} of ${databases.length} SQLite databases are damaged: ${reports.join('; ')}`);
}
