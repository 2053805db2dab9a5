import type { IncomingMessage, RegisteredBroadcast, RegisteredCommand } from './registrations.ts';

/** How a message calls a command. */
export interface CommandCall {
  /** What the command's regex matched. */
  readonly matchedText: string;
  /** What follows it. */
  readonly args: string;
}

const PLACE = ['platform', 'network', 'instance', 'channel', 'user'] as const;

const saidThere = (where: Pick<RegisteredCommand, (typeof PLACE)[number]>, message: IncomingMessage): boolean =>
  PLACE.every((part) => new RegExp(where[part]).test(message[part]));

const escaped = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);

/** What is left of a text without the prefixes that call a command; a command that allows none reads the text as it stands. */
function bodies(command: RegisteredCommand, { text, botNick, commonPrefixRegex }: IncomingMessage): string[] {
  const { platformPrefixAllowed, nickPrefixAllowed } = command;
  if (!platformPrefixAllowed && !nickPrefixAllowed) return [text];
  const prefixes = [
    ...(platformPrefixAllowed ? [new RegExp(commonPrefixRegex)] : []),
    ...(nickPrefixAllowed ? [new RegExp(String.raw`^@?${escaped(botNick)}(?:[:,]\s*|\s+)`, 'i')] : []),
  ];
  return prefixes.flatMap((prefix) => {
    const match = prefix.exec(text);
    return match === null || match.index > 0 ? [] : [text.slice(match[0].length)];
  });
}

/**
 * How a message calls a command, or `undefined` when it does not: it must be said where the command
 * listens, begin with a prefix that the command allows, and go on as its regex says.
 */
export function commandCall(command: RegisteredCommand, message: IncomingMessage): CommandCall | undefined {
  if (!saidThere(command, message)) return undefined;
  for (const body of bodies(command, message)) {
    const match = new RegExp(command.regex).exec(body);
    if (match !== null) return { matchedText: match[0], args: body.slice(match.index + match[0].length) };
  }
  return undefined;
}

/** Whether a broadcast wants a message. */
export const isBroadcastFor = (broadcast: RegisteredBroadcast, message: IncomingMessage): boolean =>
  saidThere(broadcast, message) &&
  new RegExp(broadcast.nick).test(message.user) &&
  new RegExp(broadcast.messageFilterRegex).test(message.text);

/** Whose calls a command's limit counts together. */
export function limitKey({ commandUUID, ratelimit: { level } }: RegisteredCommand, message: IncomingMessage): string {
  const { platform, network, instance, channel, user } = message;
  const who = {
    user: [platform, network, instance, user],
    channel: [platform, network, instance, channel],
    instance: [platform, network, instance],
    platform: [platform],
    global: [],
  };
  return JSON.stringify([commandUUID, ...who[level]]);
}
