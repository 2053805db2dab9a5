import { describe, expect, it } from 'vitest';
import { channelNamespace, checkKey, endOfPrefix, namedNamespace, personNamespace } from './keys.ts';

const place = { platform: 'irc', instance: 'main' };

describe('namespaces of the store', () => {
  it('are the same for a channel in any case', () => {
    expect(channelNamespace('', { ...place, channel: '#Eevee' })).toBe(channelNamespace('', { ...place, channel: '#eevee' }));
  });

  it('differ for parts that contain separators', () => {
    const spaces = [
      namedNamespace('', 'a/:b'),
      namedNamespace(namedNamespace('', 'a'), 'b'),
      namedNamespace('', 'a%2F:b'),
      channelNamespace('', { platform: 'irc', instance: 'a', channel: 'b,c' }),
      channelNamespace('', { platform: 'irc', instance: 'a,b', channel: 'c' }),
      namedNamespace('', 'channel,irc,a,b%2Cc'),
      personNamespace('', { ...place, nick: 'fox' }),
      personNamespace('', { ...place, nick: 'fox', account: 'fox' }),
      personNamespace('', { ...place, instance: 'other', nick: 'fox' }),
    ];
    expect(new Set(spaces).size).toBe(spaces.length);
  });

  it('follow the account of a user who is logged in, and else the nick', () => {
    const loggedIn = personNamespace('', { ...place, nick: 'fox', account: 'Reynard' });
    expect(personNamespace('', { ...place, nick: 'fox_away', account: 'reynard' })).toBe(loggedIn);
    expect(personNamespace('', { ...place, nick: 'fox', account: '' })).toBe(personNamespace('', { ...place, nick: 'FOX' }));
  });

  it('do not exist for an event without a channel, or a user without a name', () => {
    expect(() => channelNamespace('', { ...place, channel: null })).toThrow(/does not belong to a channel/);
    expect(() => personNamespace('', { ...place, nick: '' })).toThrow(/neither an account nor a nick/);
  });
});

describe('checkKey', () => {
  it.each([
    [undefined, 'the key of an entry must be a string, not undefined'],
    [null, 'the key of an entry must be a string, not null'],
    [7, 'the key of an entry must be a string, not number'],
    ['', 'the key of an entry is empty'],
    ['a\0b', String.raw`the key "a\u0000b" contains a NUL or half a character`],
    ['\ud800', String.raw`the key "\ud800" contains a NUL or half a character`],
    ['ä'.repeat(257), `the key "${'ä'.repeat(40)}"… has 514 bytes, and at most 512 are allowed`],
  ])('refuses %j', (key, problem) => {
    expect(() => checkKey(key)).toThrow(expect.objectContaining({ code: 'EEVEE_STORE_REFUSED', message: problem }) as Error);
  });

  it('accepts a key of 512 bytes', () => {
    expect(() => checkKey('ä'.repeat(256))).not.toThrow();
  });
});

describe('endOfPrefix', () => {
  it.each([
    ['ab', 'ac'],
    ['a\u{10ffff}', 'b'],
    ['\ud7ff', '\ue000'],
    ['\u{10ffff}', undefined],
    ['', undefined],
  ])('of %j is %j', (prefix, end) => {
    expect(endOfPrefix(prefix)).toBe(end);
  });
});
