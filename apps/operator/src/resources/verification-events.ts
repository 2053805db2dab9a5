import type { LastVerification } from '@eeveebot/crds';
import type { EventRecorder } from '../controller/api/events.ts';
import type { KubeObject } from '../controller/objects/kube-object.ts';

/**
 * Records an event on `resource` for each failed verification, and for the first success after a failure.
 *
 * @param given.before the last verification recorded in the status.
 * @param given.whose the module, in terms that readers of `resource` know; undefined when it is `resource` itself.
 */
export function recordVerification(given: {
  readonly resource: KubeObject;
  readonly before: LastVerification | undefined;
  readonly now: LastVerification | undefined;
  readonly whose?: string;
  readonly events: EventRecorder;
}): void {
  const { resource, before, now, whose, events } = given;
  if (now === undefined || (before?.time === now.time && before.result === now.result)) return;
  const what = [
    now.id === undefined ? 'verification of a backup' : `verification of backup ${now.id}`,
    ...(whose === undefined ? [] : [`of ${whose}`]),
  ];
  const message = `${what.join(' ')} ${now.result === 'Failed' ? 'failed' : 'succeeded'}${now.message === undefined ? '' : `: ${now.message}`}`;
  if (now.result === 'Failed') events.record(resource, { type: 'Warning', reason: 'VerificationFailed', message });
  else if (before?.result === 'Failed') events.record(resource, { type: 'Normal', reason: 'VerificationSucceeded', message });
}
