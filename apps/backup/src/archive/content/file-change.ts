import type { BigIntStats } from 'node:fs';

/** How a file changed while it was read. A file that only grew still starts with the previous content. */
export type FileChange = 'none' | 'grew' | 'rewritten';

/** File systems use a clock that ticks every few milliseconds: of two writes within a tick, the second does not change the time. */
export const TICK_MS = 50;

/** Whether a file was written so recently that another write may not change its times. */
export const isRecent = ({ mtimeMs }: BigIntStats, nowMs = Date.now()): boolean => Math.abs(nowMs - Number(mtimeMs)) < TICK_MS;

/**
 * How a file changed between two calls of stat.
 *
 * @param hasItsName whether the opened path still refers to the file; called only if nothing else decides.
 */
export function fileChange(before: BigIntStats, after: BigIntStats, hasItsName: () => boolean): FileChange {
  if (after.size > before.size) return 'grew';
  if (after.size < before.size || after.mtimeNs !== before.mtimeNs) return 'rewritten';
  if (after.ctimeNs === before.ctimeNs) return 'none';
  const isDescribedAnew = (['mode', 'uid', 'gid', 'nlink'] as const).some((field) => after[field] !== before[field]);
  // Renaming also changes ctime. Without a rename, the file was written and its old mtime restored.
  return isDescribedAnew || !hasItsName() ? 'none' : 'rewritten';
}
