import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type IrcServer, certificateAuthority, eventually, startIrcServer } from '@eeveebot/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpProxy, socksProxy } from './proxies.ts';
import { connectionTo, inEevee, useWorld } from './world.ts';

const world = useWorld();
const authority = await certificateAuthority('test authority');
const serverIdentity = await authority.issue({ commonName: 'irc.test', hosts: ['127.0.0.1', 'irc.test'] });
const SERVER_TLS = { key: serverIdentity.key, cert: serverIdentity.certificate };

/** Creates a file for the test. */
function file(name: string, content: string): string {
  const path = join(world.folder(), name);
  writeFileSync(path, content);
  return path;
}

describe('with services', () => {
  let irc: IrcServer;

  beforeAll(async () => {
    irc = await startIrcServer({ server: 'inspircd', services: true });
    await irc.registerAccount('eevee', 'bot-password');
    await irc.registerAccount('vixen', 'vixen-password');
  });
  afterAll(() => irc.stop());

  it('logs in with SASL PLAIN, from a variable or a file, and never logs the password', async () => {
    const connector = await world.joined(connectionTo(irc, { sasl: { password: { env: 'SASL_PASSWORD' } } }), {
      SASL_PASSWORD: 'bot-password',
      LOG_LEVEL: 'debug',
    });
    const fox = world.use(await inEevee(irc, 'fox'));
    fox.sends('WHOIS eevee');
    await expect.poll(() => fox.raw.some((line) => / 330 .* eevee /.test(line)), { timeout: 60_000 }).toBe(true);
    connector.signal('SIGTERM');
    await connector.exited;
    const again = await world.joined(connectionTo(irc, { sasl: { password: { file: file('password', 'bot-password\n') } } }), {
      LOG_LEVEL: 'debug',
    });
    for (const { output } of [connector, again]) expect(output).not.toMatch(/bot-password|AGVldmVl/);
  });

  it('reports the account of users who are logged in', async () => {
    await world.joined(connectionTo(irc));
    const fox = world.use(await irc.person('fox', { account: { account: 'vixen', password: 'vixen-password' } }));
    await fox.join('#eevee');
    fox.says('#eevee', 'it is me');
    expect(await world.bus.hears({ text: 'it is me' })).toMatchObject({ nick: 'fox', account: 'vixen' });
    expect((await world.bus.hears({ text: 'it is me' }))['time']).toEqual(expect.any(String));
    const owl = world.use(await inEevee(irc, 'owl'));
    owl.says('#eevee', 'and me');
    expect(await world.bus.hears({ text: 'and me' })).not.toHaveProperty('account');
  });

  it('reports a refused password and retries slowly', async () => {
    const connector = await world.start(connectionTo(irc, { sasl: { password: { env: 'WRONG' } } }), { WRONG: 'not-the-password' });
    const line = await connector.logs({ msg: 'cannot connect to IRC' });
    expect(line).toMatchObject({ level: 'error', reason: expect.stringContaining('SASL'), hint: expect.stringContaining('sasl') });
    expect(Number(line['retryInSeconds'])).toBeGreaterThan(40);
    expect(connector.output).not.toContain('not-the-password');
  });

  it('reports a missing secret', async () => {
    const connector = await world.start(connectionTo(irc, { sasl: { password: { env: 'NOT_SET' } } }));
    expect(await connector.logs({ msg: 'cannot connect to IRC' })).toMatchObject({
      reason: 'connection main: sasl.password: the environment variable NOT_SET is not set or empty',
    });
  });

  it('identifies with NickServ and regains its nick from another client', async () => {
    const other = world.use(await irc.person('eevee'));
    const fox = world.use(await inEevee(irc, 'fox'));
    const connector = await world.joined(connectionTo(irc, { nickserv: { password: { env: 'NICKSERV' } } }), { NICKSERV: 'bot-password' });
    await connector.logs({ msg: 'the nick of the bot changed', nick: 'eevee' });
    await expect.poll(() => other.ended, { timeout: 60_000 }).toBe(true);
    fox.sends('WHOIS eevee');
    await expect.poll(() => fox.raw.some((line) => / 330 .* eevee /.test(line)), { timeout: 60_000 }).toBe(true);
    expect(connector.output).not.toContain('bot-password');
  });

  it('does not treat services as users', async () => {
    await world.joined(connectionTo(irc, { postConnect: [{ action: 'msg', msg: [{ target: 'NickServ', text: 'HELP' }] }] }));
    const fox = world.use(await inEevee(irc, 'fox'));
    fox.says('#eevee', 'end');
    await world.bus.hears({ text: 'end' });
    expect(world.bus.incoming.map(({ payload }) => payload['text'])).toEqual(['end']);
  });

  it('connects without services only if SASL is not configured', async () => {
    await irc.killServices();
    try {
      const connector = await world.start(
        {
          connections: [
            connectionTo(irc, { name: 'plain' }),
            connectionTo(irc, { name: 'account', ident: { nick: 'eevee2' }, sasl: { account: 'eevee', password: { env: 'P' } } }),
          ],
        },
        { P: 'bot-password' },
      );
      await connector.logs({ msg: 'joined a channel', connection: 'plain' });
      await connector.logs({ msg: 'cannot connect to IRC', connection: 'account', reason: /SASL/ });
    } finally {
      await irc.startServices();
    }
  });
});

