import { listBackups } from '@eeveebot/object-store';
import type { CommandContext } from '../command.ts';

/** A backup as `list` tells of it. */
export interface ListedBackup {
  readonly id: string;
  readonly key: string;
  /** RFC 3339. */
  readonly time: string;
  readonly sizeBytes: number;
  /** Whether its checksum was written down. */
  readonly verifiable: boolean;
}

/** The backups of a module, the newest first. */
export async function list({ config, store, signal }: CommandContext): Promise<{ readonly backups: readonly ListedBackup[] }> {
  const backups = await listBackups(store, config.owner, signal);
  return {
    backups: backups.map(({ id, key, lastModified, sizeBytes, hasSidecar }) => ({
      id,
      key,
      time: lastModified.toISOString(),
      sizeBytes,
      verifiable: hasSidecar,
    })),
  };
}

/** The list for a person. */
export function listTable(backups: readonly ListedBackup[]): string {
  if (backups.length === 0) return 'no backups';
  const rows = backups.map(({ id, time, sizeBytes, verifiable }) => [id, time, String(sizeBytes), verifiable ? 'yes' : 'no']);
  const table = [['ID', 'TIME', 'BYTES', 'CHECKSUM'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table
    .map((row) =>
      row
        .map((cell, column) => (column === 2 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
