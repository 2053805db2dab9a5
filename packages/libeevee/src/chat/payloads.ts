import type { HelpEntry } from './help.ts';
import type { RateLimitConfig } from './rate-limit.ts';

/**
 * JSON payloads on the bus, one interface each. Some senders omit the fields marked optional: readers fill them in.
 */

/** `chat.message.incoming.>`: a chat message, from a connector. */
export interface IncomingMessage {
  readonly type?: 'chat.message.incoming';
  readonly producer?: string;
  readonly moduleUUID?: string;
  readonly subject?: string;
  readonly platform: string;
  /** The connector's name of its connection. */
  readonly instance: string;
  /** On IRC, the host name of the server. */
  readonly network: string;
  /** In a private message, the sender's nick, so that a reply reaches the sender. */
  readonly channel: string;
  /** Missing on platforms without nicks: `user` is used instead. */
  readonly nick?: string;
  /** On IRC, the ident, e.g. `~fox`. */
  readonly user: string;
  readonly userHost: string;
  readonly text: string;
  /** ISO 8601. */
  readonly timestamp?: string;
  /** Time at which the server received the message, ISO 8601. */
  readonly time?: string;
  readonly botNick?: string;
  /** Matches the platform's command prefix at the start of a text. */
  readonly commonPrefixRegex?: string;
  /** Services account of the sender. */
  readonly account?: string;
  /** Whether the message is an action (`/me`). */
  readonly action?: boolean;
  readonly private?: boolean;
  /** Correlates the message across modules. */
  readonly trace?: string;
  readonly rawEvent?: unknown;
}

/** Sender, place and time of a message: the fields that all deliveries to modules share. */
export interface DeliveredMessage {
  readonly platform: string;
  readonly network: string;
  readonly instance: string;
  readonly channel: string;
  readonly user: string;
  readonly nick: string;
  readonly userHost: string;
  readonly text: string;
  /** ISO 8601; the time of receipt if the connector sent none. */
  readonly timestamp: string;
  readonly trace: string;
  readonly botNick: string;
  readonly private: boolean;
  readonly action: boolean;
  readonly account?: string | undefined;
}

/** `command.execute.<commandUUID>`: a call of a command. */
export interface CommandExecution extends DeliveredMessage {
  /** The text after the match, without leading blanks. */
  readonly text: string;
  /** The whole message. */
  readonly originalText: string;
  /** The text that the command's regex matched, trailing blanks included. */
  readonly matchedCommand: string;
  /** The whole text after the prefix. */
  readonly matchedText: string;
}

/** `broadcast.message.<broadcastUUID>`: a message that matches a broadcast registration. */
export interface BroadcastDelivery extends DeliveredMessage {
  /** `true` if the message calls a command with the prefix that the command needs. Not all routers send it. */
  readonly call?: true;
}

/** Scope of a registration: regular expressions, unanchored. An empty one means `.*`. */
export interface RegistrationScopes {
  readonly platform: string;
  readonly network: string;
  readonly instance: string;
  readonly channel: string;
  readonly user: string;
  readonly nick?: string;
}

/** `command.register`. */
export interface CommandRegistration extends RegistrationScopes {
  readonly type?: 'command.register';
  readonly commandUUID: string;
  readonly commandDisplayName: string;
  readonly regex: string;
  /** Default `true`. */
  readonly platformPrefixAllowed: boolean;
  /** Default `false`. */
  readonly nickPrefixAllowed: boolean;
  readonly ratelimit: RateLimitConfig;
}

/** `command.unregister`. */
export interface CommandUnregistration {
  readonly type?: 'command.unregister';
  readonly commandUUID: string;
}

/** `broadcast.register`. */
export interface BroadcastRegistration extends RegistrationScopes {
  readonly type?: 'broadcast.register';
  readonly broadcastUUID: string;
  readonly broadcastDisplayName: string;
  readonly nick: string;
  readonly messageFilterRegex: string;
}

/** `broadcast.unregister`. */
export interface BroadcastUnregistration {
  readonly type?: 'broadcast.unregister';
  readonly broadcastUUID: string;
}

/** `event.register`: `eventType` is a regular expression too. */
export interface EventRegistration extends RegistrationScopes {
  readonly type?: 'event.register';
  readonly eventUUID: string;
  readonly eventDisplayName: string;
  readonly eventType: string;
  readonly nick: string;
}

/** `event.unregister`. */
export interface EventUnregistration {
  readonly type?: 'event.unregister';
  readonly eventUUID: string;
}

/** `chat.event.>`, forwarded unchanged on `event.message.<eventUUID>`. */
export interface ChatEvent {
  /** `join`, `part`, `quit`, `kick`, `nick`, `topic`, `invite`, or another type that a connector defines. */
  readonly eventType: string;
  readonly platform: string;
  readonly network: string;
  readonly instance: string;
  /** `null` for `quit`. */
  readonly channel: string | null;
  /** For `kick`, the victim. */
  readonly nick: string;
  readonly user?: string;
  readonly userHost?: string;
  readonly reason?: string;
  readonly kickedBy?: string;
  readonly newNick?: string;
  readonly topic?: string;
  readonly timestamp?: string;
}

/** `help.update`. */
export interface HelpUpdate {
  readonly from: string;
  readonly help: readonly HelpEntry[];
}

/** `chat.notice.outgoing.<platform>.<instance>`: a notice to one user. */
export interface PersonalNotice {
  readonly target: string;
  readonly text: string;
}

/** `chat.notice.outgoing.<platform>.<instance>.<channel>`: a notice to a channel. */
export interface ChannelNotice {
  readonly channel: string;
  readonly text: string;
}

/** `admin.request.router`. */
export interface RouterRequest {
  readonly action: 'get-ratelimit-stats' | 'get-command-registry';
  readonly requester?: string;
  readonly trace?: string;
}

/** `admin.response.router.ratelimit-stats`. */
export interface RateLimitStats {
  readonly action: 'ratelimit-stats';
  /** Keyed by `<commandUUID>:<key>`. */
  readonly stats: Readonly<Record<string, { count: number; limit: number; interval: string; commandName: string }>>;
  /** Number of limits that did not fit into the message. */
  readonly omitted?: number;
  readonly requester?: string;
  readonly trace?: string;
}

/** One expression in {@link CommandRegistryReport}. */
export interface ReportedRegex {
  readonly source: string;
}

/** A command in {@link CommandRegistryReport}. */
export interface ReportedCommand {
  readonly commandUUID: string;
  readonly commandDisplayName: string;
  readonly platformRegex: ReportedRegex;
  readonly networkRegex: ReportedRegex;
  readonly instanceRegex: ReportedRegex;
  readonly channelRegex: ReportedRegex;
  readonly userRegex: ReportedRegex;
  readonly commandRegex: ReportedRegex;
  readonly platformPrefixAllowed: boolean;
  readonly nickPrefixAllowed: boolean;
  readonly ratelimit: RateLimitConfig;
  /** Reason why the command is no longer matched: one of its expressions took too long. */
  readonly setAside?: string;
}

/** `admin.response.router.command-registry`. */
export interface CommandRegistryReport {
  readonly action: 'command-registry';
  readonly registry: readonly ReportedCommand[];
  /** Number of commands that did not fit into the message. */
  readonly omitted?: number;
  readonly requester?: string;
  readonly trace?: string;
}
