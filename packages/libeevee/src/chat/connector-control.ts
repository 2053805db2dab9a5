import { connectorControlSubject } from '@eeveebot/contract';
import { ERROR_CODES, EeveeError } from '../errors.ts';
import type { NatsMetrics } from '../metrics/module-metrics.ts';
import type { NatsClient } from '../nats/client.ts';
import { ignorable } from '../promises.ts';
import { checkAddress } from './outgoing-text.ts';

/** A channel of one connector. */
export interface ConnectorChannel {
  platform: string;
  /** The connector's instance. */
  instance: string;
  channel: string;
}

interface Order extends ConnectorChannel {
  action: 'join' | 'part' | 'kick';
  /** Further parameters of the action. */
  more?: Readonly<Record<string, string>>;
}

async function order(nats: NatsClient, { platform, instance, channel, action, more = {} }: Order, metrics?: NatsMetrics): Promise<void> {
  checkAddress({ platform, instance, channel, ...more });
  const sent = await nats.publish(connectorControlSubject({ platform, instance }), JSON.stringify({ action, data: { channel, ...more } }));
  if (sent === false) {
    throw new EeveeError(ERROR_CODES.connectorUnreachable, `${action} to the connector ${platform}/${instance}: NATS is not connected`);
  }
  metrics?.recordNatsPublish?.(action);
}

/**
 * Has a connector join a channel. The promise does not have to be awaited.
 *
 * @param channel.key of a channel that needs one.
 * @returns once NATS has the request; whether the network lets the bot in is not known yet.
 * @throws EeveeError `EEVEE_CONNECTOR_UNREACHABLE` when it could not be sent, `EEVEE_CHAT_NOT_SENT` when a field contains a line break.
 * @example
 * await joinChannel(nats, { platform: 'irc', instance: 'main', channel: '#eevee' });
 */
export function joinChannel(nats: NatsClient, channel: ConnectorChannel & { key?: string }, metrics?: NatsMetrics): Promise<void> {
  const { key, ...where } = channel;
  return ignorable(order(nats, { ...where, action: 'join', more: key === undefined ? {} : { key } }, metrics));
}

/**
 * Has a connector leave a channel. The promise does not have to be awaited.
 *
 * @throws as {@link joinChannel}.
 * @example
 * await partChannel(nats, { platform: 'irc', instance: 'main', channel: '#eevee' });
 */
export function partChannel(nats: NatsClient, channel: ConnectorChannel, metrics?: NatsMetrics): Promise<void> {
  return ignorable(order(nats, { ...channel, action: 'part' }, metrics));
}

/**
 * Has a connector kick a user from a channel, if the bot has the right to. The promise does not have to be awaited.
 *
 * @param person.reason shown in the channel. Default: the nick.
 * @throws as {@link joinChannel}.
 * @example
 * await kick(nats, { platform: 'irc', instance: 'main', channel: '#eevee', nick: 'fox', reason: 'flooding' });
 */
export function kick(nats: NatsClient, person: ConnectorChannel & { nick: string; reason?: string }, metrics?: NatsMetrics): Promise<void> {
  const { nick, reason = nick, ...where } = person;
  return ignorable(order(nats, { ...where, action: 'kick', more: { nick, reason } }, metrics));
}