describe('with TLS', () => {
  it('logs in with a certificate (SASL EXTERNAL), and refuses servers that it does not trust', async () => {
    const irc = world.use(await startIrcServer({ server: 'inspircd', services: true, tls: SERVER_TLS }));
    const { certificate, key } = await authority.issue({ commonName: 'eevee' });
    const fingerprint = new X509Certificate(certificate).fingerprint256.replaceAll(':', '').toLowerCase();
    await irc.registerAccount('eevee', 'bot-password');
    const owner = world.use(await irc.person('owner', { account: { account: 'eevee', password: 'bot-password' } }));
    owner.says('NickServ', `CERT ADD ${fingerprint}`);
    await owner.sees({ kind: 'notice', nick: 'NickServ' });
    const tls = { ca: file('ca.pem', authority.certificate), cert: file('cert.pem', certificate), key: file('key.pem', key) };
    await world.joined(connectionTo(irc, { irc: { tls }, sasl: { mechanism: 'EXTERNAL' } }));
    const fox = world.use(await inEevee(irc, 'fox'));
    fox.sends('WHOIS eevee');
    await expect.poll(() => fox.raw.some((line) => / 330 .* eevee /.test(line)), { timeout: 60_000 }).toBe(true);
    // A certificate of another client is rejected.
    const stranger = await authority.issue({ commonName: 'eevee' });
    const foreign = { ...tls, cert: file('cert.pem', stranger.certificate), key: file('key.pem', stranger.key) };
    const refused = await world.start(connectionTo(irc, { name: 'other', irc: { tls: foreign }, sasl: { mechanism: 'EXTERNAL' } }));
    await refused.logs({ msg: 'cannot connect to IRC', reason: /SASL/ });
  });

  it.each(['ngircd', 'inspircd'] as const)('checks the certificate of %s, including its name', async (server) => {
    const irc = world.use(await startIrcServer({ server, tls: SERVER_TLS }));
    const ca = file('ca.pem', authority.certificate);
    const connector = await world.start({
      connections: [
        connectionTo(irc, { name: 'public', irc: { ssl: true } }),
        connectionTo(irc, { name: 'name', irc: { tls: { ca, servername: 'other.test' } } }),
        connectionTo(irc, { name: 'trusted', ident: { nick: 'eevee1' }, irc: { tls: { ca, servername: 'irc.test' } } }),
        connectionTo(irc, { name: 'skipped', ident: { nick: 'eevee2' }, irc: { tls: { insecureSkipVerify: true } } }),
      ],
    });
    await connector.logs({ msg: 'cannot connect to IRC', connection: 'public', level: 'error', hint: /set irc\.tls\.ca/ });
    await connector.logs({ msg: 'cannot connect to IRC', connection: 'name', reason: /altnames/i, hint: /irc\.tls\.servername/ });
    await connector.logs({ msg: 'joined a channel', connection: 'trusted' });
    await connector.logs({ msg: 'joined a channel', connection: 'skipped' });
  });

  it.each(['ngircd', 'inspircd'] as const)('names the fix when it is not configured for %s, and connects once it is', async (server) => {
    const irc = world.use(await startIrcServer({ server, tls: SERVER_TLS }));
    const connector = await world.start(connectionTo(irc));
    await connector.logs({ msg: 'cannot connect to IRC', level: 'error', hint: /the port may require TLS: set irc\.tls/ });
    connector.configure({ connections: [connectionTo(irc, { irc: { tls: { ca: file('ca.pem', authority.certificate) } } })] });
    await connector.logs({ msg: 'joined a channel', channel: '#eevee' });
  });
});

