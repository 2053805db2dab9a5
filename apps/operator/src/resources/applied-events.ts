import type { EventRecorder, ResourceEvent } from '../controller/api/events.ts';
import type { Applied } from '../controller/apply/writer.ts';
import type { KubeObject } from '../controller/objects/kube-object.ts';

/** Records on `resource` that one of its objects was created or changed, and the cause unless the resource asked for it. */
export function recordApplied(resource: KubeObject, { outcome, object }: Applied<KubeObject>, events: EventRecorder): void {
  if (outcome !== 'unchanged') events.record(resource, appliedEvent(outcome, `${object.kind} ${object.metadata.name}`));
}

function appliedEvent(outcome: Exclude<Applied<KubeObject>['outcome'], 'unchanged'>, what: string): ResourceEvent {
  switch (outcome) {
    case 'created':
      return { type: 'Normal', reason: 'Created', message: `Created ${what}` };
    case 'updated':
      return { type: 'Normal', reason: 'Updated', message: `Updated ${what}` };
    case 'adopted':
      return { type: 'Normal', reason: 'Adopted', message: `Took over ${what}, which a former release had made` };
    case 'repaired':
      return {
        type: 'Warning',
        reason: 'Repaired',
        message: `Reverted a manual change of ${what} to the state that this resource specifies: change the resource instead`,
      };
  }
}
