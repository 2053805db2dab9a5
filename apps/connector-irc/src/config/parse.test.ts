import { describe, expect, it } from 'vitest';
import { type ConfigError, parseConfig } from './parse.ts';

const minimal = { name: 'main', irc: { host: 'irc.example' }, ident: { nick: 'eevee' } };

function parsed(connection: object) {
  const [settings] = parseConfig({ connections: [{ ...minimal, ...connection }] }).connections;
  return settings!;
}

function problems(value: unknown): readonly string[] {
  try {
    parseConfig(value);
  } catch (error) {
    return (error as ConfigError).problems;
  }
  return [];
}

describe('parseConfig', () => {
  it('fills in defaults', () => {
    expect(parsed({})).toMatchObject({
      enabled: true,
      irc: {
        host: 'irc.example',
        port: 6667,
        tls: undefined,
        autoReconnect: true,
        autoReconnectWait: 5_000,
        autoReconnectMaxRetries: 0,
        autoRejoin: true,
        autoRejoinWait: 5_000,
        autoRejoinMaxRetries: 5,
        pingInterval: 30,
        pingTimeout: 120,
      },
      ident: { nick: 'eevee', username: 'eevee', gecos: 'eevee bot', quitMsg: 'bye' },
      altNicks: [],
      channels: [],
      messages: [],
      commonPrefixRegex: '^!',
      broadcastMessages: true,
      floodControl: { burst: 5, perSecond: 0.5 },
      encoding: 'utf8',
    });
  });

  it('accepts a configuration of the former connector unchanged', () => {
    const former = {
      connections: [
        {
          name: 'libera',
          enabled: true,
          irc: {
            host: 'irc.libera.chat',
            port: 6697,
            ssl: true,
            autoReconnect: true,
            autoReconnectWait: 5000,
            autoReconnectMaxRetries: 10,
            autoRejoin: true,
            autoRejoinWait: 5000,
            autoRejoinMaxRetries: 5,
            pingInterval: 30,
            pingTimeout: 120,
          },
          ident: { nick: 'eevee', username: 'eevee', gecos: 'eevee.bot', version: '0.4.20', quitMsg: 'eevee disconnected' },
          postConnect: [
            {
              action: 'join',
              join: [{ channel: '#eevee' }, { channel: '#secret', key: 'k' }, { channel: '#other', keyFrom: { env: 'OTHER_KEY' } }],
            },
            {
              action: 'msg',
              msg: [
                { target: 'NickServ', text: 'IDENTIFY' },
                { channel: '#eevee', msg: 'hello' },
              ],
            },
          ],
          commands: { commonPrefixRegex: '^[!.]' },
          broadcastMessages: true,
        },
      ],
    };
    const { connections, warnings } = parseConfig(former);
    expect(warnings).toEqual([]);
    expect(connections[0]).toMatchObject({
      irc: { tls: { insecureSkipVerify: false }, autoReconnectMaxRetries: 10 },
      channels: [{ channel: '#eevee' }, { channel: '#secret', key: { value: 'k' } }, { channel: '#other', key: { env: 'OTHER_KEY' } }],
      messages: [
        { target: 'NickServ', text: 'IDENTIFY' },
        { target: '#eevee', text: 'hello' },
      ],
      commonPrefixRegex: '^[!.]',
    });
  });

  it('accepts channels in their short form, keys from a named variable, and numbers as keys', () => {
    expect(parsed({ channels: ['#a', { channel: '#b', keyFrom: 'B_KEY' }, { channel: '#c', key: 42 }] }).channels).toEqual([
      { channel: '#a' },
      { channel: '#b', key: { env: 'B_KEY' } },
      { channel: '#c', key: { value: '42' } },
    ]);
  });

  it.each(['irc.example', '192.0.2.1', '::1', '2001:db8::1', 'fe80::1%eth0', 'localhost.'])('accepts the host %s', (host) => {
    expect(parsed({ irc: { host } }).irc.host).toBe(host);
  });

  it.each(['ircs://irc.example', 'irc.example:6697', '[::1]', '[::1]:6697', 'two words', 'irc.example/'])('refuses the host %s', (host) => {
    for (const settings of [{ irc: { host } }, { proxy: { host } }]) {
      const [path] = Object.keys(settings);
      expect(problems({ connections: [{ ...minimal, ...settings }] })).toEqual([
        `connections[0].${path}.host must be only a host name or address, without scheme, brackets or port, not "${host}"`,
      ]);
    }
  });

  it('uses TLS with irc.ssl or irc.tls', () => {
    expect(parsed({ irc: { host: 'h', tls: true } }).irc.tls).toEqual({ insecureSkipVerify: false });
    expect(parsed({ irc: { host: 'h', tls: { ca: '/ca' } } }).irc.tls).toMatchObject({ ca: '/ca', insecureSkipVerify: false });
    expect(parsed({ irc: { host: 'h', tls: false } }).irc.tls).toBeUndefined();
  });

  it('switches flood control off with false', () => {
    expect(parsed({ floodControl: false }).floodControl).toBeUndefined();
    expect(parsed({ floodControl: { burst: 2 } }).floodControl).toEqual({ burst: 2, perSecond: 0.5 });
  });

  it.each([
    [{ connections: {} }, 'connections must be a list, not a mapping'],
    [{ connections: [{}] }, 'connections[0].name is missing: Name of the connection: the instance in subjects and payloads.'],
    [{ connections: [{ ...minimal, name: 'a.b' }] }, 'connections[0].name must be a name without spaces, ., * and >, not "a.b"'],
    [{ connections: [{ ...minimal, irc: {} }] }, 'connections[0].irc.host is missing: Host name or address of the server.'],
    [
      { connections: [{ ...minimal, irc: { host: 'h', port: '6667' } }] },
      'connections[0].irc.port must be a whole number from 1 to 65535, not "6667"',
    ],
    [{ connections: [{ ...minimal, enabled: 'yes' }] }, 'connections[0].enabled must be true or false, not "yes"'],
    [{ connections: [{ ...minimal, ident: { nick: 'a b' } }] }, 'connections[0].ident.nick must be a nick: no spaces or commas, not "a b"'],
    [
      { connections: [{ ...minimal, ident: { nick: 'a', gecos: 'a\r\nQUIT' } }] },
      'connections[0].ident.gecos must be on one line, not "a\\r\\nQUIT"',
    ],
    [{ connections: [{ ...minimal, sasl: { account: 'a' } }] }, 'connections[0].sasl.password is missing: it is required for PLAIN'],
    [
      { connections: [{ ...minimal, sasl: { mechanism: 'EXTERNAL' } }] },
      'connections[0].irc.tls.cert is missing: it is required for sasl.mechanism EXTERNAL',
    ],
    [
      { connections: [{ ...minimal, irc: { host: 'h', tls: { cert: 'c' } } }] },
      'connections[0].irc.tls needs both cert and key, or neither',
    ],
    [{ connections: [{ ...minimal, encoding: 'klingon' }] }, 'connections[0].encoding: there is no encoding "klingon"'],
    [{ connections: [{ ...minimal, encoding: 'utf16' }] }, 'connections[0].encoding: there is no encoding "utf16"'],
    [
      { connections: [{ ...minimal, commands: { commonPrefixRegex: '(' } }] },
      'connections[0].commands.commonPrefixRegex is not a regular expression',
    ],
    [
      { connections: [{ ...minimal, irc: { host: 'h', pingInterval: 30, pingTimeout: 30 } }] },
      'connections[0].irc.pingTimeout must be greater than pingInterval (30)',
    ],
    [
      { connections: [{ ...minimal, postConnect: [{ action: 'msg', msg: [{ text: 'x' }] }] }] },
      'connections[0].postConnect[0].msg[0].target is missing: nick or channel',
    ],
    [
      { connections: [{ ...minimal, postConnect: [{ action: 'dance' }] }] },
      'connections[0].postConnect[0].action must be one of join, msg, not "dance"',
    ],
    [
      { connections: [{ ...minimal, channels: ['0'] }] },
      'connections[0].channels[0] must be a channel, as #eevee (in quotes: in YAML, # begins a comment), not "0"',
    ],
    [
      { connections: [{ ...minimal, channels: [null] }] },
      'connections[0].channels[0] is missing: A channel in quotes, as "#eevee" (in YAML, # begins a comment), or a mapping with channel and key.',
    ],
    [{ connections: [minimal, minimal] }, 'connections[1].name is "main" like connections[0].name: names must differ'],
  ])('refuses %j', (value, problem) => {
    expect(problems(value)).toContain(problem);
  });

  it('names all problems at once', () => {
    expect(problems({ connections: [{ ...minimal, irc: { port: 0 } }, { name: '' }] })).toHaveLength(5);
  });

  it('warns about unknown settings, and about a password without TLS', () => {
    const { warnings } = parseConfig({ connections: [{ ...minimal, ircc: 1, sasl: { password: 'x' } }], other: 2 });
    expect(warnings).toEqual([
      'other is not a setting and has no effect',
      'connections[0].ircc is not a setting and has no effect',
      'connections[0].sasl sends a password without TLS: set irc.tls',
    ]);
  });

  it('never quotes a secret', () => {
    const said = problems({
      connections: [{ ...minimal, irc: { host: 'h', password: ['my-secret'] }, nickserv: { password: { value: 'my-secret' } } }],
    });
    expect(said).toEqual([
      'connections[0].irc.password must be a string, {env: NAME} or {file: PATH}',
      'connections[0].nickserv.password must be a string, {env: NAME} or {file: PATH}',
    ]);
  });

  it('accepts an empty configuration as one without connections', () => {
    expect(parseConfig(undefined).connections).toEqual([]);
    expect(parseConfig({ connections: null }).connections).toEqual([]);
  });
});
