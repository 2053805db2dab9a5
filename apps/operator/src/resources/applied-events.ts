import type { EventRecorder, ResourceEvent } from '../controller/api/events.ts';
import type { Applied } from '../controller/apply/writer.ts';
import type { KubeObject } from '../controller/objects/kube-object.ts';

/**
 * Records on `resource` that objects of it were created or changed, and the cause unless the resource asked for it. Objects with the same
 * outcome share one event: each event is a request.
 */
export function recordApplied(resource: KubeObject, applied: readonly Applied<KubeObject>[], events: EventRecorder): void {
  if (applied.length === 0) return;
  const objects = new Map<Outcome, string[]>();
  for (const { outcome, object } of applied) {
    if (outcome === 'unchanged') continue;
    objects.set(outcome, [...(objects.get(outcome) ?? []), `${object.kind} ${object.metadata.name}`]);
  }
  for (const [outcome, names] of objects) events.record(resource, appliedEvent(outcome, names.join(' and ')));
}

type Outcome = Exclude<Applied<KubeObject>['outcome'], 'unchanged'>;

function appliedEvent(outcome: Outcome, what: string): ResourceEvent {
  switch (outcome) {
    case 'created':
      return { type: 'Normal', reason: 'Created', message: `Created ${what}` };
    case 'updated':
      return { type: 'Normal', reason: 'Updated', message: `Updated ${what}` };
    case 'adopted':
      return { type: 'Normal', reason: 'Adopted', message: `Took over ${what}, which an earlier release created` };
    case 'repaired':
      return {
        type: 'Warning',
        reason: 'Repaired',
        message: `Reverted a manual change of ${what} to the state that this resource specifies: change the resource instead`,
      };
  }
}
