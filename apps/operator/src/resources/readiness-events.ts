import type { Condition } from '@eeveebot/crds';
import type { EventRecorder } from '../controller/api/events.ts';
import type { KubeObject } from '../controller/objects/kube-object.ts';
import { readyOf } from '../controller/objects/status.ts';

interface Conditions {
  readonly conditions?: readonly Condition[];
}

/** The reasons of a kind's Ready, and whether a resource that gets one deserves an event. */
export type Reasons = Readonly<Record<string, { readonly worrying: boolean }>>;

/**
 * Records an event when Ready of a resource gets a reason that its table marks as worrying, or another message with such a reason: a
 * warning, unless the resource only waits (Unknown).
 */
export function recordUnready(given: {
  readonly resource: KubeObject & { readonly status?: Conditions };
  readonly status: Conditions;
  readonly reasons: Reasons;
  readonly events: EventRecorder;
}): void {
  const { resource, status, reasons, events } = given;
  const [before, now] = [readyOf(resource.status), readyOf(status)];
  if (now === undefined || reasons[now.reason]?.worrying !== true) return;
  if (before?.reason === now.reason && before.message === now.message) return;
  events.record(resource, { type: now.status === 'Unknown' ? 'Normal' : 'Warning', reason: now.reason, message: now.message });
}
