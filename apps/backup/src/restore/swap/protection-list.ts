import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno, messageOf } from '@eeveebot/contract';
import { NEW_PROTECTED_NAME, PROTECTED_NAME } from '../../archive/tar/entry.ts';
import { endProtection, type Protection } from '../../backups/restore-protection.ts';
import { keepingTime } from '../../file-system/keep-time.ts';
import { syncFolder } from '../../file-system/sync-folder.ts';
import { appendProtections, isNoFile, readProtections, replaceProtections } from './protection-lines.ts';

/**
 * The list of backups that restores in place have protected from retention, and whose protection can be ended because a restore into the
 * volume has succeeded since. It outlives that restore if the store refuses to end one of them.
 */
const listOf = (volume: string): string => join(volume, PROTECTED_NAME);

/** Adds protections to the list. They are lost if the disk is full: then only the current restore can end them. */
export function addToProtectionList(volume: string, protections: readonly Protection[]): void {
  if (protections.length === 0) return;
  try {
    appendProtections(listOf(volume), protections);
  } catch (error) {
    if (!isErrno(error, 'ENOSPC', 'EDQUOT') && !isNoFile(error)) throw error;
  }
  syncFolder(volume);
}

/**
 * Ends the protection of backups after a successful restore: of the listed ones, and of others. The list keeps those that could not be
 * ended, with a warning for each, so that the next restore tries again.
 */
export async function endProtections(
  volume: string,
  others: readonly Protection[],
  context: Parameters<typeof endProtection>[1] & { readonly onWarning: (warning: string) => void },
): Promise<void> {
  const listed = [...readProtections(listOf(volume)), ...others];
  const due = new Map(listed.map((each) => [[each.id, each.place, each.server].join(' '), each]));
  const left: Protection[] = [];
  for (const protection of due.values()) {
    const problem = await endProtection(protection, context);
    if (problem === undefined) continue;
    left.push(protection);
    const { id } = protection;
    context.onWarning(
      `backup ${id} remains protected from retention until a later restore of this volume ends that, or you run \`eevee-backup release ${id}\`: ${problem}`,
    );
  }
  try {
    keepingTime(volume, () => writeList(volume, left));
  } catch (error) {
    context.onWarning(`${listOf(volume)} could not be written: ${messageOf(error)}`);
  }
}

function writeList(volume: string, protections: readonly Protection[]): void {
  if (protections.length === 0) return rmSync(listOf(volume), { recursive: true, force: true });
  replaceProtections(listOf(volume), { temporary: join(volume, NEW_PROTECTED_NAME), protections });
  syncFolder(volume);
}
