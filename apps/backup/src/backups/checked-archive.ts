import { createHash } from 'node:crypto';
import type { Store } from '@eeveebot/object-store';
import { decompressArchive } from '../archive/compression/decompress.ts';
import type { ReadEntry } from '../archive/tar/entry.ts';
import { readEntries } from '../archive/tar/read.ts';
import { BackupError } from '../errors.ts';
import type { FoundBackup } from './find-backup.ts';
import { download } from '../transfer/download.ts';

/** Size and checksum of an archive that was read to its end. */
export interface ArchiveReading {
  readonly sizeBytes: number;
  readonly sha256: string;
}

/**
 * Downloads an archive and passes its entries to `consume`, then compares length and checksum with the sidecar.
 *
 * @throws BackupError `integrity` when the archive differs from its sidecar, even if `consume` succeeded; StoreError.
 */
export async function readArchive<Result>(
  backup: FoundBackup,
  given: { readonly store: Store; readonly signal: AbortSignal; readonly onProgress?: (bytes: number) => void },
  consume: (entries: AsyncIterable<ReadEntry>) => Promise<Result>,
): Promise<ArchiveReading & { readonly result: Result }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  async function* observed(): AsyncGenerator<Buffer> {
    for await (const chunk of download(given.store, backup.key, { ...given, sizeBytes: backup.sizeBytes })) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      yield chunk;
    }
  }
  const result = await consume(readEntries(decompressArchive(observed())));
  const sha256 = hash.digest('hex');
  const { sidecar } = backup;
  if (sizeBytes !== backup.sizeBytes)
    throw new BackupError('integrity', `${backup.key} has ${backup.sizeBytes} bytes, but ${sizeBytes} bytes were read`);
  if (sidecar !== undefined && sidecar.sha256 !== sha256) {
    throw new BackupError('integrity', `${backup.key} has the SHA-256 ${sha256}, expected ${sidecar.sha256}`);
  }
  return { sizeBytes, sha256, result };
}

/**
 * Compares the contents of an archive with its sidecar. Every archive of a directory has an entry, at least that of the directory: one
 * without any consists of zeros, and restoring it would only remove the old data.
 *
 * @throws BackupError `integrity`
 */
export function assertComplete(backup: FoundBackup, found: { readonly files: number; readonly bytes: number }): void {
  const { sidecar, key } = backup;
  if (found.files === 0) throw new BackupError('integrity', `${key} contains no entries, not even that of the volume: it is not restored`);
  if (sidecar === undefined) return;
  if (found.files !== sidecar.files || found.bytes !== sidecar.uncompressedBytes) {
    throw new BackupError(
      'integrity',
      `${key} contains ${found.files} entries (${found.bytes} bytes), expected ${sidecar.files} entries (${sidecar.uncompressedBytes} bytes)`,
    );
  }
}

/** Warnings of restore and verify before they read a backup: newer backups, known damage or loss, no checksum, a former location. */
export function backupWarnings({ key, sidecar, failed, passedOver, formerNotice, doubt }: FoundBackup): readonly string[] {
  const unverified = 'unverified: it was made by a release before 3.0 and has no checksum; the structure of the archive is checked';
  const states = [
    ...(failed ? ['failed its last verification'] : []),
    ...(doubt === undefined ? [] : [`does not count as good: ${doubt}`]),
    ...(sidecar === undefined ? [`is ${unverified}`] : []),
    ...(formerNotice === undefined ? [] : [`was ${formerNotice}`]),
  ];
  return [...passedOver, ...(states.length === 0 ? [] : [`${key} ${states.join('; it ')}`])];
}
