import { defined } from '@eeveebot/contract';
import { errorCounter, log, recordChannel, recordConnection } from '@eeveebot/libeevee';
import type { ConnectionReport } from '../irc/status.ts';
import { reasonOf } from '../reason.ts';

/** Maximum number of channels that metrics show by name: the number of series must be bounded. */
const MAX_NAMED_CHANNELS = 200;

const seconds = (ms: number): number => Math.round(ms / 100) / 10;

/** Fixes for connections that ended for other reasons than a mere loss. */
const HINTS = {
  lost: undefined,
  banned: 'the network has banned this bot: contact its operators',
  denied: 'correct the setting that the reason names: ident.nick, sasl, irc.password, or the Secret that it is read from',
} as const;

/**
 * Records events of a connection in the log and the metrics, without chat text or secrets.
 *
 * @param module the `module` label of metrics, and the producer of log lines.
 * @param connection name of the connection.
 */
export function connectionReport(module: string, connection: string): ConnectionReport {
  const fields = { producer: module, connection };
  const channels = new Set<string>();
  const count = (type: string, operation: string): void => errorCounter.inc({ module, type, operation });
  return {
    connecting: ({ host, port }, attempt) => log.info('connecting to IRC', { ...fields, host, port, attempt }),
    connected: (nick) => {
      recordConnection(module, 'connected');
      log.info('connected to IRC', { ...fields, nick });
    },
    nick: (nick) => log.info('the nick of the bot changed', { ...fields, nick }),
    ended: ({ kind, reason, hint = HINTS[kind] }, { wasConnected, delayMs }) => {
      count('irc_connection', kind);
      const next =
        delayMs === undefined
          ? { retry: 'no more attempts: see irc.autoReconnect and autoReconnectMaxRetries' }
          : { retryInSeconds: seconds(delayMs) };
      const message = wasConnected ? 'the connection to IRC ended' : 'cannot connect to IRC';
      const all = { ...fields, reason, ...defined({ hint }), ...next };
      if (kind === 'lost' && hint === undefined && delayMs !== undefined) log.warn(message, all);
      else log.error(message, all);
    },
    disconnected: (wasConnected) => {
      recordConnection(module, wasConnected ? 'disconnected' : 'failed');
      if (wasConnected) log.info('disconnected from IRC', fields);
    },
    reconfigured: () => log.info('connecting to IRC again with the changed configuration', fields),
    channel: (channel, action) => {
      const named = channels.has(channel) || channels.size < MAX_NAMED_CHANNELS;
      if (named) channels.add(channel);
      recordChannel(module, named ? `${connection} ${channel}` : `${connection} (others)`, action);
      log.info(action === 'join' ? 'joined a channel' : 'left a channel', { ...fields, channel, action });
    },
    kicked: (channel, { by, reason }, delayMs) => {
      const next =
        delayMs === undefined ? { rejoin: 'no: see irc.autoRejoin and autoRejoinMaxRetries' } : { rejoinInSeconds: seconds(delayMs) };
      log.warn('kicked out of a channel', { ...fields, channel, by, reason, ...next });
    },
    joinRefused: (channel, reason, delayMs) => {
      count('irc_join', 'refused');
      const next =
        delayMs === undefined ? { retry: 'no more attempts: see irc.autoRejoinMaxRetries' } : { retryInSeconds: seconds(delayMs) };
      log.warn('the server refused to let the bot join a channel', { ...fields, channel, reason, ...next });
    },
    channelRenamed: (from, to, isConfigured) => {
      const hint = isConfigured ? { hint: 'write the new name in the configuration: after a restart, the bot joins the former one' } : {};
      log.warn('a channel was renamed', { ...fields, channel: from, to, ...hint });
    },
    sayingRefused: (target, reason) => {
      count('irc_message', 'refused');
      log.warn('the server did not deliver a message', { ...fields, target, reason });
    },
    secretMissing: (error) => {
      count('config', 'secret');
      log.error('a secret cannot be read', { ...fields, reason: reasonOf(error) });
    },
    expired: (lines) => {
      errorCounter.inc({ module, type: 'outgoing_dropped', operation: 'too_old' }, lines);
      log.warn('lines for IRC waited too long and were dropped', { ...fields, lines });
    },
    unsent: (lines) => {
      errorCounter.inc({ module, type: 'outgoing_dropped', operation: 'stopped' }, lines);
      log.warn('lines for IRC were dropped because the connection was stopped', { ...fields, lines });
    },
    unread: (lines) => {
      errorCounter.inc({ module, type: 'outgoing_dropped', operation: 'unread' }, lines);
      log.warn('the bot left IRC before the server had read its last lines: they may be lost', { ...fields, lines });
    },
    commandDropped: () => {
      count('outgoing_dropped', 'queue_full');
      log.warn('a command for the IRC server (JOIN, PART, KICK, WHO, …) was dropped: too many wait for flood control', fields);
    },
    badLine: (error) => {
      count('irc_line', 'unreadable');
      log.warn('a line of the IRC server could not be parsed', { ...fields, reason: reasonOf(error) });
    },
  };
}
