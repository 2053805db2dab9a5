import type { Field, Fields } from './fields.ts';

/** No space, control character or comma, and no colon at the beginning: the text that an IRC server reads as one parameter. */
const PARAMETER = /^[^\s:,\p{Cc}][^\s,\p{Cc}]*$/u;

/** The same, but not `0`: `JOIN 0` leaves all channels. */
const CHANNEL = new RegExp(`^(?!0$)${PARAMETER.source.slice(1)}`, 'u');

const channelName: Field = {
  type: 'string',
  required: true,
  pattern: CHANNEL,
  shape: 'a channel, as #eevee (in quotes: in YAML, # begins a comment)',
  description: 'Name of the channel, in quotes, as "#eevee".',
};

const channel: Field = {
  type: 'object',
  description: 'A channel to join.',
  fields: {
    channel: channelName,
    key: { type: 'secret', description: 'Password of the channel.' },
    keyFrom: { type: 'secret', description: 'Source of the channel password: the name of an environment variable, {env} or {file}.' },
  },
};

const channelOrName: Field = {
  type: 'either',
  required: true,
  description: 'A channel in quotes, as "#eevee" (in YAML, # begins a comment), or a mapping with channel and key.',
  of: [channelName, channel],
};

const message: Field = {
  type: 'object',
  description: 'A message to send.',
  fields: {
    target: { type: 'string', pattern: PARAMETER, shape: 'a nick or channel', description: 'Nick or channel.' },
    channel: { type: 'string', pattern: PARAMETER, shape: 'a nick or channel', description: 'The same as target.' },
    text: { type: 'string', description: 'Text of the message.' },
    msg: { type: 'string', description: 'The same as text.' },
  },
};

const tls: Fields = {
  ca: { type: 'string', description: 'File with the certificates to trust instead of the public ones, PEM.' },
  cert: { type: 'string', description: 'File with the certificate of the bot, PEM, for SASL EXTERNAL or CertFP.' },
  key: { type: 'string', description: 'File with the key of that certificate, PEM.' },
  servername: { type: 'string', description: 'Name that the certificate of the server must have. Default: irc.host.' },
  insecureSkipVerify: {
    type: 'boolean',
    default: false,
    description: 'Accept any certificate. An attacker in the network can then read and change everything.',
  },
};

/** Neither a URL, nor an address in brackets, nor one with a port: none of them can be resolved. */
const host = { pattern: /^(?![^:]*:\d*$)[^\s/[\]]+$/, shape: 'only a host name or address, without scheme, brackets or port' } as const;

const irc: Fields = {
  host: {
    type: 'string',
    required: true,
    ...host,
    description: 'Host name or address of the server.',
  },
  port: { type: 'integer', default: 6667, min: 1, max: 65_535, description: 'Port of the server; 6697 is usual for TLS.' },
  ssl: { type: 'boolean', default: false, description: 'Use TLS. Implied by irc.tls.' },
  tls: {
    type: 'either',
    description: 'Use TLS: true, or TLS settings.',
    of: [
      { type: 'boolean', default: false, description: '' },
      { type: 'object', fields: tls, description: '' },
    ],
  },
  password: { type: 'secret', description: 'Password of the server.' },
  autoReconnect: { type: 'boolean', default: true, description: 'Connect again when the connection is lost or cannot be established.' },
  autoReconnectWait: {
    type: 'integer',
    default: 5_000,
    min: 100,
    max: 3_600_000,
    description: 'Milliseconds before the first new attempt; doubled each time, up to five minutes.',
  },
  autoReconnectMaxRetries: {
    type: 'integer',
    default: 0,
    min: 0,
    max: 1_000_000,
    description: 'Maximum number of attempts in a row. 0: no limit.',
  },
  autoRejoin: { type: 'boolean', default: true, description: 'Join a channel again after a kick.' },
  autoRejoinWait: {
    type: 'integer',
    default: 5_000,
    min: 100,
    max: 3_600_000,
    description: 'Milliseconds before a channel is tried again after a kick or refusal; doubled each time, up to ten minutes.',
  },
  autoRejoinMaxRetries: {
    type: 'integer',
    default: 5,
    min: 0,
    max: 1_000_000,
    description: 'Maximum number of attempts after a kick. 0: no limit.',
  },
  pingInterval: {
    type: 'number',
    default: 30,
    min: 0.05,
    max: 3_600,
    description: 'Seconds without data after which the server is pinged.',
  },
  pingTimeout: {
    type: 'number',
    default: 120,
    min: 0.1,
    max: 7_200,
    description: 'Seconds without data after which the connection counts as lost.',
  },
};

const nick = { pattern: PARAMETER, shape: 'a nick: no spaces or commas' } as const;

