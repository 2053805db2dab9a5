import { backupListing, doubts, formerLocationNotice, incompleteReason, type StoredBackup } from '@eeveebot/object-store';
import type { CommandContext } from '../command.ts';

/** A backup as `list` shows it. */
export interface ListedBackup {
  readonly id: string;
  readonly key: string;
  /** When it was begun, RFC 3339; without a sidecar, when it was written. */
  readonly time: string;
  readonly sizeBytes: number;
  /** Whether it has a sidecar, and so a checksum. */
  readonly verifiable: boolean;
  /** Whether it has a sidecar that agrees with the archive's size. */
  readonly complete: boolean;
  /** Result of its last verification; absent when there was none. */
  readonly verification?: 'Succeeded' | 'Failed';
  /** Whether retention must not remove it. */
  readonly held: boolean;
  /** Why it does not count as a good backup; absent when it does. */
  readonly doubt?: string;
}

/** Result of `list`. */
export interface ListResult {
  /** The newest first. */
  readonly backups: readonly ListedBackup[];
  readonly warnings: readonly string[];
}

/** The backups of a module, the newest first. */
export async function list({ config, store, signal, log }: CommandContext): Promise<ListResult> {
  const { backups, denial } = await backupListing(store, config.owner, signal);
  const warnings: string[] = [];
  if (backups[0]?.isFormer === true) warnings.push(`the backups were ${formerLocationNotice(backups[0], config.owner)}`);
  if (denial !== undefined) warnings.push(`the times are those of the store, since sidecars could not be read: ${denial.message}`);
  for (const warning of warnings) log.warn(warning);
  const doubtful = doubts(backups);
  return { backups: backups.map((backup) => listedBackup(backup, doubtful.get(backup.id))), warnings };
}

function listedBackup(backup: StoredBackup, doubted: string | undefined): ListedBackup {
  const { id, key, takenAt, sizeBytes, hasSidecar, verified, failed, held } = backup;
  const problem = incompleteReason(backup);
  const doubt = problem ?? doubted;
  return {
    ...{ id, key, time: takenAt.toISOString(), sizeBytes, verifiable: hasSidecar, complete: problem === undefined },
    ...(verified || failed ? { verification: failed ? 'Failed' : 'Succeeded' } : {}),
    held,
    ...(doubt === undefined ? {} : { doubt }),
  };
}

const HEADINGS = ['ID', 'TIME', 'BYTES', 'COMPLETE', 'VERIFIED', 'HELD', 'DOUBT'];
const BYTES = HEADINGS.indexOf('BYTES');

/** The list as a table for a terminal. */
export function listTable(backups: readonly ListedBackup[]): string {
  if (backups.length === 0) return 'no backups';
  const rows = backups.map(({ id, time, sizeBytes, complete, verification, held, doubt = '' }) => [
    ...[id, time, String(sizeBytes), yesOrNo(complete)],
    ...[verification === undefined ? '-' : yesOrNo(verification === 'Succeeded'), yesOrNo(held), doubt],
  ]);
  const table = [HEADINGS, ...rows];
  const widths = HEADINGS.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table
    .map((row) =>
      row
        .map((cell, column) => (column === BYTES ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const yesOrNo = (is: boolean): string => (is ? 'yes' : 'no');