it.each(['ngircd', 'inspircd'] as const)(
  'names the fix for an expired certificate of %s, and tries less and less often',
  async (server) => {
    const ca = file('ca.pem', authority.certificate);
    const expired = await authority.issue({ commonName: 'irc.test', hosts: ['127.0.0.1'], isExpired: true });
    const irc = world.use(await startIrcServer({ server, tls: { key: expired.key, cert: expired.certificate } }));
    const connector = await world.start(connectionTo(irc, { irc: { tls: { ca } } }));
    await connector.logs({ msg: 'cannot connect to IRC', reason: /expired/, hint: /must renew it/ });
    await eventually(() => connector.lines.filter(({ msg }) => msg === 'cannot connect to IRC').length === 3);
    const waits = connector.lines.flatMap(({ retryInSeconds }) => (retryInSeconds === undefined ? [] : [Number(retryInSeconds)]));
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
    expect(waits.at(-1)).toBeGreaterThan(0.5);
  },
);

describe('with a password of the server', () => {
  it.each(['ngircd', 'inspircd'] as const)('is accepted by %s, and reports a wrong password', async (server) => {
    const irc = world.use(await startIrcServer({ server, password: 's3cret' }));
    await world.joined(connectionTo(irc, { irc: { password: { env: 'IRC_PASSWORD' } } }), { IRC_PASSWORD: 's3cret' });
    const wrong = await world.start(connectionTo(irc, { name: 'wrong', irc: { password: 'not-it' } }));
    expect(await wrong.logs({ msg: 'cannot connect to IRC' })).toMatchObject({
      level: 'error',
      hint: expect.stringContaining('irc.password'),
    });
    expect(wrong.output).not.toContain('not-it');
  });
});

describe('through a proxy', () => {
  it('connects with SOCKS 5 and with HTTP CONNECT, with a password', async () => {
    const irc = world.use(await startIrcServer({ server: 'ngircd' }));
    const socks = world.use(await socksProxy({ username: 'user', password: 'proxy-password' }));
    const http = world.use(await httpProxy({ username: 'user', password: 'proxy-password' }));
    const proxy = (type: string, port: number, password: unknown): unknown => ({
      type,
      host: '127.0.0.1',
      port,
      username: 'user',
      password,
    });
    const connector = await world.start(
      {
        connections: [
          connectionTo(irc, { name: 'socks', ident: { nick: 'eevee1' }, proxy: proxy('socks5', socks.port, { env: 'PROXY' }) }),
          connectionTo(irc, { name: 'http', ident: { nick: 'eevee2' }, proxy: proxy('http', http.port, { env: 'PROXY' }) }),
          connectionTo(irc, { name: 'refused', ident: { nick: 'eevee3' }, proxy: proxy('http', http.port, 'wrong') }),
        ],
      },
      { PROXY: 'proxy-password' },
    );
    await connector.logs({ msg: 'joined a channel', connection: 'socks' });
    await connector.logs({ msg: 'joined a channel', connection: 'http' });
    await connector.logs({ msg: 'cannot connect to IRC', connection: 'refused', reason: /CONNECT with 407/ });
    expect([socks.connections, http.connections]).toEqual([1, 1]);
    expect(connector.output).not.toContain('proxy-password');
  });
});
