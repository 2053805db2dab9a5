import { SUBJECT, commandExecuteSubject, registerCommandsSubject } from '@eeveebot/contract';
import type { NatsMetrics } from '../metrics/module-metrics.ts';
import type { NatsClient, NatsSubscriptionResult } from '../nats/client.ts';
import { type RateLimitConfig, defaultRateLimit } from './rate-limit.ts';
import { announce, revoke } from './registration.ts';

/** A command for the router to recognise. The fields from `platform` to `user` are regular expressions, default `.*`. */
export interface CommandRegistrationOptions {
  /** Identity of the command: the router delivers calls on `command.execute.<commandUUID>`. */
  commandUUID: string;
  commandDisplayName: string;
  platform?: string;
  network?: string;
  instance?: string;
  channel?: string;
  user?: string;
  /** Matches the command at the start of a message, after the prefix, e.g. `^echo\\s+`. */
  regex: string;
  /** Whether the platform's prefix (`!echo`) calls it. Default `true`. */
  platformPrefixAllowed?: boolean;
  /** Whether the bot's nick (`eevee: echo`) calls it. Default `false`. */
  nickPrefixAllowed?: boolean;
  /** Default {@link defaultRateLimit}. */
  ratelimit?: RateLimitConfig;
  /** @deprecated Ignored. */
  ttl?: number;
}

/** The command to withdraw. */
export interface CommandUnregistrationOptions {
  commandUUID: string;
  commandDisplayName?: string;
}

/** The registration in the form that the router expects. */
export const commandRegistration = (options: CommandRegistrationOptions): Record<string, unknown> => ({
  type: SUBJECT.commandRegister,
  commandUUID: options.commandUUID,
  commandDisplayName: options.commandDisplayName,
  platform: options.platform ?? '.*',
  network: options.network ?? '.*',
  instance: options.instance ?? '.*',
  channel: options.channel ?? '.*',
  user: options.user ?? '.*',
  regex: options.regex,
  platformPrefixAllowed: options.platformPrefixAllowed ?? true,
  nickPrefixAllowed: options.nickPrefixAllowed ?? false,
  ratelimit: options.ratelimit ?? defaultRateLimit,
});

/**
 * Registers a command with the router, and again whenever the router asks for registrations. A second call with the same UUID replaces
 * the registration. Subscribe to `command.execute.<commandUUID>` first.
 *
 * @param autoControlSub `false` leaves answering the router's requests to the caller; if an earlier call answers them, it continues to,
 * with the options of this call.
 * @returns the subscriptions to the router's requests.
 * @example
 * await registerCommand(nats, { commandUUID: ECHO_UUID, commandDisplayName: 'echo', regex: '^echo\\s+' });
 */
export function registerCommand(
  nats: NatsClient,
  options: CommandRegistrationOptions,
  metrics?: NatsMetrics,
  autoControlSub = true,
): Promise<Promise<NatsSubscriptionResult>[]> {
  return announce(nats, {
    key: `command ${options.commandUUID}`,
    subject: SUBJECT.commandRegister,
    payload: commandRegistration(options),
    deliveredOn: commandExecuteSubject(options.commandUUID),
    askedOn: autoControlSub ? [registerCommandsSubject(), registerCommandsSubject(options.commandDisplayName)] : [],
    type: SUBJECT.commandRegister,
    metrics,
  });
}

/**
 * Tells the router to forget a command, and stops answering its requests for the registration.
 *
 * @returns `false` when NATS did not accept the message. While NATS is disconnected, it is sent after the reconnect.
 * @example
 * await unregisterCommand(nats, { commandUUID: ECHO_UUID });
 */
export function unregisterCommand(
  nats: NatsClient,
  { commandUUID }: CommandUnregistrationOptions,
  metrics?: NatsMetrics,
): Promise<boolean> {
  return revoke(nats, {
    key: `command ${commandUUID}`,
    subject: SUBJECT.commandUnregister,
    payload: { type: SUBJECT.commandUnregister, commandUUID },
    type: SUBJECT.commandUnregister,
    metrics,
  });
}
