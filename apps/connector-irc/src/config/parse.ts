import type { FloodControl } from './flood-control.ts';
import { encodingExists } from '../encoding.ts';
import { type Findings, parseField } from './fields.ts';
import type { SecretSource } from './secrets.ts';
import { SETTINGS } from './settings.ts';

/** TLS of a connection, as it is configured. */
export interface TlsSettings {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly servername?: string | undefined;
  readonly insecureSkipVerify: boolean;
}

/** A channel of the configuration. */
export interface ChannelSettings {
  readonly channel: string;
  readonly key?: SecretSource | undefined;
}

/** Proxy of a connection. */
export interface ProxySettings {
  readonly type: 'socks5' | 'http';
  readonly host: string;
  readonly port: number;
  readonly username?: string | undefined;
  readonly password?: SecretSource | undefined;
}

/** One connection, with all defaults filled in. */
export interface ConnectionSettings {
  readonly name: string;
  readonly enabled: boolean;
  readonly irc: {
    readonly host: string;
    readonly port: number;
    /** Undefined: no TLS. */
    readonly tls: TlsSettings | undefined;
    readonly password?: SecretSource | undefined;
    readonly autoReconnect: boolean;
    readonly autoReconnectWait: number;
    readonly autoReconnectMaxRetries: number;
    readonly autoRejoin: boolean;
    readonly autoRejoinWait: number;
    readonly autoRejoinMaxRetries: number;
    readonly pingInterval: number;
    readonly pingTimeout: number;
  };
  readonly ident: {
    readonly nick: string;
    readonly username: string;
    readonly gecos: string;
    readonly version: string | undefined;
    readonly quitMsg: string;
  };
  readonly altNicks: readonly string[];
  readonly sasl?:
    | { readonly mechanism: 'PLAIN' | 'EXTERNAL'; readonly account: string; readonly password?: SecretSource | undefined }
    | undefined;
  readonly nickserv?:
    | { readonly nick: string; readonly account?: string | undefined; readonly password: SecretSource; readonly ghost: boolean }
    | undefined;
  readonly channels: readonly ChannelSettings[];
  readonly messages: readonly { readonly target: string; readonly text: string }[];
  readonly commonPrefixRegex: string;
  readonly broadcastMessages: boolean;
  /** Undefined: no limit. */
  readonly floodControl: FloodControl | undefined;
  readonly encoding: string;
  readonly proxy?: ProxySettings | undefined;
}

/** Result of {@link parseConfig}. */
export interface ParsedConfig {
  readonly connections: readonly ConnectionSettings[];
  /** Settings that have no effect, each with its path. */
  readonly warnings: readonly string[];
}

/** An invalid configuration. The message has one problem per line, each with the path of its setting. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('; '));
    this.problems = problems;
  }
}

type RawChannel = string | { readonly channel: string; readonly key?: SecretSource; readonly keyFrom?: SecretSource };

interface RawConnection extends Omit<
  ConnectionSettings,
  'irc' | 'ident' | 'sasl' | 'floodControl' | 'channels' | 'messages' | 'commonPrefixRegex'
> {
  readonly irc: Omit<ConnectionSettings['irc'], 'tls'> & { readonly ssl: boolean; readonly tls?: boolean | TlsSettings };
  readonly ident: Omit<ConnectionSettings['ident'], 'username'> & { readonly username?: string };
  readonly sasl?: { readonly mechanism: 'PLAIN' | 'EXTERNAL'; readonly account?: string; readonly password?: SecretSource };
  readonly floodControl?: boolean | FloodControl;
  readonly channels: readonly RawChannel[];
  readonly postConnect: readonly {
    readonly action: 'join' | 'msg';
    readonly join: readonly RawChannel[];
    readonly msg: readonly { readonly target?: string; readonly channel?: string; readonly text?: string; readonly msg?: string }[];
  }[];
  readonly commands: { readonly commonPrefixRegex: string };
}

const DEFAULT_FLOOD_CONTROL: FloodControl = { burst: 5, perSecond: 0.5 };

/**
 * Parses the configuration and fills in defaults.
 *
 * @throws ConfigError naming all problems.
 * @example
 * parseConfig({ connections: [{ name: 'main', irc: { host: 'irc.example' }, ident: { nick: 'eevee' } }] });
 */
export function parseConfig(value: unknown): ParsedConfig {
  const findings: Findings = { problems: [], warnings: [] };
  const parsed = parseField(SETTINGS, value ?? {}, { path: '', findings }) as
    | { readonly connections: readonly RawConnection[] }
    | undefined;
  if (findings.problems.length === 0) {
    parsed?.connections.forEach((connection, index) => checkConnection(connection, `connections[${index}]`, findings));
    checkNames(parsed?.connections ?? [], findings);
  }
  if (findings.problems.length > 0 || parsed === undefined) throw new ConfigError(findings.problems);
  return { connections: parsed.connections.map(connectionOf), warnings: findings.warnings };
}

