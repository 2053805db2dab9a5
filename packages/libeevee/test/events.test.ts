import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { joinChannel, kick, log, partChannel, registerEvent, sendNotice, unregisterEvent } from '../src/index.ts';
import type { EventContext } from '../src/module/contexts.ts';
import { TestBus } from './test-bus.ts';

let bus: TestBus;

beforeEach(async () => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(log, level).mockImplementation(() => {});
  bus = await TestBus.start();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await bus[Symbol.asyncDispose]();
});

const place = { platform: 'irc', network: 'irc.example.org', instance: 'main' };

describe('events', () => {
  const registration = {
    ...{ type: 'event.register', eventUUID: 'e-1', eventDisplayName: 'seen', eventType: '^(?:part|quit)$' },
    ...{ platform: '.*', network: '.*', instance: '.*', channel: '.*', user: '.*', nick: '.*' },
  };
  const options = { eventUUID: 'e-1', eventDisplayName: 'seen', eventType: '^(?:part|quit)$' };

  it('are registered, again when the router requests all or those of the name, and unregistered', async () => {
    const nats = await bus.client();
    const subscriptions = await Promise.all(await registerEvent(nats, options));
    expect(subscriptions.map((each) => each !== false && each.getSubject())).toEqual([
      'control.registerEvents',
      'control.registerEvents.seen',
    ]);
    for (const subject of ['control.registerEvents', 'control.registerEvents.seen', 'control.registerEvents.other']) {
      bus.publish(subject, {});
    }
    expect(await bus.messages('event.', 3)).toEqual(
      Array.from({ length: 3 }, () => ({ subject: 'event.register', payload: registration })),
    );
    expect(await unregisterEvent(nats, { eventUUID: 'e-1' })).toBe(true);
    bus.publish('control.registerEvents', {});
    expect((await bus.messages('event.', 4)).slice(3)).toEqual([
      { subject: 'event.unregister', payload: { type: 'event.unregister', eventUUID: 'e-1' } },
    ]);
    expect(nats.subjects).toEqual([]);
  });

  it('of a module are registered, and its handlers get every field', async () => {
    const events: EventContext[] = [];
    const run = (ctx: EventContext): unknown => events.push(ctx);
    const module = await bus.run({ name: 'seen', events: [{ eventType: '^kick$', channel: '^#eevee$', run }] }, {});
    const [registered] = await bus.messages('event.register', 1);
    const eventUUID = String(Reflect.get(Object(registered?.payload), 'eventUUID'));
    expect(registered?.payload).toEqual({
      ...{ type: 'event.register', eventUUID: expect.stringMatching(/^[0-9a-f-]{36}$/), eventDisplayName: 'seen ^kick$' },
      ...{ eventType: '^kick$', platform: '.*', network: '.*', instance: '.*', channel: '^#eevee$', user: '.*', nick: '.*' },
    });
    const event = {
      ...{ ...place, eventType: 'kick', channel: '#eevee', nick: 'fox', user: '~foxident', userHost: 'den.example.org' },
      ...{ reason: 'flooding', kickedBy: 'owl', timestamp: '2026-01-02T03:04:05.678Z' },
    };
    bus.publish(`event.message.${eventUUID}`, event);
    bus.publish(`event.message.${eventUUID}`, { ...place, eventType: 'quit', channel: null, nick: 'fox' });
    await bus.handled(module);
    expect(events).toEqual([
      expect.objectContaining({ ...event, newNick: undefined, topic: undefined }),
      expect.objectContaining({
        ...{ ...place, eventType: 'quit', channel: null, nick: 'fox', user: 'fox', userHost: undefined, reason: undefined },
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      }),
    ]);
  });

  it('have the same identity in all replicas, and reach one of them', async () => {
    const handled: string[] = [];
    const definition = { name: 'seen', events: [{ run: ({ nick }: EventContext): unknown => handled.push(nick) }] };
    const replicas = [await bus.run(definition, {}), await bus.run(definition, {})];
    const uuids = (await bus.messages('event.register', 2)).map(({ payload }) => Reflect.get(Object(payload), 'eventUUID') as string);
    expect(new Set(uuids).size).toBe(1);
    for (const nick of ['a', 'b', 'c']) bus.publish(`event.message.${uuids[0]}`, { ...place, eventType: 'join', channel: '#c', nick });
    await bus.handled(...replicas);
    expect(handled.toSorted()).toEqual(['a', 'b', 'c']);
  });

  it('are answered in their channel or by notice; a quit has no channel', async () => {
    const refused: unknown[] = [];
    const run = async ({ eventType, nick, reply, action, notice }: EventContext): Promise<void> => {
      if (eventType === 'quit') await reply('bye').catch((error: unknown) => refused.push(error));
      else await reply(`hello ${nick}`);
      if (eventType === 'join') await action('waves');
      await notice('psst');
    };
    const module = await bus.run({ name: 'greeter', events: [{ eventUUID: 'e-9', eventDisplayName: 'all', run }] }, {});
    bus.publish('event.message.e-9', { ...place, eventType: 'join', channel: '#eevee', nick: 'fox' });
    await bus.handled(module);
    bus.publish('event.message.e-9', { ...place, eventType: 'quit', channel: null, nick: 'owl' });
    bus.publish('event.message.e-9', { eventType: 'join' });
    await bus.handled(module);
    expect(bus.heard.filter(({ subject }) => subject.includes('.outgoing.'))).toEqual([
      expect.objectContaining({
        subject: 'chat.message.outgoing.irc.main.#eevee',
        payload: expect.objectContaining({ text: 'hello fox' }),
      }),
      expect.objectContaining({ subject: 'chat.action.outgoing.irc.main.#eevee', payload: expect.objectContaining({ text: 'waves' }) }),
      { subject: 'chat.notice.outgoing.irc.main', payload: { target: 'fox', text: 'psst' } },
      { subject: 'chat.notice.outgoing.irc.main', payload: { target: 'owl', text: 'psst' } },
    ]);
    expect(refused).toEqual([expect.objectContaining({ code: 'EEVEE_CHAT_NOT_SENT' })]);
    expect(log.warn).toHaveBeenCalledWith('ignored event without text or place', expect.anything());
  });
});

