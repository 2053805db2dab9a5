import { SUBJECT, helpUpdateRequestSubject } from '@eeveebot/contract';
import type { NatsMetrics } from '../metrics/module-metrics.ts';
import type { NatsClient, NatsSubscriptionResult } from '../nats/client.ts';
import { announce, revoke } from './registration.ts';

/** Help text of one command. */
export interface HelpEntry {
  /** The command as typed, without a prefix. */
  command: string;
  /** Purpose of the command, in one sentence. */
  descr: string;
  params: { param: string; required: boolean; descr: string }[];
  aliases?: string[];
}

/**
 * Publishes the help of a module, and again whenever it is requested. A second call replaces the entries.
 *
 * @param module name of the module.
 * @returns the subscriptions to the requests.
 * @example
 * await registerHelp(nats, 'echo', [
 *   { command: 'echo', descr: 'Says it back', params: [{ param: 'text', required: true, descr: 'What to say' }] },
 * ]);
 */
export function registerHelp(
  nats: NatsClient,
  module: string,
  entries: HelpEntry[],
  metrics?: NatsMetrics,
): Promise<Promise<NatsSubscriptionResult>[]> {
  return announce(nats, {
    key: `help ${module}`,
    subject: SUBJECT.helpUpdate,
    payload: { from: module, help: entries },
    askedOn: [helpUpdateRequestSubject(), helpUpdateRequestSubject(module)],
    type: SUBJECT.helpUpdate,
    metrics,
  });
}

/**
 * Withdraws the help of a module, and stops answering requests for it.
 *
 * @returns `false` when NATS did not accept the message. While NATS is disconnected, it is sent after the reconnect.
 * @example
 * await unregisterHelp(nats, 'echo');
 */
export function unregisterHelp(nats: NatsClient, module: string, metrics?: NatsMetrics): Promise<boolean> {
  return revoke(nats, {
    key: `help ${module}`,
    subject: SUBJECT.helpRemove,
    payload: { type: SUBJECT.helpRemove, from: module },
    type: SUBJECT.helpRemove,
    metrics,
  });
}
