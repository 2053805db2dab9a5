import type { BotModule, BotModuleStatus } from '@eeveebot/crds';
import { volumeHolderProblem } from '../../backup-jobs/volume-holder.ts';
import type { EventRecorder } from '../../controller/api/events.ts';
import { conditionOf, readyOf } from '../../controller/objects/status.ts';
import { recordVerification } from '../verification-events.ts';
import type { ObservedModule } from './observe.ts';
import type { ModulePlan } from './plan.ts';

/** Records problems outside Ready of a module, and verifications that failed or recovered. */
export function recordProblems(module: BotModule, status: BotModuleStatus, events: EventRecorder): void {
  recordProblem({ module, status, condition: 'BackupScheduled', reason: 'BackupFailing' }, events);
  recordProblem({ module, status, condition: 'ExtrasInSync', reason: 'NotApplied' }, events);
  recordProblem({ module, status, condition: 'ExtrasInSync', reason: 'KindNotAvailable' }, events);
  recordVerification({ resource: module, before: module.status?.lastVerified, now: status.lastVerified, events });
}

/** Records that the restore for which a module waits makes no progress. */
export function recordObstacle({ module, toolWork, eventCauses }: ObservedModule, plan: ModulePlan, events: EventRecorder): void {
  const isFirst = plan.action === 'bootstrap' && plan.bootstrap.phase === 'restoring';
  const obstacle = isFirst ? plan.bootstrap.obstacle : awaitsRestore(plan) ? volumeHolderProblem(toolWork, eventCauses) : undefined;
  if (obstacle === undefined || readyOf(module.status)?.message.includes(obstacle) === true) return;
  events.record(module, { type: 'Warning', reason: 'NoProgress', message: obstacle });
}

const awaitsRestore = (plan: ModulePlan): boolean =>
  plan.action === 'run' ? plan.stoppedBy !== undefined : plan.action === 'bootstrap' && plan.bootstrap.phase === 'waiting';

/** Records problems outside Ready of the module: a backup that does not run, a Service that cannot be created. */
function recordProblem(
  given: { readonly module: BotModule; readonly status: BotModuleStatus; readonly condition: string; readonly reason: string },
  events: EventRecorder,
): void {
  const [before, now] = [conditionOf(given.module.status, given.condition), conditionOf(given.status, given.condition)];
  if (now?.reason !== given.reason || (before?.reason === now.reason && before.message === now.message)) return;
  events.record(given.module, { type: 'Warning', reason: now.reason, message: now.message });
}