function checkNames(connections: readonly RawConnection[], { problems }: Findings): void {
  const seen = new Map<string, number>();
  connections.forEach(({ name }, index) => {
    const first = seen.get(name);
    if (first === undefined) seen.set(name, index);
    else problems.push(`connections[${index}].name is "${name}" like connections[${first}].name: names must differ`);
  });
}

/** Checks that involve several fields. */
function checkConnection(connection: RawConnection, path: string, findings: Findings): void {
  const { irc, commands, encoding } = connection;
  const { problems } = findings;
  checkCredentials(connection, path, findings);
  if (!encodingExists(encoding)) problems.push(`${path}.encoding: there is no encoding "${encoding}"`);
  if (irc.pingTimeout <= irc.pingInterval) problems.push(`${path}.irc.pingTimeout must be greater than pingInterval (${irc.pingInterval})`);
  if (!isRegex(commands.commonPrefixRegex)) problems.push(`${path}.commands.commonPrefixRegex is not a regular expression`);
  checkMessages(connection, path, findings);
}

function checkCredentials(connection: RawConnection, path: string, { problems, warnings }: Findings): void {
  const { sasl } = connection;
  const tls = tlsOf(connection);
  if ((tls?.cert === undefined) !== (tls?.key === undefined)) problems.push(`${path}.irc.tls needs both cert and key, or neither`);
  if (sasl?.mechanism === 'PLAIN') {
    if (sasl.password === undefined) problems.push(`${path}.sasl.password is missing: it is required for PLAIN`);
    if (tls === undefined) warnings.push(`${path}.sasl sends a password without TLS: set irc.tls`);
  }
  if (sasl?.mechanism === 'EXTERNAL' && tls?.cert === undefined)
    problems.push(`${path}.irc.tls.cert is missing: it is required for sasl.mechanism EXTERNAL`);
}

function checkMessages({ postConnect }: RawConnection, path: string, { problems }: Findings): void {
  postConnect.forEach(({ action, msg }, index) => {
    if (action !== 'msg') return;
    msg.forEach((each, n) => {
      const at = `${path}.postConnect[${index}].msg[${n}]`;
      if ((each.target ?? each.channel) === undefined) problems.push(`${at}.target is missing: nick or channel`);
      if ((each.text ?? each.msg) === undefined) problems.push(`${at}.text is missing`);
    });
  });
}

function isRegex(source: string): boolean {
  try {
    return new RegExp(source).source !== '';
  } catch {
    return false;
  }
}

function tlsOf({ irc }: RawConnection): TlsSettings | undefined {
  if (typeof irc.tls === 'object') return irc.tls;
  return irc.tls === true || irc.ssl ? { insecureSkipVerify: false } : undefined;
}

/** `keyFrom` with a plain name means an environment variable. */
function keyOf(channel: Exclude<RawChannel, string>): SecretSource | undefined {
  const { key, keyFrom } = channel;
  return keyFrom !== undefined && 'value' in keyFrom ? { env: keyFrom.value } : (keyFrom ?? key);
}

function channelOf(channel: RawChannel): ChannelSettings {
  return typeof channel === 'string' ? { channel } : { channel: channel.channel, key: keyOf(channel) };
}

function connectionOf(raw: RawConnection): ConnectionSettings {
  const { irc, floodControl, channels, postConnect, commands, ident, sasl, ...rest } = raw;
  const { ssl: _ssl, tls: _tls, ...server } = irc;
  const joins = postConnect.filter(({ action }) => action === 'join').flatMap(({ join }) => join);
  const messages = postConnect.filter(({ action }) => action === 'msg').flatMap(({ msg }) => msg);
  return {
    ...rest,
    irc: { ...server, tls: tlsOf(raw) },
    ident: { ...ident, username: ident.username ?? ident.nick },
    sasl: sasl === undefined ? undefined : { ...sasl, account: sasl.account ?? ident.nick },
    channels: [...channels, ...joins].map(channelOf),
    messages: messages.map((each) => ({ target: each.target ?? each.channel ?? '', text: each.text ?? each.msg ?? '' })),
    commonPrefixRegex: commands.commonPrefixRegex,
    floodControl: typeof floodControl === 'object' ? floodControl : floodControl === false ? undefined : DEFAULT_FLOOD_CONTROL,
  };
}
