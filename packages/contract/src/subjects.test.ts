import { describe, expect, it } from 'vitest';
import {
  broadcastMessageSubject,
  chatEventSubject,
  commandExecuteSubject,
  connectorControlSubject,
  connectorLockSubject,
  eventMessageSubject,
  helpUpdateRequestSubject,
  incomingMessageSubject,
  outgoingActionSubject,
  outgoingMessageSubject,
  outgoingNoticeSubject,
  outgoingSubjects,
  registerBroadcastsSubject,
  registerCommandsSubject,
  registerEventsSubject,
  subjectToken,
} from './subjects.ts';

describe('subjects', () => {
  it.each([
    ['#eevee', '#eevee'],
    ['', '_'],
    ['two words', 'two_words'],
    ['a.b.c', 'a_b_c'],
    ['*', '_'],
    ['>', '_'],
    ['tab\there', 'tab_here'],
    ['line\nbreak', 'line_break'],
    ['🦊', '🦊'],
  ])('makes one token from %j', (value, token) => {
    expect(subjectToken(value)).toBe(token);
  });

  it('keeps the number of tokens whatever the names contain', () => {
    const from = { platform: 'a.b', instance: '', channel: '#x y', nick: '>' };
    expect(incomingMessageSubject(from)).toBe('chat.message.incoming.a_b._.#x_y._');
  });

  it('keeps the dots of an instance, because connectors subscribe to it unchanged', () => {
    expect(outgoingMessageSubject({ platform: 'irc', instance: 'libera.chat', channel: '#a.b' })).toBe(
      'chat.message.outgoing.irc.libera.chat.#a_b',
    );
  });

  it('sends messages and actions where connectors listen', () => {
    const to = { platform: 'irc', instance: 'main', channel: '#eevee' };
    expect(outgoingMessageSubject(to)).toBe('chat.message.outgoing.irc.main.#eevee');
    expect(outgoingActionSubject(to)).toBe('chat.action.outgoing.irc.main.#eevee');
    expect(outgoingNoticeSubject(to)).toBe('chat.notice.outgoing.irc.main.#eevee');
    expect(outgoingNoticeSubject({ platform: 'irc', instance: 'main' })).toBe('chat.notice.outgoing.irc.main');
    expect(connectorControlSubject(to)).toBe('control.chatConnectors.irc.main');
    expect(connectorLockSubject(to)).toBe('control.connectorLocks.irc.main');
    expect(chatEventSubject({ ...to, eventType: 'part' })).toBe('chat.event.irc.main.part');
  });

  it('accepts any identity without subscribing to others', () => {
    expect(commandExecuteSubject('seen-1')).toBe('command.execute.seen-1');
    expect(commandExecuteSubject('>')).toBe('command.execute._');
    expect(broadcastMessageSubject('a b')).toBe('broadcast.message.a_b');
    expect(eventMessageSubject('*')).toBe('event.message._');
  });

  it('asks for all registrations, or for those of one name', () => {
    expect(registerCommandsSubject()).toBe('control.registerCommands');
    expect(registerCommandsSubject('say hello')).toBe('control.registerCommands.say_hello');
    expect(registerBroadcastsSubject('seen')).toBe('control.registerBroadcasts.seen');
    expect(registerEventsSubject('seen.parts')).toBe('control.registerEvents.seen.parts');
    expect(helpUpdateRequestSubject('')).toBe('help.updateRequest._');
  });
});

it('subscribes a connector to texts in all channels, and to notices to users', () => {
  expect(outgoingSubjects({ platform: 'irc', instance: 'main' })).toEqual([
    { kind: 'message', subject: 'chat.message.outgoing.irc.main.>' },
    { kind: 'action', subject: 'chat.action.outgoing.irc.main.>' },
    { kind: 'notice', subject: 'chat.notice.outgoing.irc.main.>' },
    { kind: 'notice', subject: 'chat.notice.outgoing.irc.main' },
  ]);
});