const ident: Fields = {
  nick: { type: 'string', required: true, ...nick, description: 'Nick of the bot.' },
  username: {
    type: 'string',
    pattern: /^[^\s@]+$/,
    shape: 'a name without spaces or @',
    description: 'Ident of the bot. Default: its nick.',
  },
  gecos: { type: 'string', default: 'eevee bot', description: 'Real name of the bot, shown by WHOIS.' },
  version: { type: 'string', description: 'Answer to CTCP VERSION. Default: eevee and its version.' },
  quitMsg: { type: 'string', default: 'bye', description: 'Reason of QUIT when the connector stops.' },
};

const connection: Fields = {
  name: {
    type: 'string',
    required: true,
    pattern: /^[^\s.*>]+$/,
    shape: 'a name without spaces, ., * and >',
    description: 'Name of the connection: the instance in subjects and payloads.',
  },
  enabled: { type: 'boolean', default: true, description: 'Whether to connect.' },
  irc: { type: 'object', required: true, fields: irc, description: 'Server.' },
  ident: { type: 'object', required: true, fields: ident, description: 'Names of the bot.' },
  altNicks: {
    type: 'list',
    of: { type: 'string', required: true, ...nick, description: 'A nick.' },
    description: 'Nicks to use if the nick is taken; after these, the nick with underscores appended.',
  },
  channels: {
    type: 'list',
    of: channelOrName,
    description: 'Channels to join: names, or mappings with channel and key. Short form of the action join.',
  },
  sasl: {
    type: 'object',
    description: 'Account to log in to while connecting.',
    fields: {
      mechanism: {
        type: 'choice',
        values: ['PLAIN', 'EXTERNAL'],
        default: 'PLAIN',
        description: 'PLAIN: account and password. EXTERNAL: the certificate irc.tls.cert.',
      },
      account: { type: 'string', description: 'Name of the account. Default: ident.nick.' },
      password: { type: 'secret', description: 'Password of the account, for PLAIN.' },
    },
  },
  nickserv: {
    type: 'object',
    description: 'Account to identify to with NickServ, on networks without SASL.',
    fields: {
      nick: { type: 'string', default: 'NickServ', ...nick, description: 'Nick of the service.' },
      account: { type: 'string', description: 'Name of the account, if it differs from the nick.' },
      password: { type: 'secret', required: true, description: 'Password of the account.' },
      ghost: { type: 'boolean', default: true, description: 'Ask NickServ to disconnect another client that uses the nick.' },
    },
  },
  floodControl: {
    type: 'either',
    description: 'Limits on sending; false: no limits.',
    of: [
      { type: 'boolean', default: true, description: '' },
      {
        type: 'object',
        description: '',
        fields: {
          burst: { type: 'integer', default: 5, min: 1, max: 1_000, description: 'Lines that may be sent at once.' },
          perSecond: { type: 'number', default: 0.5, min: 0.01, max: 1_000, description: 'Lines per second after that.' },
        },
      },
    ],
  },
  encoding: {
    type: 'string',
    default: 'utf8',
    description: 'Character set of the network, e.g. windows-1252. Lines that are not valid UTF-8 are read as windows-1252 in any case.',
  },
  proxy: {
    type: 'object',
    description: 'Proxy to connect through.',
    fields: {
      type: { type: 'choice', values: ['socks5', 'http'], default: 'socks5', description: 'SOCKS 5, or HTTP CONNECT.' },
      host: {
        type: 'string',
        required: true,
        ...host,
        description: 'Host name or address of the proxy.',
      },
      port: { type: 'integer', default: 1_080, min: 1, max: 65_535, description: 'Port of the proxy.' },
      username: { type: 'string', description: 'User of the proxy.' },
      password: { type: 'secret', description: 'Password of that user.' },
    },
  },
  postConnect: {
    type: 'list',
    description: 'Actions after each connect.',
    of: {
      type: 'object',
      description: 'An action.',
      fields: {
        action: { type: 'choice', required: true, values: ['join', 'msg'], description: 'join: join channels. msg: send messages.' },
        join: { type: 'list', of: channelOrName, description: 'Channels, for join.' },
        msg: { type: 'list', of: message, description: 'Messages, for msg: target and text, or channel and msg.' },
      },
    },
  },
  commands: {
    type: 'object',
    always: true,
    description: 'How commands are recognised.',
    fields: {
      commonPrefixRegex: {
        type: 'string',
        default: '^!',
        description: 'Regular expression for the prefix of commands, sent to the router with each message.',
      },
    },
  },
  broadcastMessages: {
    type: 'boolean',
    default: true,
    description: 'Whether to publish messages of users; false makes a send-only connection.',
  },
};

/** All settings of the connector. */
export const SETTINGS: Field = {
  type: 'object',
  description: 'Configuration of the connector.',
  fields: {
    connections: {
      type: 'list',
      of: { type: 'object', fields: connection, required: true, description: 'A connection.' },
      description: 'Connections to IRC networks.',
    },
  },
};
