import { SUBJECT, helpUpdateRequestSubject } from '@eeveebot/contract';
import { log } from '../log/log.ts';
import type { NatsMetrics } from '../metrics/module-metrics.ts';
import type { NatsClient, NatsSubscriptionResult } from '../nats/client.ts';
import type { HelpEntry } from './help-entry.ts';
import { fittingHelp } from './help-size.ts';
import { announce, revoke } from './registration.ts';

export type { HelpEntry } from './help-entry.ts';

/** Room for the headers of a message, which count as part of its payload. */
const HEADER_BYTES = 1024;

/**
 * Publishes the help of a module, and again whenever it is requested. A second call replaces the entries. Help that is larger than a message
 * of NATS is cut, with a warning in the log.
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
  const payloadOf = (help: readonly HelpEntry[]): unknown => ({ from: module, help });
  let cutBefore: string | undefined;
  return announce(nats, {
    key: `help ${module}`,
    subject: SUBJECT.helpUpdate,
    /** Made each time, since another server may accept more or less. */
    get payload() {
      const mostBytes = nats.maxPayloadBytes - HEADER_BYTES;
      // Test doubles of the client accept everything.
      const fits = (help: readonly HelpEntry[]): boolean => !(Buffer.byteLength(JSON.stringify(payloadOf(help))) > mostBytes);
      const { entries: help, cut } = fittingHelp(entries, fits);
      if (cut !== undefined && cut !== cutBefore)
        log.warn('the help of this module is too large for NATS and was cut: shorten it, or raise max_payload of NATS', { module, cut });
      cutBefore = cut;
      return payloadOf(help);
    },
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
