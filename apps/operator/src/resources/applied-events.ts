import type { Applied, EventRecorder, KubeObject } from '../controller/types.ts';

/** Tells the reader of `resource` that one of its objects was made or changed. */
export function recordApplied(resource: KubeObject, { outcome, object }: Applied<KubeObject>, events: EventRecorder): void {
  if (outcome === 'unchanged') return;
  const verb = outcome === 'created' ? 'Created' : 'Updated';
  events.record(resource, { type: 'Normal', reason: verb, message: `${verb} ${object.kind} ${object.metadata.name}` });
}
