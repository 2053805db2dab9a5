import type { BackupSchedule, BackupTarget, LastBackup } from '@eeveebot/crds';
import type { EventRecorder, ResourceEvent } from '../../controller/api/events.ts';
import { recordVerification } from '../verification-events.ts';
import { recordedTarget } from './target-history.ts';

/** Records each backup that ended, and each verification that failed or recovered. */
export function recordTargets(schedule: BackupSchedule, targets: readonly BackupTarget[], events: EventRecorder): void {
  for (const { module, lastBackup, lastVerified } of targets) {
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
