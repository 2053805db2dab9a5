import { describe, expect, it } from 'vitest';
import { incomingMessageSubject, outgoingActionSubject, outgoingMessageSubject, subjectToken } from './subjects.ts';

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
  ])('makes one token of %j', (value, token) => {
    expect(subjectToken(value)).toBe(token);
  });

  it('keeps the number of tokens whatever the names hold', () => {
    const from = { platform: 'irc', network: 'a.b', instance: '', channel: '#x y', user: '>' };
    expect(incomingMessageSubject(from)).toBe('chat.message.incoming.irc.a_b._.#x_y._');
  });

  it('keeps the dots of an instance, since connectors subscribe to it as it is', () => {
    expect(outgoingMessageSubject({ platform: 'irc', instance: 'libera.chat', channel: '#a.b' })).toBe(
      'chat.message.outgoing.irc.libera.chat.#a_b',
    );
  });

  it('sends messages and actions where connectors listen', () => {
    const to = { platform: 'irc', instance: 'main', channel: '#eevee' };
    expect(outgoingMessageSubject(to)).toBe('chat.message.outgoing.irc.main.#eevee');
    expect(outgoingActionSubject(to)).toBe('chat.action.outgoing.irc.main.#eevee');
  });
});
