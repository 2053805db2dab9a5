import { describe, expect, it } from 'vitest';
import { connectionTo, inEevee, useWorld } from './world.ts';
import { useFox } from './use-fox.ts';

const world = useWorld();

describe.each(['ngircd', 'inspircd'] as const)('control requests on %s', (server) => {
  const on = useFox(server);

  it('list the users in a channel, with modes', async () => {
    await world.joined(connectionTo(on.irc));
    on.fox.sends('MODE #eevee +v eevee');
    on.fox.sends('MODE #eevee +v fox');
    const users = (await world.bus.asks('list-users-in-channel', { channel: '#eevee' }))['users'] as { nick: string }[];
    expect(users.toSorted((a, b) => a.nick.localeCompare(b.nick))).toMatchObject([
      { nick: 'eevee', ident: server === 'ngircd' ? '~eevee' : 'eevee', hostname: expect.any(String), isChannelAdmin: false },
      { nick: 'fox', modes: expect.arrayContaining(['o']), isChannelAdmin: true },
    ]);
    expect(await world.bus.asks('list-users-in-channel', { channel: '#other' })).toEqual({
      channel: '#other',
      error: 'the bot is not in #other',
      users: [],
    });
  });

  it('share one answer of the server, however many there are at once', async () => {
    await world.joined(connectionTo(on.irc, { floodControl: { burst: 3, perSecond: 0.01 } }));
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => world.bus.asks('get-modes-for-user', { channel: '#eevee', nick: 'fox' })),
    );
    for (const answer of answers) expect(answer).toMatchObject({ nick: 'fox', isChannelAdmin: true });
    world.bus.says({ channel: '#eevee', text: 'not held up' });
    await on.fox.sees({ nick: 'eevee', text: 'not held up' });
  });

  it('report the modes of a user', async () => {
    await world.joined(connectionTo(on.irc));
    expect(await world.bus.asks('get-modes-for-user', { channel: '#eevee', nick: 'FOX' })).toMatchObject({
      nick: 'fox',
      isChannelAdmin: true,
    });
    expect(await world.bus.asks('get-modes-for-user', { channel: '#eevee', nick: 'cat' })).toMatchObject({ error: 'cat is not in #eevee' });
  });

  it('leave no channel by joining 0', async () => {
    await world.joined(connectionTo(on.irc));
    expect(await world.bus.asks('join', { channel: '0' })).toMatchObject({ error: 'channel is missing or not a channel' });
    expect(await world.bus.asks('list-users-in-channel', { channel: '#eevee' })).toMatchObject({ count: 2 });
    expect(on.fox.transcript.filter(({ kind, nick }) => kind === 'part' && nick === 'eevee')).toEqual([]);
  });

  it('join, leave and kick', async () => {
    await world.joined(connectionTo(on.irc));
    await on.fox.join('#keyed');
    on.fox.sends('MODE #keyed +k sesame');
    on.fox.says('fox', 'mode set');
    await on.fox.sees({ text: 'mode set' });
    expect(await world.bus.asks('join', { channel: '#keyed' })).toMatchObject({ channel: '#keyed', error: expect.any(String) });
    expect(await world.bus.asks('join', { channel: '#keyed', key: 'sesame' })).toEqual({ channel: '#keyed', joined: true });
    await on.fox.sees({ kind: 'join', nick: 'eevee', target: '#keyed' });
    expect(await world.bus.asks('part', { channel: '#keyed' })).toEqual({ channel: '#keyed', parted: true });
    await on.fox.sees({ kind: 'part', nick: 'eevee', target: '#keyed' });
    const owl = world.use(await inEevee(on.irc, 'owl'));
    on.fox.sends('MODE #eevee +o eevee');
    on.fox.says('fox', 'op set');
    await on.fox.sees({ text: 'op set' });
    await world.bus.asks('kick', { channel: '#eevee', nick: 'owl', reason: 'mice' });
    expect(await owl.sees({ kind: 'kick' })).toMatchObject({ nick: 'eevee', text: 'owl' });
  });

  it('are answered on their replyChannel as well, and malformed ones do no harm', async () => {
    await world.joined(connectionTo(on.irc));
    world.bus.nats.publish('control.chatConnectors.irc.main', 'not JSON');
    world.bus.nats.publish('control.chatConnectors.irc.main', JSON.stringify({ action: 'join', data: { channel: '#a\r\nQUIT :x' } }));
    const answer = new Promise<unknown>((resolve) => {
      world.bus.nats.subscribe('my.answers', { max: 1, callback: (_error, msg) => resolve(msg.json()) });
    });
    const data = { channel: '#eevee', replyChannel: 'my.answers' };
    world.bus.nats.publish('control.chatConnectors.irc.main', JSON.stringify({ action: 'list-users-in-channel', data }));
    expect(await answer).toMatchObject({ channel: '#eevee', count: 2 });
    expect(on.fox.seen({ kind: 'quit' })).toEqual([]);
  });
});
