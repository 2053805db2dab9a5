import { eventually } from '@eeveebot/testing';
import { describe, expect, it } from 'vitest';
import { connectionTo, inEevee, useWorld } from './world.ts';
import { useFox } from './use-fox.ts';

const world = useWorld();

describe.each(['ngircd', 'inspircd'] as const)('a connector on %s', (server) => {
  const on = useFox(server);

  it('publishes messages of users, with nick, ident and host', async () => {
    await world.joined(connectionTo(on.irc, { commands: { commonPrefixRegex: '^[!.]' } }));
    on.fox.says('#eevee', '!echo  wört 🦊');
    const heard = await world.bus.hears({ nick: 'fox' });
    const subject = 'chat.message.incoming.irc.main.#eevee.fox';
    expect(world.bus.incoming[0]?.subject).toBe(subject);
    expect(heard).toMatchObject({
      producer: 'connector-irc',
      subject,
      type: 'chat.message.incoming',
      platform: 'irc',
      instance: 'main',
      network: '127.0.0.1',
      channel: '#eevee',
      nick: 'fox',
      user: server === 'ngircd' ? '~fox' : 'fox',
      text: '!echo  wört 🦊',
      botNick: 'eevee',
      commonPrefixRegex: '^[!.]',
      private: false,
      moduleUUID: expect.any(String),
      trace: expect.any(String),
      rawEvent: expect.objectContaining({ message: '!echo  wört 🦊' }),
    });
    expect(String(heard['userHost'])).not.toBe('');
    expect(Date.parse(String(heard['timestamp']))).toBeGreaterThan(0);
  });

  it('publishes actions and private messages, and answers reach the user', async () => {
    await world.joined(connectionTo(on.irc));
    on.fox.acts('#eevee', 'waves');
    expect(await world.bus.hears({ text: 'waves' })).toMatchObject({ action: true, channel: '#eevee' });
    on.fox.says('eevee', 'a word in private');
    const asked = await world.bus.hears({ text: 'a word in private' });
    expect(asked).toMatchObject({ channel: 'fox', nick: 'fox', private: true });
    world.bus.says({ channel: asked['channel'], text: 'yes?' });
    await on.fox.sees({ kind: 'message', nick: 'eevee', target: 'fox', text: 'yes?' });
  });

  it('sends messages, actions and notices in order', async () => {
    await world.joined(connectionTo(on.irc));
    world.bus.says({ channel: '#eevee', text: 'one\ntwo\r\n\nthree' });
    world.bus.says({ channel: '#eevee', text: 'waves' }, 'action');
    world.bus.says({ channel: '#eevee', text: 'note' }, 'notice');
    world.bus.says({ target: 'fox', text: 'for you' }, 'notice');
    await on.fox.sees({ kind: 'notice', target: 'fox', text: 'for you' });
    expect(on.fox.seen({ nick: 'eevee' }).filter(({ kind }) => kind !== 'join')).toEqual([
      { kind: 'message', nick: 'eevee', target: '#eevee', text: 'one' },
      { kind: 'message', nick: 'eevee', target: '#eevee', text: 'two' },
      { kind: 'message', nick: 'eevee', target: '#eevee', text: 'three' },
      { kind: 'action', nick: 'eevee', target: '#eevee', text: 'waves' },
      { kind: 'notice', nick: 'eevee', target: '#eevee', text: 'note' },
      { kind: 'notice', nick: 'eevee', target: 'fox', text: 'for you' },
    ]);
  });

  it('splits long lines between words and characters, so that none arrives truncated', async () => {
    await world.joined(connectionTo(on.irc));
    const text = Array.from({ length: 300 }, (_, n) => `wört${n}🦊`).join(' ');
    world.bus.says({ channel: '#eevee', text });
    world.bus.says({ channel: '#eevee', text: 'x'.repeat(1_500) }, 'action');
    world.bus.says({ channel: '#eevee', text: 'end' });
    await on.fox.sees({ text: 'end' });
    expect(
      on.fox
        .seen({ kind: 'message', nick: 'eevee' })
        .slice(0, -1)
        .map((line) => line.text)
        .join(' '),
    ).toBe(text);
    expect(
      on.fox
        .seen({ kind: 'action' })
        .map((line) => line.text)
        .join(''),
    ).toBe('x'.repeat(1_500));
    const longest = Math.max(
      ...on.fox.raw.filter((line) => line.includes('PRIVMSG')).map((line) => Buffer.byteLength(line.replace(/^@\S+ /, ''))),
    );
    expect([longest > 490, longest <= 510]).toEqual([true, true]);
  });

  it('prevents injection by line ends, NUL, CTCP and targets', async () => {
    const connector = await world.joined(connectionTo(on.irc));
    world.bus.says({ channel: '#eevee', text: 'a\r\nQUIT :injected\nJOIN #evil\u0000\u0001VERSION\u0001' });
    world.bus.says({ channel: '#eevee\r\nJOIN #evil', text: 'x' });
    world.bus.says({ channel: '#eevee,fox', text: 'to two' });
    world.bus.says({ channel: 'fox :x', text: 'x' });
    world.bus.says({ text: 'without a channel' });
    world.bus.says({ channel: '#eevee' });
    world.bus.nats.publish('chat.message.outgoing.irc.main.#eevee', 'not JSON');
    world.bus.says({ channel: '#eevee', text: 'end' });
    await on.fox.sees({ text: 'end' });
    expect(on.fox.heardFrom('eevee')).toEqual(['a', 'QUIT :injected', 'JOIN #evilVERSION', 'end']);
    expect(on.fox.seen({ kind: 'quit' })).toEqual([]);
    const metrics = await (await connector.get('/metrics')).text();
    expect(metrics).toContain('messages_total{module="connector-irc",platform="irc",direction="outgoing",result="no_channel"} 4');
    expect(metrics).toContain('messages_total{module="connector-irc",platform="irc",direction="outgoing",result="no_text"} 1');
    expect(metrics).toContain('messages_total{module="connector-irc",platform="irc",direction="outgoing",result="not_json"} 1');
  });

  it('publishes join, part, quit, kick, nick, topic and invite', async () => {
    const oper = world.use(await inEevee(on.irc, 'owner'));
    oper.sends('MODE #eevee +o owner');
    await world.joined(connectionTo(on.irc));
    on.fox.sends('MODE #eevee +o owner');
    const owl = world.use(await inEevee(on.irc, 'owl'));
    expect(await world.bus.sees({ eventType: 'join', nick: 'owl' })).toMatchObject({
      channel: '#eevee',
      platform: 'irc',
      instance: 'main',
    });
    owl.sends('NICK barn-owl');
    expect(await world.bus.sees({ eventType: 'nick' })).toMatchObject({ nick: 'owl', newNick: 'barn-owl', channel: null });
    owl.sends('PART #eevee :gone hunting');
    expect(await world.bus.sees({ eventType: 'part' })).toMatchObject({ nick: 'barn-owl', channel: '#eevee', reason: 'gone hunting' });
    on.fox.sends('TOPIC #eevee :mice');
    expect(await world.bus.sees({ eventType: 'topic' })).toMatchObject({ nick: 'fox', topic: 'mice', channel: '#eevee' });
    await owl.join('#barn');
    owl.sends('INVITE eevee #barn');
    expect(await world.bus.sees({ eventType: 'invite' })).toMatchObject({ nick: 'barn-owl', channel: '#barn' });
    await owl.join('#eevee');
    on.fox.sends('KICK #eevee barn-owl :out');
    expect(await world.bus.sees({ eventType: 'kick' })).toMatchObject({
      nick: 'barn-owl',
      channel: '#eevee',
      kickedBy: 'fox',
      reason: 'out',
      timestamp: expect.any(String),
    });
    await owl.join('#eevee');
    await owl.quits('night');
    expect(await world.bus.sees({ eventType: 'quit' })).toMatchObject({
      nick: 'barn-owl',
      channel: null,
      reason: expect.stringContaining('night'),
    });
    expect(world.bus.events.find(({ payload }) => payload['eventType'] === 'quit')?.subject).toBe('chat.event.irc.main.quit');
  });

  it('answers CTCP VERSION and PING at a limited rate', async () => {
    await world.joined(connectionTo(on.irc));
    on.fox.says('eevee', '\u0001VERSION\u0001');
    await on.fox.sees({ kind: 'ctcp-reply', text: 'VERSION eevee test' });
    for (let n = 0; n < 20; n++) on.fox.says('eevee', '\u0001VERSION\u0001');
    on.fox.says('eevee', 'end');
    await world.bus.hears({ text: 'end' });
    expect(on.fox.seen({ kind: 'ctcp-reply' }).length).toBeLessThan(4);
    await eventually(() => {
      on.fox.says('eevee', '\u0001PING 12345\u0001');
      return on.fox.seen({ kind: 'ctcp-reply', text: 'PING 12345' }).length > 0;
    });
  });

  it('reads text that is not UTF-8, and uses another encoding if configured', async () => {
    await world.joined(connectionTo(on.irc, { encoding: 'koi8-r' }));
    const wolf = world.use(await on.irc.person('wolf', { encoding: 'koi8-r' }));
    await wolf.join('#eevee');
    wolf.says('#eevee', 'привет');
    await world.bus.hears({ nick: 'wolf', text: 'привет' });
    world.bus.says({ channel: '#eevee', text: 'лиса' });
    await wolf.sees({ nick: 'eevee', text: 'лиса' });
  });

  it('decodes lines that are not UTF-8 as windows-1252', async () => {
    await world.joined(connectionTo(on.irc));
    const wolf = world.use(await on.irc.person('wolf', { encoding: 'windows-1252' }));
    await wolf.join('#eevee');
    wolf.says('#eevee', 'grün €');
    await world.bus.hears({ nick: 'wolf', text: 'grün €' });
  });

  it('sends a burst, then a fixed number of lines per second, alternating between channels', async () => {
    await world.joined(connectionTo(on.irc, { channels: ['#eevee', '#other'], floodControl: { burst: 6, perSecond: 4 } }));
    await on.fox.join('#other');
    world.bus.says({ channel: '#other', text: 'ready' });
    await on.fox.sees({ kind: 'message', text: 'ready' });
    for (let n = 0; n < 8; n++) world.bus.says({ channel: '#eevee', text: `long ${n}` });
    world.bus.says({ channel: '#other', text: 'short' });
    await on.fox.sees({ text: 'short' });
    expect(on.fox.seen({ text: 'long 7' })).toEqual([]);
    await on.fox.sees({ text: 'long 7' });
    const said = on.fox.seen({ nick: 'eevee', target: '#eevee', kind: 'message' }).map(({ text }) => text);
    expect(said).toEqual(Array.from({ length: 8 }, (_, n) => `long ${n}`));
  });

  it('publishes no messages of network services', async () => {
    await world.joined(connectionTo(on.irc));
    const service = world.use(await inEevee(on.irc, 'ChanServ'));
    service.says('#eevee', '!echo from a service');
    service.says('eevee', '!echo in private');
    service.says('fox', 'said');
    await on.fox.sees({ nick: 'ChanServ', text: 'said' });
    on.fox.says('#eevee', 'end');
    await world.bus.hears({ text: 'end' });
    expect(world.bus.incoming.map(({ payload }) => payload['text'])).toEqual(['end']);
  });

  it('publishes none of its own messages', async () => {
    await world.joined(connectionTo(on.irc));
    world.bus.says({ channel: '#eevee', text: '!echo loop' });
    await on.fox.sees({ text: '!echo loop' });
    on.fox.says('#eevee', 'end');
    await world.bus.hears({ text: 'end' });
    expect(world.bus.incoming.map(({ payload }) => payload['text'])).toEqual(['end']);
  });
});

describe('a connector on a server with messages to only some users of a channel', () => {
  const on = useFox('inspircd');

  it('answers messages to the operators of a channel only to these operators', async () => {
    await world.joined(connectionTo(on.irc));
    const owl = world.use(await inEevee(on.irc, 'owl'));
    on.fox.sends('MODE #eevee +o eevee');
    on.fox.says('@#eevee', 'ban the owl?');
    const asked = await world.bus.hears({ text: 'ban the owl?' });
    expect(asked).toMatchObject({ channel: '@#eevee', nick: 'fox', private: false });
    world.bus.says({ channel: asked['channel'], text: 'not yet' });
    await on.fox.sees({ nick: 'eevee', text: 'not yet' });
    world.bus.says({ channel: '#eevee', text: 'hello' });
    await owl.sees({ nick: 'eevee', text: 'hello' });
    expect(owl.heardFrom('eevee')).toEqual(['hello']);
  });
});
