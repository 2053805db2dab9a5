import { BOT_MODULE_REASONS, type BotModule, type BotModuleStatus } from '@eeveebot/crds';
import type { EventRecorder } from '../../controller/api/events.ts';
import { conditionOf } from '../../controller/objects/status.ts';
import { recordUnready } from '../readiness-events.ts';
import { recordVerification } from '../verification-events.ts';

/** Records that a module became unready for a worrying reason, and verifications that failed or recovered. */
export function recordReadiness(module: BotModule, status: BotModuleStatus, events: EventRecorder): void {
  recordUnready({ resource: module, status, reasons: BOT_MODULE_REASONS, events });
  recordProblem({ module, status, condition: 'BackupScheduled', reason: 'BackupFailing' }, events);
  recordProblem({ module, status, condition: 'ExtrasInSync', reason: 'NotApplied' }, events);
  recordProblem({ module, status, condition: 'ExtrasInSync', reason: 'KindNotAvailable' }, events);
  recordVerification({ resource: module, before: module.status?.lastVerified, now: status.lastVerified, events });
}

/** Records problems outside Ready of the module: a backup that does not run, a Service that cannot be created. */
function recordProblem(
  given: { readonly module: BotModule; readonly status: BotModuleStatus; readonly condition: string; readonly reason: string },
  events: EventRecorder,
): void {
  const [before, now] = [conditionOf(given.module.status, given.condition), conditionOf(given.status, given.condition)];
  if (now?.reason !== given.reason || (before?.reason === now.reason && before.message === now.message)) return;
  events.record(given.module, { type: 'Warning', reason: now.reason, message: now.message });
}
