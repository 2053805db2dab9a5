import { describe, expect, it } from 'vitest';
import { certificateAuthority } from '../src/certificates/certificates.ts';
import { eventually } from '../src/waiting/eventually.ts';
import { startIrcServer } from '../src/irc/irc-server.ts';
import { startTcpProxy } from '../src/servers/tcp-proxy.ts';

describe.each(['ngircd', 'inspircd'] as const)('startIrcServer with %s', (server) => {
  it('lets users talk to each other, beside another server', async () => {
    await using first = await startIrcServer({ server });
    await using second = await startIrcServer({ server });
    expect(first.port).not.toBe(second.port);
    await using fox = await first.person('fox');
    await using owl = await first.person('owl');
    await fox.join('#den');
    await owl.join('#den');
    fox.says('#den', 'hello  owl 🦊');
    fox.acts('#den', 'waves');
    await owl.sees({ kind: 'action', nick: 'fox', target: '#den', text: 'waves' });
    expect(owl.heardFrom('fox')).toEqual(['hello  owl 🦊']);
  });

  it('comes back on its port after a kill', async () => {
    await using irc = await startIrcServer({ server });
    await using fox = await irc.person('fox');
    await irc.kill();
    await eventually(() => fox.ended);
    await expect(irc.person('owl')).rejects.toThrow('refused');
    await irc.start();
    await using owl = await irc.person('owl');
    expect(owl.nick).toBe('owl');
  });

  it('requires its password, and supports TLS', async () => {
    const { certificate, key } = await (await certificateAuthority('test')).issue({ commonName: 'irc.test', hosts: ['127.0.0.1'] });
    await using irc = await startIrcServer({ server, password: 's3cret', tls: { key, cert: certificate } });
    await using fox = await irc.person('fox');
    expect(fox.nick).toBe('fox');
    await expect(irc.person('owl', { password: 'wrong' })).rejects.toThrow('refused');
  });

  it('has an operator who can disconnect users', async () => {
    await using irc = await startIrcServer({ server });
    await using fox = await irc.person('fox');
    await using oper = await irc.operator();
    oper.sends('KILL fox :out');
    await eventually(() => fox.ended);
  });
});

describe('startIrcServer with services', () => {
  it('registers accounts and accepts them with SASL, also after the services were killed', async () => {
    await using irc = await startIrcServer({ server: 'inspircd', services: true });
    await irc.registerAccount('fox', 'fox-password');
    await using fox = await irc.person('vixen', { account: { account: 'fox', password: 'fox-password' } });
    expect(fox.raw.some((line) => line.includes(' 900 '))).toBe(true);
    await irc.killServices();
    await irc.startServices();
    fox.says('NickServ', 'INFO fox');
    await fox.sees({ kind: 'notice', nick: 'NickServ' });
  });

  it('splits a network and joins it again', async () => {
    await using hub = await startIrcServer({ server: 'inspircd' });
    await using leaf = await startIrcServer({ server: 'inspircd', uplink: hub });
    await using fox = await hub.person('fox');
    await fox.join('#den');
    await using owl = await leaf.person('owl');
    await owl.join('#den');
    await fox.sees({ kind: 'join', nick: 'owl' });
    await leaf.kill();
    await fox.sees({ kind: 'quit', nick: 'owl' });
    await leaf.start();
    await using wolf = await leaf.person('wolf');
    await wolf.join('#den');
    await fox.sees({ kind: 'join', nick: 'wolf' });
  });

  it('needs inspircd', async () => {
    await expect(startIrcServer({ server: 'ngircd', services: true })).rejects.toThrow('need the server inspircd');
  });
});

describe('startTcpProxy', () => {
  it('forwards until it stalls, and then forwards nothing while the connection stays open', async () => {
    await using irc = await startIrcServer({ server: 'ngircd' });
    await using proxy = await startTcpProxy(irc.port);
    await using owl = await irc.person('owl');
    await owl.join('#den');
    const fox = await irc.person('fox', { port: proxy.port });
    await fox.join('#den');
    proxy.stall();
    owl.says('#den', 'hello?');
    fox.says('#den', 'hello!');
    // Messages have arrived when a round trip through the server is complete.
    owl.says('owl', 'done');
    await owl.sees({ kind: 'message', nick: 'owl', text: 'done' });
    expect([fox.ended, fox.heardFrom('owl'), owl.heardFrom('fox')]).toEqual([false, [], []]);
  });
});
