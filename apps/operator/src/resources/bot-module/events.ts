import type { BotModule, BotModuleStatus } from '@eeveebot/crds';
import type { EventRecorder } from '../../controller/api/events.ts';
import { conditionOf, readyOf } from '../../controller/objects/status.ts';
import { recordVerification } from '../verification-events.ts';
import type { ModulePlan } from './plan.ts';

/** Records problems outside Ready of a module, and verifications that failed or recovered. */
export function recordProblems(module: BotModule, status: BotModuleStatus, events: EventRecorder): void {
  recordProblem({ module, status, condition: 'BackupScheduled', reason: 'BackupFailing' }, events);
  recordProblem({ module, status, condition: 'ExtrasInSync', reason: 'NotApplied' }, events);
  recordProblem({ module, status, condition: 'ExtrasInSync', reason: 'KindNotAvailable' }, events);
  recordVerification({ resource: module, before: module.status?.lastVerified, now: status.lastVerified, events });
}

/** Records that the first restore of a module makes no progress. */
export function recordObstacle(module: BotModule, plan: ModulePlan, events: EventRecorder): void {
  if (plan.action !== 'bootstrap' || plan.bootstrap.phase !== 'restoring') return;
  const { obstacle, message } = plan.bootstrap;
  if (obstacle === undefined || readyOf(module.status)?.message === message) return;
  events.record(module, { type: 'Warning', reason: 'NoProgress', message: obstacle });
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
