import type { HelpEntry } from '../chat/help.ts';
import type { RateLimitConfig } from '../chat/rate-limit.ts';

/** A command as a module registers it. */
export interface RegisteredCommand {
  readonly commandUUID: string;
  readonly commandDisplayName: string;
  readonly platform: string;
  readonly network: string;
  readonly instance: string;
  readonly channel: string;
  readonly user: string;
  readonly regex: string;
  readonly platformPrefixAllowed: boolean;
  readonly nickPrefixAllowed: boolean;
  readonly ratelimit: RateLimitConfig;
  /** In milliseconds. */
  readonly ttl?: number;
}

/** A broadcast as a module registers it. */
export interface RegisteredBroadcast {
  readonly broadcastUUID: string;
  readonly broadcastDisplayName: string;
  readonly platform: string;
  readonly network: string;
  readonly instance: string;
  readonly channel: string;
  readonly user: string;
  readonly nick: string;
  readonly messageFilterRegex: string;
  /** In milliseconds. */
  readonly ttl?: number;
}

/** What a module's help says. */
export interface RegisteredHelp {
  readonly from: string;
  readonly help: readonly HelpEntry[];
}

/** A message as a connector brings it in. */
export interface IncomingMessage {
  readonly platform: string;
  readonly network: string;
  readonly instance: string;
  readonly channel: string;
  readonly user: string;
  readonly userHost: string;
  readonly text: string;
  readonly botNick: string;
  /** Matches the platform's prefix at the start of a text. */
  readonly commonPrefixRegex: string;
  readonly trace: string;
}
