import { tmpdir } from 'node:os';
import { archiveKey, backupPrefix, defined, parsedBackupKey, recordKey } from '@eeveebot/contract';
import { StoreError, type StoreErrorKind } from '@eeveebot/object-store';
import packageJson from '../../package.json' with { type: 'json' };
import { ChunkPool } from '../archive/chunks/chunk-pool.ts';
import { compressArchive } from '../archive/compression/compress.ts';
import { measureTree } from '../archive/walk/measure-tree.ts';
import { emptySummary } from '../archive/content/archive-report.ts';
import { archiveStream } from '../archive/archive-stream.ts';
import { Warnings } from '../output/warnings.ts';
import type { CommandContext } from './context.ts';
import { Staging } from '../restore/swap/staging.ts';
import { CopyDirectory } from '../archive/content/copy-directory.ts';
import { unfinishedMarkWarning } from '../restore/swap/unfinished-mark.ts';
import { withVolumeLock } from '../volume/volume-lock.ts';
import { startProgress } from '../output/progress.ts';
import type { BackupResult } from '../output/result.ts';
import { globWarnings } from '../settings/glob-list.ts';
import { isLimited } from '../settings/retention-rules.ts';
import type { Sidecar } from '../backups/sidecar.ts';
import { expectedArchiveBytes, LARGEST_UPLOAD_BYTES, tooLargeWarning } from '../transfer/part-size.ts';
import { abortStaleUploads, uploadObject } from '../transfer/upload.ts';
import { completeBackup, doubtOf, pruneAfterBackup } from './after-upload.ts';

/** Age at which an unfinished upload counts as abandoned. */
const STALE_MS = 24 * 3_600_000;

/**
 * Archives a directory into the store, then prunes older backups if retention rules are set. Does not prune after a backup with unreadable
 * entries.
 */
export async function backup(context: CommandContext): Promise<BackupResult> {
  const { volume } = context.config;
  return withVolumeLock(volume, 'shared', () => backUpVolume(context));
}

async function backUpVolume(context: CommandContext): Promise<BackupResult> {
  const { config, log, signal, now } = context;
  const startedMs = performance.now();
  const warnings = new Warnings(log);
  for (const warning of globWarnings(config.exclude)) warnings.add(warning);
  const beginning = backupPrefix(config.store.prefix, config.owner);
  const id = context.newId();
  const key = archiveKey(beginning, id, config.compression);
  await removeStaleUploads(context, beginning);
  // After the first response, which contains the time of the store: backups are ordered by their start.
  const machineTime = now();
  const startedAt = context.store.clock.timeAt(machineTime);
  if (startedAt !== machineTime) warnings.add(clockWarning(machineTime, startedAt));
  const unfinished = new Staging(config.volume).unfinishedRestore() ?? unfinishedMarkWarning(config.volume);
  if (unfinished !== undefined) warnings.add(unfinished);

  const source = await measureTree(config.volume, config.exclude, signal);
  log.info({ key, files: source.files, bytes: source.bytes }, `backing up ${config.volume}`);
  const expectedBytes = expectedArchiveBytes(source);
  if (expectedBytes > LARGEST_UPLOAD_BYTES) warnings.add(tooLargeWarning(expectedBytes));
  const summary = emptySummary();
  using progress = startProgress({
    what: 'backup',
    totalBytes: source.bytes,
    terminal: context.terminal,
    report: (state) => log.info(state, 'progress'),
  });
  const pool = new ChunkPool();
  using copies = new CopyDirectory(tmpdir());
  const archive = archiveStream(
    config.volume,
    {
      exclude: [...config.exclude, ...copies.names],
      temporaryDirectory: copies.path,
      onWarning: warnings.add,
      onProgress: (bytes) => progress.advance(bytes),
      pool,
      signal,
    },
    summary,
  );
  const bytes = compressArchive(archive, { compression: config.compression, level: config.compressionLevel, pool });
  const { sizeBytes, sha256, unchecked } = await uploadObject(context.store, key, bytes, { sourceBytes: expectedBytes, signal });
  if (unchecked !== undefined) warnings.add(`the uploaded archive could not be checked: ${unchecked}`);

  const { leftOut, damaged, digest, ...contents } = summary;
  if (leftOut > 0) {
    warnings.summarize(
      `${leftOut} ${leftOut === 1 ? 'entry' : 'entries'} could not be read: the backup is incomplete, so older backups are not pruned`,
    );
  }
  const description = () => ({
    sha256,
    sizeBytes,
    ...contents,
    durationSeconds: secondsSince(startedMs),
    warnings: warnings.list,
    ...(leftOut > 0 ? { leftOut } : {}),
    ...(damaged > 0 ? { damaged } : {}),
    ...(unfinished === undefined ? {} : { unfinishedRestore: true }),
  });
  const sidecar: Sidecar = {
    version: 1,
    ...description(),
    startedAt: startedAt.toISOString(),
    tool: `eevee-backup ${packageJson.version}`,
    treeDigest: digest.hex(),
  };
  await completeBackup(context, { key, sidecarKey: recordKey(beginning, id, 'sidecar') }, sidecar);
  const doubt = await doubtOf(context, { id, sidecar, warnings });
  if (isLimited(config.retention) && leftOut === 0 && !signal.aborted) await pruneAfterBackup(context, id, warnings);
  return { id, key, ...description(), ...defined({ doubt }) };
}

const clockWarning = (machineTime: Date, startedAt: Date): string =>
  `the clocks of this machine and of the store differ: it was ${machineTime.toISOString()} here when the backup started, and ${startedAt.toISOString()} by the clock of the store, which is recorded; correct the one that is wrong`;

const secondsSince = (sinceMs: number): number => Math.round(performance.now() - sinceMs) / 1000;

/** Errors that would also affect every later request. */
const ENDS_BACKUP: ReadonlySet<StoreErrorKind> = new Set([
  ...(['address', 'refused', 'tls', 'timeout', 'interrupted', 'clock', 'region', 'redirect', 'request', 'no-such-bucket'] as const),
]);

async function removeStaleUploads({ store, log, signal, now }: CommandContext, beginning: string): Promise<void> {
  try {
    // The prefix may contain objects of other programs.
    const isOurs = (key: string): boolean => parsedBackupKey(key, beginning)?.kind === 'archive';
    const aborted = await abortStaleUploads(store, beginning, { ageMs: STALE_MS, now, signal, isOurs });
    if (aborted > 0) log.info({ uploads: aborted }, 'aborted abandoned uploads');
  } catch (error) {
    if (!(error instanceof StoreError) || ENDS_BACKUP.has(error.kind)) throw error;
    // Some stores cannot list uploads, and some credentials may not: the backup continues.
    log.info({ cause: error.message }, 'could not look for abandoned uploads');
  }
}
