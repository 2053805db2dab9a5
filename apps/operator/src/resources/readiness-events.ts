import type { Condition } from '@eeveebot/crds';
import type { EventRecorder, KubeObject } from '../controller/types.ts';

interface Conditions {
  readonly conditions?: readonly Condition[];
}

const readyOf = (status: Conditions | undefined): Condition | undefined => status?.conditions?.find(({ type }) => type === 'Ready');

/**
 * Tells of a resource whose Ready became one of the `worrying` reasons, which a person should act on, or of another
 * message with such a reason: as a warning, unless it is only being waited for (Unknown).
 */
export function recordWorry(given: {
  readonly resource: KubeObject & { readonly status?: Conditions };
  readonly status: Conditions;
  readonly worrying: ReadonlySet<string>;
  readonly events: EventRecorder;
}): void {
  const { resource, status, worrying, events } = given;
  const [before, now] = [readyOf(resource.status), readyOf(status)];
  if (now === undefined || !worrying.has(now.reason)) return;
  if (before?.reason === now.reason && before.message === now.message) return;
  events.record(resource, { type: now.status === 'Unknown' ? 'Normal' : 'Warning', reason: now.reason, message: now.message });
}
