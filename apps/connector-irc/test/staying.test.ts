import { eventually, startIrcServer, startTcpProxy } from '@eeveebot/testing';
import { describe, expect, it } from 'vitest';
import { connectionTo, inEevee, useWorld } from './world.ts';

const world = useWorld();

describe('a connector stays on IRC', () => {
  it('when the server is down at the start', async () => {
    const irc = world.use(await startIrcServer({ server: 'ngircd' }));
    await irc.kill();
    const connector = await world.start(connectionTo(irc));
    expect(await connector.logs({ msg: 'cannot connect to IRC' })).toMatchObject({
      level: 'warn',
      reason: expect.stringContaining('ECONNREFUSED'),
    });
    await irc.start();
    await connector.logs({ msg: 'joined a channel', channel: '#eevee' });
  });

  it('when the name of the server cannot be resolved', async () => {
    const connector = await world.start(connectionTo({ port: 6667 }, { irc: { host: 'irc.invalid' } }));
    expect(await connector.logs({ msg: 'cannot connect to IRC', attempt: undefined, reason: /ENOTFOUND|EAI_AGAIN/ })).toMatchObject({
      retryInSeconds: expect.any(Number),
    });
    await connector.logs({ msg: 'connecting to IRC', attempt: 3 });
  });

  it('when the server is killed and comes back', async () => {
    const irc = world.use(await startIrcServer({ server: 'inspircd' }));
    const connector = await world.joined(connectionTo(irc));
    await irc.kill();
    await connector.logs({ msg: 'the connection to IRC ended' });
    const before = connector.lines.length;
    await irc.start();
    await connector.logs({ msg: 'joined a channel' }, before);
    const fox = world.use(await inEevee(irc, 'fox'));
    fox.says('#eevee', 'back?');
    await world.bus.hears({ text: 'back?' });
  });

  it('with messages that waited while the server was down', async () => {
    const irc = world.use(await startIrcServer({ server: 'ngircd' }));
    const connector = await world.joined(connectionTo(irc, { irc: { autoReconnectWait: 2_000 } }));
    await irc.kill();
    await connector.logs({ msg: 'the connection to IRC ended' });
    world.bus.says({ channel: '#eevee', text: 'said during that time' });
    await world.bus.nats.flush();
    await irc.start();
    const fox = world.use(await inEevee(irc, 'fox'));
    await fox.sees({ nick: 'eevee', text: 'said during that time' });
  });

  it('when its nick is in use: uses another, and the wanted one when it is free', async () => {
    const irc = world.use(await startIrcServer({ server: 'ngircd' }));
    const other = world.use(await inEevee(irc, 'eevee'));
    const second = world.use(await irc.person('eevee-alt'));
    const connector = await world.joined(connectionTo(irc, { altNicks: ['eevee-alt'] }));
    const fox = world.use(await inEevee(irc, 'fox'));
    fox.says('eevee_', 'who are you?');
    expect(await world.bus.hears({ text: 'who are you?' })).toMatchObject({ botNick: 'eevee_', private: true });
    await other.quits();
    await connector.logs({ msg: 'the nick of the bot changed', nick: 'eevee' });
    fox.says('eevee', 'and now?');
    expect(await world.bus.hears({ text: 'and now?' })).toMatchObject({ botNick: 'eevee' });
    await second.quits();
  });

  it('when its nick is in use and the server takes none that is longer', async () => {
    const irc = world.use(await startIrcServer({ server: 'ngircd', nickLength: 9 }));
    world.use(await inEevee(irc, 'eeveebots'));
    const connector = await world.joined(connectionTo(irc, { ident: { nick: 'eeveebots' } }));
    await connector.logs({ msg: 'connected to IRC', nick: 'eeveebot7' });
  });

  it.each(['ngircd', 'inspircd'] as const)('but not with a nick that is longer than %s allows, and says so', async (server) => {
    const irc = world.use(await startIrcServer({ server, nickLength: 9 }));
    const connector = await world.start(connectionTo(irc, { ident: { nick: 'eeveebots-long' } }));
    await connector.logs({ msg: 'cannot connect to IRC', reason: /accepts neither eeveebots-long nor similar nicks: correct ident\.nick/ });
  });

  it('in each of two channels that only a server with another case mapping takes for the same', async () => {
    const irc = world.use(await startIrcServer({ server: 'ngircd' }));
    const connector = await world.joined(connectionTo(irc, { channels: ['#eevee', '#den[1]', '#den{1}'] }));
    for (const channel of ['#den[1]', '#den{1}']) {
      await connector.logs({ msg: 'joined a channel', channel });
      const fox = world.use(await irc.person(channel.replace('#den', 'fox'), { username: 'fox' }));
      await fox.join(channel);
      fox.says(channel, `hello ${channel}`);
      expect(await world.bus.hears({ text: `hello ${channel}` })).toMatchObject({ channel, nick: fox.nick });
      world.bus.says({ channel, text: `back to ${channel}` });
      await fox.sees({ nick: 'eevee', text: `back to ${channel}` });
    }
  });

  it('when it is kicked: rejoins with a growing delay, until the limit', async () => {
    const irc = world.use(await startIrcServer({ server: 'inspircd' }));
    const fox = world.use(await inEevee(irc, 'fox'));
    const connector = await world.joined(connectionTo(irc, { irc: { autoRejoinMaxRetries: 2 } }));
    fox.sends('KICK #eevee eevee :out');
    expect(await connector.logs({ msg: 'kicked out of a channel' })).toMatchObject({ by: 'fox', reason: 'out', rejoinInSeconds: 0.2 });
    expect(await world.bus.sees({ eventType: 'kick', nick: 'eevee' })).toMatchObject({ kickedBy: 'fox' });
    await eventually(() => fox.seen({ kind: 'join', nick: 'eevee' }).length === 2);
    fox.sends('MODE #eevee +b *!*@*');
    fox.sends('KICK #eevee eevee :for good');
    await connector.logs({ msg: 'the server refused to let the bot join a channel', retryInSeconds: 0.4 });
    await connector.logs({ msg: 'the server refused to let the bot join a channel', retry: /no more attempts/ });
  });

  it.each(['+m', '+M', '+b *!*@*'])('in a channel that does not take its messages (%s), and says so', async (mode) => {
    const irc = world.use(await startIrcServer({ server: 'inspircd' }));
    const fox = world.use(await inEevee(irc, 'fox'));
    const connector = await world.joined(connectionTo(irc));
    const set = async (change: string): Promise<unknown> => {
      fox.sends(`MODE #eevee ${change}`);
      return eventually(() => fox.raw.some((line) => line.replaceAll(' :', ' ').includes(`MODE #eevee ${change}`)), {
        what: `mode ${change}`,
      });
    };
    await set(mode);
    world.bus.says({ channel: '#eevee', text: 'hello' });
    await connector.logs({ msg: 'the server did not deliver a message', target: '#eevee' });
    await set(mode.replace('+', '-'));
    world.bus.says({ channel: '#eevee', text: 'hello again' });
    await fox.sees({ nick: 'eevee', text: 'hello again' });
    expect(connector.lines.filter(({ msg }) => /refused|left/.test(String(msg)))).toEqual([]);
  });

  it('but not in the channel when it is kicked and autoRejoin is off', async () => {
    const irc = world.use(await startIrcServer({ server: 'inspircd' }));
    const fox = world.use(await inEevee(irc, 'fox'));
    const connector = await world.joined(connectionTo(irc, { irc: { autoRejoin: false } }));
    fox.sends('KICK #eevee eevee :out');
    await connector.logs({ msg: 'kicked out of a channel', rejoin: /no/ });
  });

  it('but not in a channel that it may not join, and keeps trying', async () => {
    const irc = world.use(await startIrcServer({ server: 'ngircd' }));
    const fox = world.use(await irc.person('fox'));
    await fox.join('#secret');
    fox.sends('MODE #secret +k sesame');
    const connector = await world.joined(connectionTo(irc, { channels: ['#eevee', { channel: '#secret', key: 'wrong' }] }));
    expect(await connector.logs({ msg: 'the server refused to let the bot join a channel' })).toMatchObject({
      channel: '#secret',
      level: 'warn',
    });
    expect(connector.output).not.toContain('wrong');
    fox.sends('MODE #secret -k sesame');
    await connector.logs({ msg: 'joined a channel', channel: '#secret' });
  });

  it('but not in a channel that another one forwards to, and keeps trying', async () => {
    const irc = world.use(await startIrcServer({ server: 'inspircd' }));
    const fox = world.use(await irc.person('fox'));
    await fox.join('#full');
    await fox.join('#overflow');
    fox.sends('MODE #full +lL 1 #overflow');
    const connector = await world.joined(connectionTo(irc, { channels: ['#eevee', '#full'] }));
    await connector.logs({ msg: 'the server refused to let the bot join a channel', channel: '#full', reason: 'it forwards to #overflow' });
    await fox.sees({ kind: 'part', nick: 'eevee', target: '#overflow' });
    fox.sends('MODE #full -lL');
    await connector.logs({ msg: 'joined a channel', channel: '#full' });
  });

  it('when a network bans it: retries slowly', async () => {
    const irc = world.use(await startIrcServer({ server: 'inspircd' }));
    const connector = await world.joined(connectionTo(irc));
    const oper = world.use(await irc.operator());
    oper.sends('KLINE eevee@* 1h :no bots');
    const line = await connector.logs({ msg: 'the connection to IRC ended' });
    expect(line).toMatchObject({ level: 'error', reason: expect.stringMatching(/no bots/), hint: expect.stringContaining('operators') });
    expect(Number(line['retryInSeconds'])).toBeGreaterThan(200);
  });

  it('when the connection is half open: no data arrives, but it stays open', async () => {
    const irc = world.use(await startIrcServer({ server: 'ngircd' }));
    const proxy = world.use(await startTcpProxy(irc.port));
    const connector = await world.joined(connectionTo(proxy, { irc: { pingInterval: 0.3, pingTimeout: 1.5 } }));
    proxy.stall();
    expect(await connector.logs({ msg: 'the connection to IRC ended' })).toMatchObject({
      reason: expect.stringContaining('no data from the server'),
    });
    await connector.logs({ msg: 'connected to IRC', nick: 'eevee_' });
  });

  it('when the server accepts connections and never answers', async () => {
    const irc = world.use(await startIrcServer({ server: 'ngircd' }));
    irc.pause();
    const connector = await world.start(connectionTo(irc, { irc: { pingInterval: 0.3, pingTimeout: 1 } }));
    await connector.logs({ msg: 'cannot connect to IRC', reason: /no data from the server/ });
    irc.resume();
    await connector.logs({ msg: 'joined a channel' });
  });

  it('while its server is split from the network and joined again', async () => {
    const hub = world.use(await startIrcServer({ server: 'inspircd' }));
    const leaf = world.use(await startIrcServer({ server: 'inspircd', uplink: hub }));
    await world.joined(connectionTo(hub));
    const owl = await inEevee(leaf, 'owl');
    await world.bus.sees({ eventType: 'join', nick: 'owl' });
    await leaf.kill();
    await world.bus.sees({ eventType: 'quit', nick: 'owl' });
    await eventually(() => owl.ended);
    await leaf.start();
    const wolf = world.use(await inEevee(leaf, 'wolf'));
    await world.bus.sees({ eventType: 'join', nick: 'wolf' });
    wolf.says('#eevee', 'still there?');
    await world.bus.hears({ text: 'still there?' });
  });

  it('in channels that were joined at run time, over reconnects and, on a volume, restarts', async () => {
    const irc = world.use(await startIrcServer({ server: 'ngircd' }));
    const env = { MODULE_DATA: world.folder() };
    const first = await world.joined(connectionTo(irc), env);
    expect(await world.bus.asks('join', { channel: '#run' })).toEqual({ channel: '#run', joined: true });
    await irc.kill();
    await first.logs({ msg: 'the connection to IRC ended' });
    const before = first.lines.length;
    await irc.start();
    await first.logs({ msg: 'joined a channel', channel: '#run' }, before);
    first.signal('SIGTERM');
    await first.exited;
    const second = await world.joined(connectionTo(irc), env);
    await second.logs({ msg: 'joined a channel', channel: '#run' });
    expect(await world.bus.asks('part', { channel: '#run' })).toEqual({ channel: '#run', parted: true });
    await second.logs({ msg: 'left a channel', channel: '#run' });
    second.signal('SIGTERM');
    await second.exited;
    const third = await world.joined(connectionTo(irc), env);
    expect(await world.bus.asks('list-users-in-channel', { channel: '#run' })).toMatchObject({ error: 'the bot is not in #run' });
    expect(third.lines.filter(({ channel }) => channel === '#run')).toEqual([]);
  });

  it('for the allowed number of attempts, and not at all with autoReconnect off', async () => {
    const limited = await world.start({
      connections: [
        connectionTo({ port: 1 }, { name: 'limited', irc: { autoReconnectWait: 100, autoReconnectMaxRetries: 2 } }),
        connectionTo({ port: 1 }, { name: 'once', irc: { autoReconnect: false } }),
      ],
    });
    await limited.logs({ msg: 'cannot connect to IRC', connection: 'once', retry: /no more attempts/ });
    await limited.logs({ msg: 'cannot connect to IRC', connection: 'limited', retry: /no more attempts/ });
    expect(limited.lines.filter(({ msg, connection }) => msg === 'cannot connect to IRC' && connection === 'limited')).toHaveLength(3);
  });

  it('when the server disconnects it for flooding, which flood control avoids', async () => {
    const irc = world.use(await startIrcServer({ server: 'inspircd', floodLines: 10 }));
    const fox = world.use(await inEevee(irc, 'fox'));
    const controlled = await world.joined(connectionTo(irc, { floodControl: { burst: 4, perSecond: 1 } }));
    for (let n = 0; n < 40; n++) world.bus.says({ channel: '#eevee', text: `line ${n}` });
    await fox.sees({ text: 'line 8' });
    expect(controlled.lines.filter(({ msg }) => msg === 'the connection to IRC ended')).toEqual([]);
    controlled.configure({ connections: [connectionTo(irc)] });
    await controlled.logs({ msg: 'the connection to IRC ended', reason: /flood|EPIPE|ECONNRESET/i });
    await controlled.logs(
      { msg: 'joined a channel' },
      controlled.lines.findIndex(({ msg }) => msg === 'the connection to IRC ended'),
    );
  });
});
