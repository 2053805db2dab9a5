import type { Socket } from 'node:net';
import type { ConnectionSettings } from '../config/parse.ts';
import type { SecretReader } from '../config/secrets.ts';
import { dial } from './dial.ts';
import { type LineEncoding, lineEncoding } from '../encoding.ts';
import type { WantedChannel } from './channel-list.ts';
import { tlsFiles } from './tls-files.ts';

/** Settings of an IRC session, with secrets in plain text. */
export interface SessionSettings {
  readonly nick: string;
  readonly altNicks: readonly string[];
  readonly username: string;
  readonly gecos: string;
  readonly password: string | undefined;
  readonly sasl: { readonly mechanism: 'PLAIN' | 'EXTERNAL'; readonly account: string; readonly password: string } | undefined;
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  readonly encoding: LineEncoding;
  readonly isTls: boolean;
  readonly dial: (signal: AbortSignal) => Promise<Socket>;
}

/** Effect of a configuration change on a connection that is up. */
export interface SettingsChange {
  /** Something changed that only a new connection can take into account. */
  readonly reconnect: boolean;
  readonly nick: boolean;
}

/**
 * Settings of one session, with secrets read now.
 *
 * @throws SecretError naming the setting.
 */
export function sessionSettings(settings: ConnectionSettings, readSecret: SecretReader): SessionSettings {
  const { irc, ident, sasl, proxy, altNicks, encoding, name } = settings;
  const secret = (source: Parameters<SecretReader>[0] | undefined, field: string): string | undefined =>
    source === undefined ? undefined : readSecret(source, `connection ${name}: ${field}`);
  const password = secret(sasl?.password, 'sasl.password') ?? '';
  const proxyPassword = secret(proxy?.password, 'proxy.password');
  return {
    nick: ident.nick,
    altNicks,
    username: ident.username,
    gecos: ident.gecos,
    password: secret(irc.password, 'irc.password'),
    sasl: sasl === undefined ? undefined : { mechanism: sasl.mechanism, account: sasl.account, password },
    pingIntervalMs: irc.pingInterval * 1_000,
    pingTimeoutMs: irc.pingTimeout * 1_000,
    encoding: lineEncoding(encoding),
    isTls: irc.tls !== undefined,
    dial: (signal) =>
      dial(
        { host: irc.host, port: irc.port, tls: irc.tls, proxy: proxy === undefined ? undefined : { ...proxy, password: proxyPassword } },
        signal,
      ),
  };
}

/**
 * Channels of the configuration, with their keys read now.
 *
 * @throws SecretError naming the setting.
 */
export function wantedChannels({ channels, name }: ConnectionSettings, readSecret: SecretReader): WantedChannel[] {
  return channels.map(({ channel, key }) => ({
    name: channel,
    key: key === undefined ? undefined : readSecret(key, `connection ${name}: key of channel ${channel}`),
  }));
}

/**
 * Reads everything that a changed configuration needs, before it replaces the current one: with a missing secret or file, the bot would leave
 * the network and could not come back.
 *
 * @throws SecretError or TlsFileError, naming the setting.
 */
export function checkReadable(settings: ConnectionSettings, readSecret: SecretReader, { reconnect }: SettingsChange): void {
  const { irc, nickserv, name } = settings;
  wantedChannels(settings, readSecret);
  if (nickserv !== undefined) readSecret(nickserv.password, `connection ${name}: nickserv.password`);
  if (!reconnect) return;
  sessionSettings(settings, readSecret);
  if (irc.tls !== undefined) tlsFiles(irc.tls);
}

/** Difference between two configurations. */
export function settingsChange(before: ConnectionSettings, after: ConnectionSettings): SettingsChange {
  const connecting = ({ irc, ident, sasl, proxy, encoding }: ConnectionSettings): unknown => ({
    server: [irc.host, irc.port, irc.tls, irc.password, irc.pingInterval, irc.pingTimeout],
    who: [ident.username, ident.gecos],
    sasl,
    proxy,
    encoding,
  });
  return {
    reconnect: JSON.stringify(connecting(before)) !== JSON.stringify(connecting(after)),
    nick: before.ident.nick !== after.ident.nick,
  };
}
