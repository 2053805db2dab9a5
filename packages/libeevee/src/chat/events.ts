import { SUBJECT, eventMessageSubject, registerEventsSubject } from '@eeveebot/contract';
import type { NatsMetrics } from '../metrics/module-metrics.ts';
import type { NatsClient, NatsSubscriptionResult } from '../nats/client.ts';
import { announce, revoke } from './registration.ts';

/**
 * Events that a module wants to receive: joins, parts, quits, kicks. The fields from `eventType` on are regular expressions, not anchored;
 * all default to `.*`.
 */
export interface EventRegistrationOptions {
  /** Identity of the registration: the router delivers events on `event.message.<eventUUID>`. */
  eventUUID: string;
  eventDisplayName: string;
  /** Kinds of event to deliver, e.g. `^(?:part|quit|kick)$`. */
  eventType?: string;
  platform?: string;
  network?: string;
  instance?: string;
  /** Events without a channel, such as a quit, match as an empty string. */
  channel?: string;
  user?: string;
  nick?: string;
}

/** The registration to withdraw. */
export interface EventUnregistrationOptions {
  eventUUID: string;
  eventDisplayName?: string;
}

/** The registration in the form that the router expects. */
export const eventRegistration = (options: EventRegistrationOptions): Record<string, unknown> => ({
  type: SUBJECT.eventRegister,
  eventUUID: options.eventUUID,
  eventDisplayName: options.eventDisplayName,
  eventType: options.eventType ?? '.*',
  platform: options.platform ?? '.*',
  network: options.network ?? '.*',
  instance: options.instance ?? '.*',
  channel: options.channel ?? '.*',
  user: options.user ?? '.*',
  nick: options.nick ?? '.*',
});

/**
 * Asks the router for events, and again whenever the router asks for registrations. A second call with the same UUID replaces the
 * registration. Subscribe to `event.message.<eventUUID>` first.
 *
 * @param autoControlSub `false` leaves answering the router's requests to the caller.
 * @returns the subscriptions to the router's requests.
 * @example
 * await registerEvent(nats, { eventUUID: LEFT_UUID, eventDisplayName: 'left', eventType: '^(?:part|quit|kick)$' });
 */
export function registerEvent(
  nats: NatsClient,
  options: EventRegistrationOptions,
  metrics?: NatsMetrics,
  autoControlSub = true,
): Promise<Promise<NatsSubscriptionResult>[]> {
  return announce(nats, {
    key: `event ${options.eventUUID}`,
    subject: SUBJECT.eventRegister,
    payload: eventRegistration(options),
    deliveredOn: eventMessageSubject(options.eventUUID),
    askedOn: autoControlSub ? [registerEventsSubject(), registerEventsSubject(options.eventDisplayName)] : [],
    type: SUBJECT.eventRegister,
    metrics,
  });
}

/**
 * Tells the router to stop delivering these events, and stops answering its requests for the registration.
 *
 * @returns `false` when NATS did not accept the message. While NATS is disconnected, it is sent after the reconnect.
 * @example
 * await unregisterEvent(nats, { eventUUID: LEFT_UUID });
 */
export function unregisterEvent(nats: NatsClient, { eventUUID }: EventUnregistrationOptions, metrics?: NatsMetrics): Promise<boolean> {
  return revoke(nats, {
    key: `event ${eventUUID}`,
    subject: SUBJECT.eventUnregister,
    payload: { type: SUBJECT.eventUnregister, eventUUID },
    type: SUBJECT.eventUnregister,
    metrics,
  });
}
