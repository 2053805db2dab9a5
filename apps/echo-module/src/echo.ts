import { type ChatMessage, type HelpEntry, type RateLimitConfig, defaultRateLimit } from '@eeveebot/libeevee';

/** The module's configuration, as it stands under `spec.moduleConfig`. */
export interface EchoConfig {
  ratelimit: RateLimitConfig;
}

export const defaultConfig: EchoConfig = { ratelimit: defaultRateLimit };

export const ECHO_COMMAND = {
  commandUUID: '9e5c1e0c-c6ad-4ae1-a368-7a28cd539dc9',
  commandDisplayName: 'echo',
  regex: String.raw`^echo\s+`,
};

export const help: HelpEntry[] = [
  {
    command: 'echo',
    descr: 'Says back what you say',
    params: [{ param: 'text', required: true, descr: 'What to say back' }],
  },
];

const isText = (value: unknown): value is string => typeof value === 'string';

/**
 * The answer to a `command.execute` payload, or `undefined` when there is nothing to say back or no
 * place to say it.
 *
 * @example
 * echo({ platform: 'irc', network: 'libera', instance: 'main', channel: '#eevee', text: 'hello' });
 * // { platform: 'irc', network: 'libera', instance: 'main', channel: '#eevee', text: 'hello' }
 */
export function echo(call: unknown): ChatMessage | undefined {
  if (typeof call !== 'object' || call === null) return undefined;
  const { platform, network, instance, channel, text, trace }: Record<string, unknown> = { ...call };
  if (!isText(platform) || !isText(network) || !isText(instance) || !isText(channel) || !isText(text) || text === '') return undefined;
  return { platform, network, instance, channel, text, ...(isText(trace) ? { trace } : {}) };
}
