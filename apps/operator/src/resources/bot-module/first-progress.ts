import type { BotModule, BotModuleStatus } from '@eeveebot/crds';

/** Conditions that a module has while its pods start, whatever else happens. */
const USUAL: ReadonlySet<string> = new Set(['Ready', 'Reconciling', 'Stalled']);

/**
 * Whether a status is the first one of a module, and only says that its pods are being started. When many modules are created at once, all
 * of them start first, and most need no such status.
 */
export function isFirstProgress({ status: known }: BotModule, { conditions = [] }: BotModuleStatus): boolean {
  const isReconciling = conditions.some(({ type, status }) => type === 'Reconciling' && status === 'True');
  // Each module with a schedule waits for its CronJob at first.
  const hasNews = conditions.some(({ type, status, reason }) => !USUAL.has(type) && status === 'False' && reason !== 'Pending');
  return known?.conditions === undefined && isReconciling && !hasNews;
}
