import type { BotModule, BotModuleStatus } from '@eeveebot/crds';
import type { Applied, EventRecorder, KubeObject } from '../../controller/types.ts';

/** Tells the module's reader that one of its objects was made or changed. */
export function recordApplied(module: BotModule, { outcome, object }: Applied<KubeObject>, events: EventRecorder): void {
  if (outcome === 'unchanged') return;
  const verb = outcome === 'created' ? 'Created' : 'Updated';
  events.record(module, { type: 'Normal', reason: verb, message: `${verb} ${object.kind} ${object.metadata.name}` });
}

/** Reasons that a person should act on. */
const WORRYING: ReadonlySet<string> = new Set(['InvalidSpec', 'Unavailable']);

/** Tells of a module that became unready for a reason that a person should act on. */
export function recordReadiness(module: BotModule, status: BotModuleStatus, events: EventRecorder): void {
  const readyOf = (of: BotModuleStatus | undefined) => of?.conditions?.find((condition) => condition.type === 'Ready');
  const [before, now] = [readyOf(module.status), readyOf(status)];
  if (now === undefined || !WORRYING.has(now.reason)) return;
  if (before?.reason === now.reason && before.message === now.message) return;
  events.record(module, { type: 'Warning', reason: now.reason, message: now.message });
}
