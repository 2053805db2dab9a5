import { defined } from '@eeveebot/contract';
import { backupListing, doubts, formerLocationNotice, incompleteReason, type StoredBackup } from '@eeveebot/object-store';
import type { CommandContext } from './context.ts';

/** A backup in the output of `list`. */
export interface ListedBackup {
  readonly id: string;
  readonly key: string;
  /** Start of the backup (RFC 3339), or without a sidecar the time at which it was stored. */
  readonly time: string;
  readonly sizeBytes: number;
  /** Whether it has a sidecar and thus a checksum. */
  readonly verifiable: boolean;
  /** Whether it has a sidecar that matches the archive's size. */
  readonly complete: boolean;
  /** Result of its last verification; absent when it was never verified. */
  readonly verification?: 'Succeeded' | 'Failed';
  /** Whether it is protected from retention. */
  readonly held: boolean;
  /** Why it does not count as good; absent when it does. */
  readonly doubt?: string;
}

/** Result of `list`. */
export interface ListResult {
  /** Newest first. */
  readonly backups: readonly ListedBackup[];
  readonly warnings: readonly string[];
}

/** Lists the backups of a module, newest first. */
export async function list({ config, store, signal, log }: CommandContext): Promise<ListResult> {
  const { backups, denial } = await backupListing(store, config.owner, signal);
  const warnings: string[] = [];
  if (backups[0]?.isFormer === true) warnings.push(`the backups were ${formerLocationNotice(backups[0], config.owner)}`);
  if (denial !== undefined) warnings.push(`times are those of the store because sidecars could not be read: ${denial.message}`);
  for (const warning of warnings) log.warn(warning);
  const doubtful = doubts(backups);
  return { backups: backups.map((backup) => listedBackup(backup, doubtful.get(backup.id))), warnings };
}

function listedBackup(backup: StoredBackup, doubted: string | undefined): ListedBackup {
  const { id, key, takenAt, sizeBytes, hasSidecar, verified, failed, held, restoring } = backup;
  const problem = incompleteReason(backup);
  const doubt = problem ?? doubted;
  return {
    ...{ id, key, time: takenAt.toISOString(), sizeBytes, verifiable: hasSidecar, complete: problem === undefined },
    ...(verified || failed ? { verification: failed ? 'Failed' : 'Succeeded' } : {}),
    held: held || restoring,
    ...defined({ doubt }),
  };
}

const HEADINGS = ['ID', 'TIME', 'BYTES', 'COMPLETE', 'VERIFIED', 'HELD', 'DOUBT'];
const BYTES = HEADINGS.indexOf('BYTES');

/** Formats the list as a table for a terminal. */
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
