import { expect, it } from 'vitest';
import { chatEvent, incomingMessage } from './payloads.ts';

const origin = { instance: 'main', network: 'irc.example', moduleUUID: 'uuid', producer: 'connector-irc' };
const receipt = { botNick: 'eevee', commonPrefixRegex: '^!', isPrivate: false, trace: 'trace', nowMs: 0 };
const said = { nick: 'fox', user: '~fox', userHost: 'den.example', target: '#eevee', text: '!help', isAction: false, tags: {} };

it('publishes a message with nick, ident and host', () => {
  expect(incomingMessage(said, origin, receipt)).toEqual({
    subject: 'chat.message.incoming.irc.main.#eevee.fox',
    payload: {
      producer: 'connector-irc',
      moduleUUID: 'uuid',
      subject: 'chat.message.incoming.irc.main.#eevee.fox',
      type: 'chat.message.incoming',
      trace: 'trace',
      platform: 'irc',
      instance: 'main',
      network: 'irc.example',
      channel: '#eevee',
      nick: 'fox',
      user: '~fox',
      userHost: 'den.example',
      text: '!help',
      timestamp: '1970-01-01T00:00:00.000Z',
      botNick: 'eevee',
      commonPrefixRegex: '^!',
      private: false,
      rawEvent: { type: 'privmsg', nick: 'fox', ident: '~fox', hostname: 'den.example', target: '#eevee', message: '!help', tags: {} },
    },
  });
});

it('uses the sender as the channel of a private message, and adds the facts from the server', () => {
  const { subject, payload } = incomingMessage({ ...said, target: 'eevee', isAction: true, account: 'vixen', timeMs: 1_000 }, origin, {
    ...receipt,
    isPrivate: true,
  });
  expect(subject).toBe('chat.message.incoming.irc.main.fox.fox');
  expect(payload).toMatchObject({ channel: 'fox', private: true, action: true, account: 'vixen', time: '1970-01-01T00:00:01.000Z' });
});

it('omits unknown fields from events', () => {
  const event = { eventType: 'kick', channel: '#eevee', nick: 'fox', user: '', userHost: '', kickedBy: 'owl', reason: 'out' } as const;
  expect(chatEvent(event, origin, 0)).toEqual({
    subject: 'chat.event.irc.main.kick',
    payload: {
      eventType: 'kick',
      platform: 'irc',
      network: 'irc.example',
      instance: 'main',
      channel: '#eevee',
      nick: 'fox',
      kickedBy: 'owl',
      reason: 'out',
      timestamp: '1970-01-01T00:00:00.000Z',
    },
  });
});

it('uses null as the channel of a quit, and keeps an empty topic', () => {
  const who = { nick: 'fox', user: '~fox', userHost: 'den' };
  expect(chatEvent({ eventType: 'quit', channel: null, ...who, reason: 'bye' }, origin, 0).payload).toMatchObject({
    channel: null,
    user: '~fox',
  });
  expect(chatEvent({ eventType: 'topic', channel: '#a', ...who, topic: '' }, origin, 0).payload).toMatchObject({ topic: '' });
});
