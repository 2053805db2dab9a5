/** Kind of the end of a connection or attempt. */
export type EndKind =
  /** Lost, refused by the network, or closed by the server. */
  | 'lost'
  /** The server does not want this bot: K-line, G-line, ban. */
  | 'banned'
  /** The server refused the account, the certificate or the password. */
  | 'denied';

/** For {@link reconnectDelay}. */
export interface ReconnectState {
  readonly kind: EndKind;
  /** Attempts since the last stable connection, including this one: 1 for the first. */
  readonly attempt: number;
  /** Shortest wait, in milliseconds: the setting autoReconnectWait. */
  readonly waitMs: number;
  /** Most attempts; 0: no limit. */
  readonly maxRetries: number;
  /** Random number from 0 to 1, which spreads the reconnects of a network's bots over time. */
  readonly random: number;
}

const MINUTE_MS = 60_000;

/** Longest wait after connections that were lost. */
const MAX_LOST_MS = 5 * MINUTE_MS;

/** Waits for failures that need a human fix; frequent attempts prolong a ban. */
const SLOW: Readonly<Record<'banned' | 'denied', { readonly firstMs: number; readonly mostMs: number }>> = {
  banned: { firstMs: 5 * MINUTE_MS, mostMs: 60 * MINUTE_MS },
  denied: { firstMs: MINUTE_MS, mostMs: 30 * MINUTE_MS },
};

/** A connection that lasted this long was stable: the next delay is short again. */
export const STABLE_MS = MINUTE_MS;

/**
 * Milliseconds to wait before the next attempt, doubled each time; undefined: no attempts are left.
 *
 * @example
 * reconnectDelay({ kind: 'lost', attempt: 1, waitMs: 5000, maxRetries: 0, random: 0.5 }); // 5000
 */
export function reconnectDelay({ kind, attempt, waitMs, maxRetries, random }: ReconnectState): number | undefined {
  if (maxRetries > 0 && attempt > maxRetries) return undefined;
  const { firstMs, mostMs } = kind === 'lost' ? { firstMs: waitMs, mostMs: Math.max(waitMs, MAX_LOST_MS) } : SLOW[kind];
  const delayMs = Math.min(mostMs, firstMs * 2 ** Math.min(attempt - 1, 20));
  return Math.round(delayMs * (0.8 + 0.4 * random));
}

/** Words in the messages of common servers when they close the connection of a banned client. */
const BANNED = /\b(?:[kgzdx][-:]?lined?|a(?:uto)?kill(?:ed)?|banned|ban\b|not welcome|blacklist|(?:dns|drone|r)bl\b)/i;

const DENIED = /\b(?:bad password|password incorrect|access denied|unauthori[sz]ed|not authori[sz]ed|sasl (?:access|authentication))/i;

/**
 * Classifies the end of a connection by the text of an ERROR, or the numeric before it.
 *
 * @example
 * endKind('Closing link: (bot@host) [K-lined: no bots]'); // 'banned'
 */
export function endKind(reason: string): EndKind {
  if (BANNED.test(reason)) return 'banned';
  return DENIED.test(reason) ? 'denied' : 'lost';
}
