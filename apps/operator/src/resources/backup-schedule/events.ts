import type { BackupSchedule, BackupScheduleReason, BackupScheduleStatus } from '@eeveebot/crds';
import type { EventRecorder } from '../../controller/types.ts';
import { recordWorry } from '../readiness-events.ts';

/** Reasons that a person should act on. */
const WORRYING: ReadonlySet<string> = new Set<BackupScheduleReason>(['Pending', 'InvalidSpec', 'S3StoreNotFound', 'S3StoreNotReady']);

/** Tells of a schedule that cannot be carried out, and of each backup that failed. */
export function recordReadiness(schedule: BackupSchedule, status: BackupScheduleStatus, events: EventRecorder): void {
  recordWorry({ resource: schedule, status, worrying: WORRYING, events });
  for (const { module, lastBackup } of status.targets ?? []) {
    const before = schedule.status?.targets?.find((target) => target.module === module)?.lastBackup;
    if (lastBackup === undefined || (before?.time === lastBackup.time && before.result === lastBackup.result)) continue;
    const message = `backup of BotModule ${module}${lastBackup.message === undefined ? '' : `: ${lastBackup.message}`}`;
    events.record(
      schedule,
      lastBackup.result === 'Failed'
        ? { type: 'Warning', reason: 'BackupFailed', message }
        : { type: 'Normal', reason: 'BackupSucceeded', message },
    );
  }
}
