import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { DirectoryTree } from '../archive/directory-tree.ts';
import { printable } from '../archive/entry.ts';
import { assertComplete, readArchive, type ArchiveReading } from '../checked-archive.ts';
import type { CommandContext } from '../command.ts';
import { BackupError } from '../errors.ts';
import { extractEntries, type Extracted } from '../extract/extractor.ts';
import { removeTree } from '../extract/remove-tree.ts';
import { diskRoom, missingBytes } from '../extract/space.ts';
import { contentLimits, type FoundBackup } from '../found-backup.ts';
import { resolvedScratch } from '../volume.ts';
import { databaseCheck } from './database-check.ts';
import { treeReading } from './unpacked-tree.ts';

/** What a trial restore found. */
export interface TrialRestore extends ArchiveReading {
  readonly files: number;
  readonly bytes: number;
  /** SQLite databases that were checked. */
  readonly databases: number;
}

/**
 * Restores a backup into scratch space, reads it back from the disk, compares it with the facts recorded when it was made, and checks
 * each SQLite database. The scratch space is empty again afterwards.
 *
 * @throws BackupError `integrity` when the backup is not what was made or holds a damaged database; `io` when the scratch space is too
 * small; StoreError; the signal's reason.
 */
export async function trialRestore(
  backup: FoundBackup,
  context: Pick<CommandContext, 'config' | 'store' | 'signal'>,
  given: { readonly onProgress: (bytes: number) => void; readonly onWarning: (warning: string) => void },
): Promise<TrialRestore> {
  const scratch = resolvedScratch(context.config.scratch);
  assertRoom(backup, scratch);
  const folder = mkdtempSync(join(scratch, 'eevee-verify-'));
  try {
    const { unpacked, warnings } = await unpack(backup, folder, { context, onProgress: given.onProgress });
    await compareWithRecord(backup, { folder, warnings, signal: context.signal });
    const { result, ...reading } = unpacked;
    const databases = await checkDatabases(result, { folder, ...given, signal: context.signal });
    return { ...reading, files: result.files, bytes: result.bytes, databases };
  } finally {
    removeTree(folder);
  }
}

function assertRoom({ sidecar }: FoundBackup, scratch: string): void {
  if (sidecar === undefined) return;
  const missing = missingBytes(scratch, { bytes: sidecar.allocatedBytes ?? sidecar.uncompressedBytes, files: sidecar.files });
  if (missing === 0) return;
  const mebibytes = Math.ceil((missing / 1024 / 1024) * 10) / 10;
  throw new BackupError('io', `${scratch} needs ${mebibytes} MiB more free space for a trial restore: enlarge the scratch space`);
}

async function unpack(
  backup: FoundBackup,
  folder: string,
  { context, onProgress }: { readonly context: Pick<CommandContext, 'store' | 'signal'>; readonly onProgress: (bytes: number) => void },
): Promise<{ readonly unpacked: ArchiveReading & { readonly result: Extracted }; readonly warnings: readonly string[] }> {
  const { store, signal } = context;
  // Owners are not restored here, which is no news; the texts matter only if the trees turn out to differ.
  const warnings: string[] = [];
  const { freeBytes, capacityBytes } = diskRoom(folder);
  const unpacked = await readArchive(backup, { store, signal, onProgress }, (entries) =>
    extractEntries(entries, folder, {
      limits: contentLimits(backup, capacityBytes),
      roomBytes: freeBytes,
      signal,
      onWarning: (warning) => warnings.push(warning),
    }),
  );
  assertComplete(backup, unpacked.result);
  return { unpacked, warnings };
}

async function compareWithRecord(
  { key, sidecar }: FoundBackup,
  { folder, warnings, signal }: { readonly folder: string; readonly warnings: readonly string[]; readonly signal: AbortSignal },
): Promise<void> {
  const found = await treeReading(folder, signal);
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
  throw new BackupError('integrity', `${key} unpacks to a tree that differs from the one backed up: ${differences.join(', ')}${why}`);
}

async function checkDatabases(
  { databases }: Extracted,
  given: { readonly folder: string; readonly onWarning: (warning: string) => void; readonly signal: AbortSignal },
): Promise<number> {
  using tree = new DirectoryTree(given.folder);
  let checked = 0;
  const damaged: string[] = [];
  for (const path of databases) {
    const check = await databaseCheck(tree.at(path), given.signal);
    if (check.result === 'unchecked') {
      given.onWarning(`${printable(path)} is a SQLite database that could not be checked: ${check.message}`);
      continue;
    }
    checked++;
    if (check.result === 'damaged') damaged.push(`${printable(path)}: ${check.message}`);
  }
  if (damaged.length > 0) throw new BackupError('integrity', `${damaged.length} damaged SQLite databases: ${damaged.join('; ')}`);
  return checked;
}
