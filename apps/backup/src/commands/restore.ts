import { readdirSync } from 'node:fs';
import { messageOf } from '@eeveebot/contract';
import { DirectoryTree } from '../file-system/directory-tree.ts';
import { mountsBelow } from '../file-system/mounts.ts';
import { RESERVED_NAMES, type ReadEntry } from '../archive/tar/entry.ts';
import { assertComplete, backupWarnings, readArchive } from '../backups/checked-archive.ts';
import { Warnings } from '../output/warnings.ts';
import type { CommandContext } from './context.ts';
import { downloadProgress } from '../output/download-progress.ts';
import { extractEntries, type Extracted } from '../restore/unpack/extractor.ts';
import { diskRoom } from '../restore/room/disk-room.ts';
import { BackupError } from '../errors.ts';
import { refusalAdvice } from '../restore/swap/refusal-advice.ts';
import { Staging } from '../restore/swap/staging.ts';
import { finishSwap, swapIn } from '../restore/swap/swap.ts';
import { swapPlan } from '../restore/swap/swap-plan.ts';
import { withVolumeLock } from '../volume/volume-lock.ts';
import { findBackup, type FoundBackup } from '../backups/find-backup.ts';
import { protectionOf } from '../backups/restore-protection.ts';
import { endProtections } from '../restore/swap/protection-list.ts';
import { unfinishedProtections } from '../restore/swap/unfinished-mark.ts';
import { contentLimits } from '../restore/entries/content-limits.ts';
import { ensureRoom, withAdvice } from '../restore/room/restore-room.ts';
import type { BackupResult } from '../output/result.ts';

/** Dependencies of the steps of a restore. */
interface Run {
  readonly context: CommandContext;
  readonly warnings: Warnings;
}

/**
 * Restores a backup into a folder. Unpacks it next to the old data, checks it completely, and then swaps the two by renames. A failure
 * before the swap leaves the old data unchanged; an interrupted swap is finished by the next restore.
 */
export async function restore(context: CommandContext): Promise<BackupResult> {
  return withVolumeLock(context.config.volume, 'exclusive', () => restoreInto(context));
}

async function restoreInto(context: CommandContext): Promise<BackupResult> {
  const { config, log } = context;
  const startedMs = performance.now();
  const warnings = new Warnings(log);
  using staging = new Staging(config.volume);
  // Finishing or repeating a restore removes the mark that names them.
  const unfinished = unfinishedProtections(config.volume);
  finishInterrupted(staging, { context, warnings });
  const backup = await findBackup(context);
  const done = (reading: { sizeBytes: number; sha256: string }, content: { files: number; bytes: number }): BackupResult => ({
    id: backup.id,
    key: backup.key,
    sizeBytes: reading.sizeBytes,
    uncompressedBytes: content.bytes,
    files: content.files,
    durationSeconds: Math.round(performance.now() - startedMs) / 1000,
    sha256: reading.sha256,
    warnings: warnings.list,
  });
  const leftAsItIs = async (): Promise<BackupResult> => {
    // An interrupted restore may just have been finished.
    await endProtections(config.volume, [], { ...context, onWarning: warnings.add });
    warnings.add(`${config.volume} contains data: it is left unchanged, and nothing is restored`);
    return done({ sizeBytes: backup.sizeBytes, sha256: backup.sidecar?.sha256 ?? '' }, { files: 0, bytes: 0 });
  };
  if (config.ifEmpty && holdsData(config.volume)) return leftAsItIs();

  for (const warning of backupWarnings(backup)) warnings.add(warning);
  log.info({ key: backup.key, bytes: backup.sizeBytes, madeAt: backup.lastModified.toISOString() }, `restoring into ${config.volume}`);
  const onWarning = warnings.add;
  const oldIsGone = await ensureRoom(backup, { ...context, onWarning });
  staging.create();
  try {
    const { result, ...reading } = await unpack(backup, staging, { context, warnings });
    // Unpacking takes long: a process that started to use the volume in the meantime keeps its data.
    if (config.ifEmpty && holdsData(config.volume)) {
      removePreparations(staging, warnings);
      return leftAsItIs();
    }
    putInPlace(backup, { staging, extracted: result }, { context, warnings });
    const own = oldIsGone || backup.restoring ? protectionOf(backup, config) : undefined;
    await endProtections(config.volume, own === undefined ? unfinished : [...unfinished, own], { ...context, onWarning });
    return done(reading, result);
  } catch (error) {
    const advised = withAdvice(error, { volume: config.volume, oldIsGone });
    // Before the swap has started, the preparations can be removed.
    if (!staging.hasJournal()) removePreparations(staging, warnings);
    throw advised;
  }
}

/** Failing to remove them must not hide the error of the restore; the next restore retries. */
function removePreparations(staging: Staging, warnings: Warnings): void {
  try {
    staging.remove();
  } catch (error) {
    warnings.add(`${staging.root} could not be removed: ${messageOf(error)}`);
  }
}

/** Finishes the swap of a restore that was killed in the middle of it, using its journal. */
function finishInterrupted(staging: Staging, { context, warnings }: Run): void {
  const { config, log } = context;
  if (!staging.exists()) return;
  using journal = staging.journal();
  if (journal === undefined) {
    log.info(`removing ${staging.root} left by an interrupted restore`);
    return removeLeftovers(staging);
  }
  log.warn({ backupId: journal.backupId }, 'finishing an interrupted restore');
  finishSwap({ staging, volume: config.volume, journal, onWarning: warnings.add });
}

/** @throws BackupError `io` with the fix when they cannot be removed. */
function removeLeftovers(staging: Staging): void {
  try {
    staging.remove();
  } catch (cause) {
    throw new BackupError(
      'io',
      `${staging.root}, which an earlier restore left, cannot be removed, and nothing was changed: ${messageOf(cause)}${refusalAdvice(cause)}`,
      { cause },
    );
  }
}

const holdsData = (volume: string): boolean => readdirSync(volume).some((name) => !RESERVED_NAMES.has(name));

async function unpack(
  backup: FoundBackup,
  staging: Staging,
  { context, warnings }: Run,
): Promise<{ readonly sizeBytes: number; readonly sha256: string; readonly result: Extracted }> {
  const { store, signal } = context;
  using progress = downloadProgress('restore', backup, context);
  const { freeBytes } = diskRoom(context.config.volume);
  const reading = await readArchive(
    backup,
    { store, signal, onProgress: (bytes) => progress.advance(bytes) },
    (entries: AsyncIterable<ReadEntry>) =>
      extractEntries(entries, staging.fresh, {
        limits: contentLimits(backup),
        workFolder: staging.work,
        roomBytes: freeBytes,
        signal,
        onWarning: warnings.add,
      }),
  );
  assertComplete(backup, reading.result);
  return reading;
}

function putInPlace(
  backup: FoundBackup,
  given: { readonly staging: Staging; readonly extracted: Extracted },
  { context, warnings }: Run,
): void {
  const { config, signal } = context;
  signal.throwIfAborted();
  const { staging, extracted } = given;
  using fresh = new DirectoryTree(staging.fresh);
  using volume = new DirectoryTree(config.volume);
  const steps = swapPlan({ fresh, volume, clean: config.clean, kindAt: extracted.kindAt, mounts: mountsBelow(config.volume) });
  swapIn({ staging, volume: config.volume, backupId: backup.id, steps, onWarning: warnings.add });
}