describe('notices', () => {
  it('go to one user, or to a channel', async () => {
    const nats = await bus.client();
    await sendNotice(nats, { platform: 'irc', instance: 'main', target: 'fox', text: 'one\ntwo' });
    await sendNotice(nats, { platform: 'irc', instance: 'main', channel: '#two words', text: 'all' });
    expect(await bus.messages('chat.notice.', 3)).toEqual([
      { subject: 'chat.notice.outgoing.irc.main', payload: { target: 'fox', text: 'one' } },
      { subject: 'chat.notice.outgoing.irc.main', payload: { target: 'fox', text: 'two' } },
      { subject: 'chat.notice.outgoing.irc.main.#two_words', payload: { channel: '#two words', text: 'all' } },
    ]);
  });

  it('of a command go to the nick of the sender, not to the ident', async () => {
    const module = await bus.run(
      { commands: [{ commandUUID: 'c-1', commandDisplayName: 'help', regex: '^help', run: ({ notice }) => notice('read this') }] },
      {},
    );
    bus.publish('command.execute.c-1', { ...place, channel: '#eevee', nick: 'fox', user: '~foxident', text: '' });
    bus.publish('command.execute.c-1', { ...place, channel: '#eevee', user: 'owl', text: '' });
    await bus.handled(module);
    expect(bus.on('chat.notice.outgoing.irc.main')).toEqual([
      { target: 'fox', text: 'read this' },
      { target: 'owl', text: 'read this' },
    ]);
  });
});

describe('a connector', () => {
  it('is asked to join, part and kick', async () => {
    const nats = await bus.client();
    const where = { platform: 'irc', instance: 'libera.chat', channel: '#eevee' };
    await joinChannel(nats, where);
    await joinChannel(nats, { ...where, key: 's3cret' });
    await partChannel(nats, where);
    await kick(nats, { ...where, nick: 'fox', reason: 'flooding' });
    await kick(nats, { ...where, nick: 'fox' });
    await bus.messages('control.', 5);
    const { channel } = where;
    expect(bus.on('control.chatConnectors.irc.libera.chat')).toEqual([
      { action: 'join', data: { channel } },
      { action: 'join', data: { channel, key: 's3cret' } },
      { action: 'part', data: { channel } },
      { action: 'kick', data: { channel, nick: 'fox', reason: 'flooding' } },
      { action: 'kick', data: { channel, nick: 'fox', reason: 'fox' } },
    ]);
  });

  it('gets no request with a line break, and none while NATS is disconnected', async () => {
    const nats = await bus.client();
    const where = { platform: 'irc', instance: 'main', channel: '#eevee' };
    for (const asked of [
      joinChannel(nats, { ...where, channel: '#a\r\nQUIT' }),
      joinChannel(nats, { ...where, key: 'a\nb' }),
      kick(nats, { ...where, nick: 'a\0b' }),
      kick(nats, { ...where, nick: 'fox', reason: 'a\nb' }),
    ]) {
      await expect(asked).rejects.toMatchObject({ code: 'EEVEE_CHAT_NOT_SENT' });
    }
    await nats.close();
    await expect(partChannel(nats, where)).rejects.toMatchObject({ code: 'EEVEE_CONNECTOR_UNREACHABLE' });
    expect(bus.heard).toEqual([]);
  });
});
