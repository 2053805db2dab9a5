import { BOT_MODULE_REASONS, type BotModule, type BotModuleStatus } from '@eeveebot/crds';
import type { EventRecorder } from '../../controller/types.ts';
import { recordUnready } from '../readiness-events.ts';
import { recordVerification } from '../verification-events.ts';

/** Records that a module became unready for one of these reasons, and verifications that failed or recovered. */
export function recordReadiness(module: BotModule, status: BotModuleStatus, events: EventRecorder): void {
  recordUnready({ resource: module, status, reasons: BOT_MODULE_REASONS, events });
  recordBackupProblem(module, status, events);
  recordVerification({ resource: module, before: module.status?.lastVerified, now: status.lastVerified, events });
}

/** A backup that does not happen is not to be found in Ready of the module. */
function recordBackupProblem(module: BotModule, status: BotModuleStatus, events: EventRecorder): void {
  const scheduled = (of: BotModuleStatus | undefined) => of?.conditions?.find(({ type }) => type === 'BackupScheduled');
  const [before, now] = [scheduled(module.status), scheduled(status)];
  if (now?.reason !== 'BackupFailing' || (before?.reason === now.reason && before.message === now.message)) return;
  events.record(module, { type: 'Warning', reason: now.reason, message: now.message });
}
