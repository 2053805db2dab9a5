import { describe, expect, it } from 'vitest';
import { defaultRateLimit } from '../chat/rate-limit.ts';
import { commandCall, isBroadcastFor, limitKey } from './matching.ts';
import type { IncomingMessage, RegisteredBroadcast, RegisteredCommand } from './registrations.ts';

const anywhere = { platform: '.*', network: '.*', instance: '.*', channel: '.*', user: '.*' };

const echo: RegisteredCommand = {
  ...anywhere,
  commandUUID: 'c-1',
  commandDisplayName: 'echo',
  regex: String.raw`^echo\s+`,
  platformPrefixAllowed: true,
  nickPrefixAllowed: false,
  ratelimit: defaultRateLimit,
};

const said = (text: string, fields: Partial<IncomingMessage> = {}): IncomingMessage => ({
  platform: 'irc',
  network: 'libera',
  instance: 'main',
  channel: '#eevee',
  user: 'fox',
  userHost: 'fox@den',
  text,
  botNick: 'eevee[1]',
  commonPrefixRegex: '^[!.]',
  trace: 't-1',
  ...fields,
});

describe('a command', () => {
  it('is called by the prefix and what its regex says, and given the rest', () => {
    expect(commandCall(echo, said('!echo  hello world'))).toEqual({ matchedText: 'echo  ', args: 'hello world' });
    expect(commandCall(echo, said('.echo x'))?.args).toBe('x');
  });

  it.each(['echo hello', '!echo', '! echo hello', 'so !echo hello', '!say hello', 'eevee[1]: echo hello', ''])(
    'is not called by %j',
    (text) => {
      expect(commandCall(echo, said(text))).toBeUndefined();
    },
  );

  it.each(['eevee[1]: echo hi', 'eevee[1], echo hi', 'EEVEE[1] echo hi', '@eevee[1]: echo hi'])(
    'is called by name where allowed: %j',
    (text) => {
      expect(commandCall({ ...echo, nickPrefixAllowed: true }, said(text))?.args).toBe('hi');
    },
  );

  it.each(['eevee1: echo hi', 'eevee[1]echo hi', 'hey eevee[1]: echo hi'])(
    'is not called by a name that is not quite the bot’s: %j',
    (text) => {
      expect(commandCall({ ...echo, nickPrefixAllowed: true }, said(text))).toBeUndefined();
    },
  );

  it('is called by name alone where the prefix is not allowed', () => {
    const byName = { ...echo, platformPrefixAllowed: false, nickPrefixAllowed: true };
    expect(commandCall(byName, said('!echo hi'))).toBeUndefined();
    expect(commandCall(byName, said('eevee[1]: echo hi'))?.args).toBe('hi');
  });

  it('that allows no prefix reads the text as it stands', () => {
    expect(commandCall({ ...echo, platformPrefixAllowed: false }, said('echo hi'))?.args).toBe('hi');
  });

  it.each(['platform', 'network', 'instance', 'channel', 'user'] as const)('is called only where its %s says', (part) => {
    expect(commandCall({ ...echo, [part]: '^elsewhere$' }, said('!echo hi'))).toBeUndefined();
    expect(commandCall({ ...echo, [part]: '^elsewhere$' }, said('!echo hi', { [part]: 'elsewhere' }))?.args).toBe('hi');
  });
});

describe('a broadcast', () => {
  const links: RegisteredBroadcast = {
    ...anywhere,
    broadcastUUID: 'b-1',
    broadcastDisplayName: 'links',
    nick: '.*',
    messageFilterRegex: 'https?://',
  };

  it('gets the messages that its filters let through', () => {
    expect(isBroadcastFor(links, said('see https://example.org'))).toBe(true);
    expect(isBroadcastFor(links, said('see nothing'))).toBe(false);
    expect(isBroadcastFor({ ...links, channel: '^#other$' }, said('https://a'))).toBe(false);
    expect(isBroadcastFor({ ...links, nick: '^owl$' }, said('https://a'))).toBe(false);
  });
});

describe('a limit', () => {
  it.each([
    ['user', { user: 'owl' }, { channel: '#other' }],
    ['channel', { channel: '#other' }, { user: 'owl' }],
    ['instance', { instance: 'second' }, { user: 'owl', channel: '#other' }],
    ['platform', { platform: 'matrix' }, { user: 'owl', channel: '#other', network: 'oftc', instance: 'second' }],
  ] as const)('by %s counts each by itself', (level, apart, together) => {
    const limited = { ...echo, ratelimit: { ...defaultRateLimit, level } };
    expect(limitKey(limited, said('', apart))).not.toBe(limitKey(limited, said('')));
    expect(limitKey(limited, said('', together))).toBe(limitKey(limited, said('')));
  });

  it('by global counts all together', () => {
    const limited = { ...echo, ratelimit: { ...defaultRateLimit, level: 'global' as const } };
    expect(limitKey(limited, said('', { user: 'owl', channel: '#other', platform: 'matrix' }))).toBe(limitKey(limited, said('')));
  });
});
