import { BACKUP_SCHEDULED_REASONS, type BotModule, type BotModuleStatus } from '@eeveebot/crds';

/** Conditions that a module has while its pods start, whatever else happens. */
const USUAL: ReadonlySet<string> = new Set(['Ready', 'Reconciling', 'Stalled']);

/**
 * Whether a status is the first one of a module, and only says that its pods are being started. When many modules are created at once, all
 * of them start first, and most need no such status.
 */
export function isFirstProgress({ status: known }: BotModule, { conditions = [] }: BotModuleStatus): boolean {
  const isReconciling = conditions.some(({ type, status }) => type === 'Reconciling' && status === 'True');
  const hasNews = conditions.some((condition) => !USUAL.has(condition.type) && condition.status === 'False' && !waitsForCronJob(condition));
  return known?.conditions === undefined && isReconciling && !hasNews;
}

/** Each module with a schedule waits for its CronJob at first; the reason is then that of the schedule, which reports it itself. */
const waitsForCronJob = ({ type, reason }: { readonly type: string; readonly reason: string }): boolean =>
  type === 'BackupScheduled' && !Object.hasOwn(BACKUP_SCHEDULED_REASONS, reason);
