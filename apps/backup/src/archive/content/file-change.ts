import type { BigIntStats } from 'node:fs';

/** How a file changed while it was read. One that only grew has the same bytes as before in front of the new ones. */
export type FileChange = 'none' | 'grew' | 'rewritten';

/** File systems take times from a clock that ticks every few milliseconds: of two writes within a tick, only one shows. */
export const TICK_MS = 50;

/** Whether a file was written so short ago that another write may leave its times as they are. */
export const isRecent = ({ mtimeMs }: BigIntStats, nowMs = Date.now()): boolean => Math.abs(nowMs - Number(mtimeMs)) < TICK_MS;

/**
 * How a file changed between two looks at it.
 *
 * @param hasItsName whether the path that was opened still leads to the file; asked only if nothing else tells.
 */
export function fileChange(before: BigIntStats, after: BigIntStats, hasItsName: () => boolean): FileChange {
  if (after.size > before.size) return 'grew';
  if (after.size < before.size || after.mtimeNs !== before.mtimeNs) return 'rewritten';
  if (after.ctimeNs === before.ctimeNs) return 'none';
  const isDescribedAnew = (['mode', 'uid', 'gid', 'nlink'] as const).some((field) => after[field] !== before[field]);
  // A new name changes this time, too. Without one, the file was written and then got its old time back.
  return isDescribedAnew || !hasItsName() ? 'none' : 'rewritten';
}
