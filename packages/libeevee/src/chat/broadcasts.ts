import { SUBJECT, broadcastMessageSubject, registerBroadcastsSubject } from '@eeveebot/contract';
import type { NatsMetrics } from '../metrics/module-metrics.ts';
import type { NatsClient, NatsSubscriptionResult } from '../nats/client.ts';
import { announce, revoke } from './registration.ts';

/** Messages a module wants to receive, command or not. The fields from `platform` on are regular expressions, default `.*`. */
export interface BroadcastRegistrationOptions {
  /** Identity of the broadcast: the router delivers messages on `broadcast.message.<broadcastUUID>`. */
  broadcastUUID: string;
  broadcastDisplayName: string;
  platform?: string;
  network?: string;
  instance?: string;
  channel?: string;
  user?: string;
  nick?: string;
  /** Texts to deliver. */
  messageFilterRegex?: string;
  /** @deprecated Ignored. */
  ttl?: number;
}

/** The broadcast to withdraw. */
export interface BroadcastUnregistrationOptions {
  broadcastUUID: string;
  broadcastDisplayName?: string;
}

/** The registration in the form that the router expects. */
export const broadcastRegistration = (options: BroadcastRegistrationOptions): Record<string, unknown> => ({
  type: SUBJECT.broadcastRegister,
  broadcastUUID: options.broadcastUUID,
  broadcastDisplayName: options.broadcastDisplayName,
  platform: options.platform ?? '.*',
  network: options.network ?? '.*',
  instance: options.instance ?? '.*',
  channel: options.channel ?? '.*',
  user: options.user ?? '.*',
  nick: options.nick ?? '.*',
  messageFilterRegex: options.messageFilterRegex ?? '.*',
});

/**
 * Asks the router for messages, and again whenever the router asks for registrations. A second call with the same UUID replaces the
 * registration. Subscribe to `broadcast.message.<broadcastUUID>` first.
 *
 * @param autoControlSub `false` leaves answering the router's requests to the caller; if an earlier call answers them, it continues to,
 * with the options of this call.
 * @returns the subscriptions to the router's requests.
 * @example
 * await registerBroadcast(nats, { broadcastUUID: SEEN_UUID, broadcastDisplayName: 'seen' });
 */
export function registerBroadcast(
  nats: NatsClient,
  options: BroadcastRegistrationOptions,
  metrics?: NatsMetrics,
  autoControlSub = true,
): Promise<Promise<NatsSubscriptionResult>[]> {
  return announce(nats, {
    key: `broadcast ${options.broadcastUUID}`,
    subject: SUBJECT.broadcastRegister,
    payload: broadcastRegistration(options),
    deliveredOn: broadcastMessageSubject(options.broadcastUUID),
    askedOn: autoControlSub ? [registerBroadcastsSubject(), registerBroadcastsSubject(options.broadcastDisplayName)] : [],
    type: SUBJECT.broadcastRegister,
    metrics,
  });
}

/**
 * Tells the router to stop delivering a broadcast, and stops answering its requests for the registration.
 *
 * @returns `false` when NATS did not accept the message. While NATS is disconnected, it is sent after the reconnect.
 * @example
 * await unregisterBroadcast(nats, { broadcastUUID: SEEN_UUID });
 */
export function unregisterBroadcast(
  nats: NatsClient,
  { broadcastUUID }: BroadcastUnregistrationOptions,
  metrics?: NatsMetrics,
): Promise<boolean> {
  return revoke(nats, {
    key: `broadcast ${broadcastUUID}`,
    subject: SUBJECT.broadcastUnregister,
    payload: { type: SUBJECT.broadcastUnregister, broadcastUUID },
    type: SUBJECT.broadcastUnregister,
    metrics,
  });
}
