import { BACKUP_SCHEDULE_REASONS, type BackupSchedule, type BackupScheduleStatus, type LastBackup } from '@eeveebot/crds';
import type { EventRecorder, ResourceEvent } from '../../controller/api/events.ts';
import { recordUnready } from '../readiness-events.ts';
import { recordVerification } from '../verification-events.ts';
import { recordedTarget } from './target-history.ts';

/** Records that a schedule cannot be carried out, each backup that ended, and each verification that failed or recovered. */
export function recordReadiness(schedule: BackupSchedule, status: BackupScheduleStatus, events: EventRecorder): void {
  recordUnready({ resource: schedule, status, reasons: BACKUP_SCHEDULE_REASONS, events });
  for (const { module, lastBackup, lastVerified } of status.targets ?? []) {
    const before = recordedTarget(schedule.status, module);
    const whose = `BotModule ${module}`;
    recordVerification({ resource: schedule, before: before?.lastVerified, now: lastVerified, whose, events });
    if (lastBackup === undefined || isSame(before?.lastBackup, lastBackup)) continue;
    const message = `backup of ${whose}${lastBackup.message === undefined ? '' : `: ${lastBackup.message}`}`;
    events.record(schedule, { ...eventOf(lastBackup), message });
  }
}

const isSame = (before: LastBackup | undefined, now: LastBackup): boolean => before?.time === now.time && before.result === now.result;

function eventOf({ result, doubt }: LastBackup): Pick<ResourceEvent, 'type' | 'reason'> {
  switch (result) {
    case 'Succeeded':
      return doubt === undefined ? { type: 'Normal', reason: 'BackupSucceeded' } : { type: 'Warning', reason: 'BackupDoubtful' };
    case 'Incomplete':
      return { type: 'Warning', reason: 'BackupIncomplete' };
    case 'Failed':
      return { type: 'Warning', reason: 'BackupFailed' };
  }
}
