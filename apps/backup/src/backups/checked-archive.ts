import { createHash } from 'node:crypto';
import type { Store } from '@eeveebot/object-store';
import { decompressed } from '../archive/compression/decompress.ts';
import type { ReadEntry } from '../archive/tar/entry.ts';
import { entriesOf } from '../archive/tar/read.ts';
import { BackupError } from '../errors.ts';
import type { FoundBackup } from './found-backup.ts';
import { downloaded } from '../transfer/download.ts';

/** What was read of an archive, once it has been read to its end. */
export interface ArchiveReading {
  readonly sizeBytes: number;
  readonly sha256: string;
}

/**
 * Reads an archive from the store and hands its entries to `consume`; afterwards compares length and checksum with what
 * was written down when it was made.
 *
 * @throws BackupError `integrity` when it is not what was made, however far `consume` got; StoreError.
 */
export async function readArchive<Result>(
  backup: FoundBackup,
  given: { readonly store: Store; readonly signal: AbortSignal; readonly onProgress?: (bytes: number) => void },
  consume: (entries: AsyncIterable<ReadEntry>) => Promise<Result>,
): Promise<ArchiveReading & { readonly result: Result }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  async function* observed(): AsyncGenerator<Buffer> {
    for await (const chunk of downloaded(given.store, backup.key, { ...given, sizeBytes: backup.sizeBytes })) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      yield chunk;
    }
  }
  const result = await consume(entriesOf(decompressed(observed())));
  const sha256 = hash.digest('hex');
  const { sidecar } = backup;
  if (sizeBytes !== backup.sizeBytes)
    throw new BackupError('integrity', `${backup.key} has ${backup.sizeBytes} bytes, and ${sizeBytes} were read`);
  if (sidecar !== undefined && sidecar.sha256 !== sha256) {
    throw new BackupError('integrity', `${backup.key} has the SHA-256 ${sha256}, and was made with ${sidecar.sha256}`);
  }
  return { sizeBytes, sha256, result };
}

/** Compares what an archive holds with what it was made with. */
export function assertComplete(backup: FoundBackup, found: { readonly files: number; readonly bytes: number }): void {
  const { sidecar, key } = backup;
  if (sidecar === undefined) return;
  if (found.files !== sidecar.files || found.bytes !== sidecar.uncompressedBytes) {
    throw new BackupError(
      'integrity',
      `${key} holds ${found.files} entries with ${found.bytes} bytes, and was made with ${sidecar.files} and ${sidecar.uncompressedBytes}`,
    );
  }
}

/** What a restore and a check warn about before they read a backup: newer ones, known damage, no checksum, a former location. */
export function backupWarnings({ key, sidecar, failed, passedOver, formerNotice }: FoundBackup): readonly string[] {
  const unverified = 'unverified: it has no checksum, as releases before 3.0 made them; that the archive is whole is checked';
  const states = [
    ...(failed ? ['was found damaged by its last verification'] : []),
    ...(sidecar === undefined ? [`is ${unverified}`] : []),
    ...(formerNotice === undefined ? [] : [`was ${formerNotice}`]),
  ];
  return [...passedOver, ...(states.length === 0 ? [] : [`${key} ${states.join('; it ')}`])];
}
