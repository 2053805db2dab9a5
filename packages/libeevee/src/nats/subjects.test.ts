import { describe, expect, it } from 'vitest';
import { isQueueName, isSubscribable, publishableSubject } from './subjects.ts';

describe('subjects', () => {
  it.each(['a', 'a.b', 'chat.message.outgoing.irc.libera.chat.#eevee', '_INBOX.x', '🦊.é'])('publishes to %j unchanged', (subject) => {
    expect(publishableSubject(subject)).toBe(subject);
  });

  it.each([
    ['a b', 'a_b'],
    ['a.*.c', 'a._.c'],
    ['a.>', 'a._'],
    ['a..b', 'a._.b'],
    ['.a', '_.a'],
    ['a\tb', 'a_b'],
  ])('publishes to %j as %j', (subject, plain) => {
    expect(publishableSubject(subject)).toBe(plain);
  });

  it.each(['a', 'a.*', 'a.>', '>', '*.a.*'])('subscribes to %j', (subject) => {
    expect(isSubscribable(subject)).toBe(true);
  });

  it.each(['', 'a.', '.a', 'a..b', 'a b', 'a.>.b', 'a\n'])('does not subscribe to %j', (subject) => {
    expect(isSubscribable(subject)).toBe(false);
  });

  it('neither publishes nor subscribes to a subject with which a server ends the connection', () => {
    for (const subject of ['x'.repeat(3_000), '🦊'.repeat(750)]) {
      expect([publishableSubject(subject), isSubscribable(subject)]).toEqual([subject, true]);
      expect(() => publishableSubject(`${subject}x`)).toThrow('its subject has more than 3000 bytes');
      expect(isSubscribable(`${subject}x`)).toBe(false);
    }
  });

  it('accepts a queue name without white space', () => {
    expect(isQueueName('9e5c1e0c')).toBe(true);
    expect(isQueueName('')).toBe(false);
    expect(isQueueName('a b')).toBe(false);
  });
});
