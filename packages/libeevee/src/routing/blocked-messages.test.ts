import { describe, expect, it } from 'vitest';
import type { IncomingMessage } from '../chat/payloads.ts';
import { readBlocklist } from './index.ts';
import { RoutingWorld } from '../../test/routing-world.ts';

describe('the blocklist', () => {
  const blocked = async (entry: object, text: string, fields: Partial<IncomingMessage> = {}): Promise<boolean> => {
    const world = new RoutingWorld();
    world.routing.block(readBlocklist([entry]));
    world.command({ platformPrefixAllowed: false, regex: '.*' });
    return (await world.kinds(text, fields)).includes('blocked');
  };

  it('keeps messages from modules when the pattern and all scopes match', async () => {
    expect(await blocked({ pattern: 'spam' }, 'so much spam')).toBe(true);
    expect(await blocked({ pattern: 'spam' }, 'SPAM')).toBe(false);
    expect(await blocked({ pattern: 'spam', channel: '^#eevee$', user: 'fox' }, 'spam')).toBe(true);
    expect(await blocked({ pattern: 'spam', channel: '^#eevee$', user: 'owl' }, 'spam')).toBe(false);
    expect(await blocked({ pattern: 'spam', enabled: false }, 'spam')).toBe(false);
    expect(await blocked({ pattern: '^(?!ok)' }, 'spam')).toBe(true);
    expect(await blocked({ pattern: '(?<!o)k.*k' }, 'ok k')).toBe(false);
  });

  it('matches user with ident or nick, and nick only with the nick', async () => {
    for (const user of ['^~foxident$', '^fox$']) expect(await blocked({ pattern: '.*', user }, 'x')).toBe(true);
    expect(await blocked({ pattern: '.*', nick: '^~foxident$' }, 'x')).toBe(false);
  });
});
