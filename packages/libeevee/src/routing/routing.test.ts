import { describe, expect, it } from 'vitest';
import type { CommandRegistration, IncomingMessage } from '../chat/payloads.ts';
import type { RateLimitConfig } from '../chat/rate-limit.ts';
import { BoundedRegexes, type Decision, readBlocklist, Routing } from './index.ts';

const said = (text: string, fields: Partial<IncomingMessage> = {}): IncomingMessage => ({
  platform: 'irc',
  network: 'irc.libera.chat',
  instance: 'main',
  channel: '#eevee',
  nick: 'fox',
  user: '~foxident',
  userHost: 'den.example.org',
  text,
  botNick: 'eevee[1]',
  commonPrefixRegex: '^[!.]',
  trace: 't-1',
  timestamp: '2026-01-02T03:04:05.678Z',
  ...fields,
});

/** A router with a clock that the test advances. */
class World {
  nowMs = Date.UTC(2026, 0, 1);
  readonly regexes = new BoundedRegexes();
  readonly routing = new Routing({ now: () => this.nowMs, evaluate: (tasks) => this.regexes.evaluate(tasks) });
  decisions: Decision[] = [];
  readonly emit = (decision: Decision): void => void this.decisions.push(decision);

  command(fields: Partial<Record<keyof CommandRegistration, unknown>> = {}): ReturnType<Routing['registerCommand']> {
    const limit = { mode: 'drop', level: 'user', limit: 0, interval: '1m' };
    return this.routing.registerCommand({
      commandUUID: 'c-1',
      commandDisplayName: 'echo',
      regex: String.raw`^echo\s+`,
      ratelimit: limit,
      ...fields,
    });
  }

  async say(text: string, fields: Partial<IncomingMessage> = {}): Promise<Decision[]> {
    this.decisions = [];
    await this.routing.route(said(text, fields), this.emit);
    return this.decisions;
  }

  async texts(text: string, fields: Partial<IncomingMessage> = {}): Promise<string[]> {
    return (await this.say(text, fields)).flatMap((each) => (each.kind === 'execute' ? [each.execution.text] : []));
  }

  async kinds(text: string, fields: Partial<IncomingMessage> = {}): Promise<string[]> {
    return (await this.say(text, fields)).map((each) => (each.kind === 'limited' ? each.action : each.kind));
  }
}

describe('a broadcast', () => {
  it('says whether the message calls a command with a prefix, after all commands were tried', async () => {
    const world = new World();
    const limited = { mode: 'drop', level: 'user', limit: 1, interval: '1m' };
    world.command({ ratelimit: limited });
    world.command({ commandUUID: 'c-lurk', regex: String.raw`^lurkers(?!-)`, platformPrefixAllowed: false, nickPrefixAllowed: true });
    world.command({ commandUUID: 'c-bare', regex: '^bare', platformPrefixAllowed: false });
    world.routing.registerBroadcast({ broadcastUUID: 'b-1', broadcastDisplayName: 'all' });
    const call = async (text: string): Promise<unknown> => {
      const decisions = await world.say(text);
      expect(decisions.at(-1)?.kind).toBe('deliver');
      return decisions.map((each) => (each.kind === 'deliver' ? each.message.call : undefined)).at(-1);
    };
    for (const text of ['!echo a', '!echo over the limit', 'eevee[1]: lurkers']) expect(await call(text)).toBe(true);
    for (const text of ['echo a', '!nothing', 'eevee[1]: nothing', 'eevee[1]: lurkers-x', 'bare']) expect(await call(text)).toBeUndefined();
  });
});

describe('a command', () => {
  it('is executed with every field of the message', async () => {
    const world = new World();
    world.command();
    expect(await world.say('!echo   hello  world ', { account: 'reynard', private: true, action: true })).toEqual([
      expect.objectContaining({
        kind: 'execute',
        isOverdue: false,
        execution: {
          ...{ platform: 'irc', network: 'irc.libera.chat', instance: 'main', channel: '#eevee', nick: 'fox', user: '~foxident' },
          ...{ userHost: 'den.example.org', timestamp: '2026-01-02T03:04:05.678Z', trace: 't-1', botNick: 'eevee[1]' },
          ...{ account: 'reynard', private: true, action: true },
          ...{ text: 'hello  world', originalText: '!echo   hello  world ', matchedCommand: 'echo   ', matchedText: 'echo   hello  world' },
        },
      }),
    ]);
  });

  it('gets the time of receipt and a trace if the connector sent none', async () => {
    const world = new World();
    world.command();
    const { text, platform, instance, channel, user, commonPrefixRegex } = said('!echo hi');
    world.decisions = [];
    await world.routing.route({ text, platform, instance, channel, user, commonPrefixRegex, timestamp: '' }, world.emit);
    expect(world.decisions[0]).toMatchObject({
      execution: { nick: '~foxident', timestamp: '2026-01-01T00:00:00.000Z', trace: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
  });

  it.each([
    ['!echo hello', ['hello']],
    ['.echo x', ['x']],
    ['! echo hello', ['hello']],
    ['echo hello', []],
    ['!echo', []],
    ['so !echo hello', []],
    ['!say hello', []],
    ['eevee[1]: echo hello', []],
    ['', []],
  ])('with the prefix of the platform: %j', async (text, texts) => {
    const world = new World();
    world.command();
    expect(await world.texts(text)).toEqual(texts);
  });

  it.each([
    ['eevee[1]: echo hi', ['hi']],
    ['eevee[1], echo hi', ['hi']],
    ['eevee[1]; echo hi', ['hi']],
    ['EEVEE[1] echo hi', ['hi']],
    ['eevee[1]:echo hi', ['hi']],
    ['!echo hi', ['hi']],
    ['eevee1: echo hi', []],
    ['eevee[1]echo hi', []],
    ['eevee[1]s: echo hi', []],
    ['hey eevee[1]: echo hi', []],
    ['echo hi', []],
  ])('with the nick of the bot where that is allowed: %j', async (text, texts) => {
    const world = new World();
    world.command({ nickPrefixAllowed: true });
    expect(await world.texts(text)).toEqual(texts);
  });

  it('matches the bare text if no prefix is allowed, or the message has none', async () => {
    const world = new World();
    world.command({ platformPrefixAllowed: false });
    expect(await world.texts('echo hi')).toEqual(['hi']);
    world.command();
    expect(await world.texts('echo hi', { commonPrefixRegex: '' })).toEqual(['hi']);
    world.command({ nickPrefixAllowed: true });
    expect(await world.texts('echo hi', { commonPrefixRegex: '', botNick: '' })).toEqual(['hi']);
  });

  it('is called by the nick with nothing after it', async () => {
    const world = new World();
    world.command({ nickPrefixAllowed: true, regex: '^$' });
    expect(await world.texts('eevee[1]')).toEqual(['']);
  });

  it('accepts a prefix only at the start, whatever its expression', async () => {
    const world = new World();
    world.command();
    expect(await world.texts('so !echo hi', { commonPrefixRegex: '!' })).toEqual([]);
    expect(await world.texts('!!echo hi', { commonPrefixRegex: '!+' })).toEqual(['hi']);
    expect(await world.texts('?echo hi', { commonPrefixRegex: '^\\?|!' })).toEqual(['hi']);
    expect(await world.kinds('!echo hi', { commonPrefixRegex: '(' })).toEqual(['unmatched']);
  });

  it.each(['platform', 'network', 'instance', 'channel', 'user', 'nick'] as const)('is called only if its %s matches', async (field) => {
    const world = new World();
    world.command({ [field]: '^elsewhere$' });
    expect(await world.texts('!echo hi')).toEqual([]);
    expect(await world.texts('!echo hi', { [field]: 'elsewhere' })).toEqual(['hi']);
    world.command({ [field]: '' });
    expect(await world.texts('!echo hi')).toEqual(['hi']);
  });

  it('is replaced by another one of the same id, and renewed by an equal one', async () => {
    const world = new World();
    expect(['x', '^a', '^b', '^b'].map((regex) => world.command({ regex }).result)).toEqual(['added', 'replaced', 'replaced', 'renewed']);
    expect([await world.kinds('!a'), await world.kinds('!b')]).toEqual([['unmatched'], ['execute']]);
    expect(world.command({ commandDisplayName: 'other' })).toMatchObject({ result: 'replaced', name: 'other', former: 'echo' });
  });

  it('may use look-arounds and backreferences; a slow expression is set aside, and reported once', async () => {
    const world = new World();
    world.command({ commandUUID: 'c-lurk', regex: String.raw`^lurkers(?!-)\s*` });
    world.command({ commandUUID: 'c-twice', regex: String.raw`^(\w+) \1$` });
    world.command({ commandUUID: 'c-slow', regex: '^(?=(a+)+$)' });
    world.command({ commandUUID: 'c-here', regex: '^here$', channel: '^(?!#private)#.*(?<!s)$' });
    expect(await world.texts('!lurkers all')).toEqual(['all']);
    expect(await world.kinds('!lurkers-all')).toEqual(['unmatched']);
    expect(await world.kinds('!echo echo')).toEqual(['execute']);
    expect(await world.kinds('!here')).toEqual(['execute']);
    expect(await world.kinds('!here', { channel: '#private' })).toEqual(['unmatched']);
    expect(await world.kinds('!aaa')).toEqual(['execute']);
    const slow = `!${'a'.repeat(40)}b`;
    expect(await world.say(slow)).toEqual([{ kind: 'set-aside', what: 'command', name: 'echo', id: 'c-slow' }, { kind: 'unmatched' }]);
    world.command({ commandUUID: 'c-slow', regex: '^(?=(a+)+$)' });
    expect([await world.kinds(slow), await world.kinds('!aaa')]).toEqual([['unmatched'], ['unmatched']]);
    expect(world.routing.registry.map(({ setAside }) => setAside)).toEqual([undefined, undefined, expect.any(String), undefined]);
  });

  it.each([
    [{ commandUUID: '' }, /commandUUID/],
    [{ commandUUID: 5 }, /commandUUID/],
    [{ regex: '(' }, /^regex: Invalid regular expression/],
    [{ regex: 5 }, /^regex must be/],
    [{ channel: '[' }, /^channel: /],
    [{ regex: 'x'.repeat(2_001) }, /2000 at most/],
    [{ nickPrefixAllowed: 'yes' }, /nickPrefixAllowed must be true or false/],
    [{ ratelimit: { mode: 'wait', level: 'user', limit: 1, interval: '1m' } }, /mode must be drop or enqueue/],
    [{ ratelimit: 'fast' }, /a rate limit is a mapping/],
  ])('is refused with the reason: %j', async (fields, reason) => {
    const outcome = new World().command(fields);
    expect(outcome).toMatchObject({ result: 'refused', problems: [expect.stringMatching(reason)] });
  });

  it.each([undefined, null, 'hello', []])('is not registered by %j', (payload) => {
    expect(new World().routing.registerCommand(payload)).toMatchObject({ result: 'refused' });
  });
});

it('a message that cannot be routed is counted', async () => {
  const world = new World();
  for (const payload of [undefined, 'x', {}, { ...said('x'), channel: 5 }]) await world.routing.route(payload, world.emit);
  expect(world.decisions.map(({ kind }) => kind)).toEqual(['invalid', 'invalid', 'invalid', 'invalid']);
});

it('commands come before broadcasts, and each matching broadcast gets the message', async () => {
  const world = new World();
  world.routing.registerBroadcast({ broadcastUUID: 'b-1', broadcastDisplayName: 'links', messageFilterRegex: 'https?://', nick: '^fox$' });
  world.routing.registerBroadcast({ broadcastUUID: 'b-2' });
  world.command();
  expect(await world.kinds('!echo https://a')).toEqual(['execute', 'deliver', 'deliver']);
  expect(await world.kinds('!echo https://a', { nick: 'owl' })).toEqual(['execute', 'deliver']);
  const [, delivery] = await world.say('!echo x');
  expect(delivery).toMatchObject({ broadcast: { broadcastUUID: 'b-2' }, message: { text: '!echo x', nick: 'fox', trace: 't-1' } });
  expect(Object.keys(Object(Reflect.get(Object(delivery), 'message')))).not.toContain('commonPrefixRegex');
});

describe('an event', () => {
  it('is delivered to matching registrations; a missing channel is empty, a missing user the nick', async () => {
    const world = new World();
    const wanted = (fields: object): unknown =>
      world.routing.registerEvent({ eventUUID: JSON.stringify(fields), eventDisplayName: 'e', ...fields });
    for (const fields of [{}, { eventType: '^part$' }, { channel: '^$' }, { user: '^fox$' }, { channel: '#(?!work)' }]) wanted(fields);
    const ids = async (event: object): Promise<string[]> => {
      world.decisions = [];
      await world.routing.routeEvent({ platform: 'irc', network: 'n', instance: 'main', nick: 'fox', ...event }, world.emit);
      return world.decisions.flatMap((each) => (each.kind === 'event' ? [each.registration.eventUUID] : [each.kind]));
    };
    expect(await ids({ eventType: 'quit', channel: null })).toEqual(['{}', '{"channel":"^$"}', '{"user":"^fox$"}']);
    expect(await ids({ eventType: 'part', channel: '#a', user: '~f' })).toEqual([
      '{}',
      '{"eventType":"^part$"}',
      '{"channel":"#(?!work)"}',
    ]);
    expect(await ids({})).toEqual(['invalid']);
  });
});

describe('the blocklist', () => {
  const blocked = async (entry: object, text: string, fields: Partial<IncomingMessage> = {}): Promise<boolean> => {
    const world = new World();
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

describe('a limit', () => {
  const limited = (over: Partial<RateLimitConfig> = {}): World => {
    const world = new World();
    world.command({ regex: '^x', ratelimit: { mode: 'drop', level: 'user', limit: 2, interval: '10s', ...over } });
    return world;
  };

  it('counts in windows that begin with their first call', async () => {
    const world = limited();
    const startMs = world.nowMs;
    const seen: string[] = [];
    for (const afterMs of [0, 9_000, 9_999, 10_000, 10_001, 10_002]) {
      world.nowMs = startMs + afterMs;
      seen.push((await world.kinds('!x'))[0] ?? '');
    }
    expect(seen).toEqual(['execute', 'execute', 'dropped', 'execute', 'execute', 'dropped']);
  });

  it.each([
    ['user', { user: 'owl' }, { channel: '#other', network: 'oftc', nick: 'owl' }],
    ['channel', { channel: '#other' }, { user: 'owl' }],
    ['instance', { instance: 'second' }, { user: 'owl', channel: '#other' }],
    ['platform', { platform: 'matrix' }, { user: 'owl', channel: '#other', instance: 'second' }],
  ] as const)('by %s counts each by itself', async (level, apart, together) => {
    const world = limited({ level, limit: 1 });
    await world.say('!x');
    expect((await world.kinds('!x', together))[0]).toBe('dropped');
    expect(await world.kinds('!x', apart)).toEqual(['execute']);
  });

  it('of level global counts all calls together, and each command separately', async () => {
    const world = limited({ level: 'global', limit: 1 });
    world.command({ commandUUID: 'c-2', regex: '^y', ratelimit: { mode: 'drop', level: 'global', limit: 1, interval: '1m' } });
    await world.say('!x');
    expect((await world.kinds('!x', { platform: 'matrix', user: 'owl' }))[0]).toBe('dropped');
    expect(await world.kinds('!y')).toEqual(['execute']);
  });

  it('of 0 allows everything', async () => {
    const world = limited({ limit: 0 });
    for (let call = 0; call < 20; call++) expect(await world.kinds('!x')).toEqual(['execute']);
  });

  it('sends the nick a notice, once per cooldown, user and command', async () => {
    const world = limited({ limit: 1 });
    await world.say('!x');
    const [, notice] = await world.say('!x');
    expect(notice).toEqual({
      ...{ kind: 'notice', platform: 'irc', instance: 'main' },
      notice: { target: 'fox', text: 'echo can be used once every 10s. Try again in 10 s.' },
    });
    expect(await world.kinds('!x')).toEqual(['dropped']);
    expect(await world.kinds('!x', { nick: 'owl' })).toEqual(['dropped', 'notice']);
    world.nowMs += 15_000;
    expect(await world.kinds('!x')).toEqual(['execute']);
    expect(await world.kinds('!x')).toEqual(['dropped', 'notice']);
  });

  it('queues in order, loses nothing, and does not delay other keys', async () => {
    const world = limited({ mode: 'enqueue', level: 'channel' });
    for (let call = 0; call < 5; call++) await world.say(`!x ${call}`);
    for (const channel of ['#other', '#third']) expect(await world.kinds('!x', { channel })).toEqual(['execute']);
    const run = (): string[] => {
      world.decisions = [];
      world.routing.admission.runDue(world.emit);
      return world.decisions.flatMap((each) => (each.kind === 'execute' ? [each.execution.text] : []));
    };
    expect(run()).toEqual([]);
    expect(world.routing.admission.nextDueMs).toBe(world.nowMs + 10_000);
    world.nowMs += 10_000;
    expect(run()).toEqual(['2', '3']);
    expect((await world.kinds('!x 5'))[0]).toBe('queued');
    world.nowMs += 10_000;
    expect(run()).toEqual(['4', '5']);
    expect([world.routing.admission.queued, world.routing.admission.nextDueMs]).toEqual([0, Infinity]);
  });

  it('queues up to its limit, and checks waiting calls again before it runs them', async () => {
    const world = limited({ mode: 'enqueue', limit: 1 });
    world.routing.settings = { ...world.routing.settings, maxQueued: 2 };
    const kinds: string[] = [];
    for (let call = 0; call < 4; call++) kinds.push((await world.kinds('!x'))[0] ?? '');
    expect(kinds).toEqual(['execute', 'queued', 'queued', 'refused']);
    world.routing.block(readBlocklist([{ pattern: '.*', nick: 'fox' }]));
    world.nowMs += 10_000;
    world.decisions = [];
    world.routing.admission.runDue(world.emit);
    expect(world.decisions.map((each) => (each.kind === 'limited' ? each.action : each.kind))).toEqual(['gone', 'gone']);
  });

  it('is reported with its open windows', async () => {
    const world = limited();
    await world.say('!x');
    expect(world.routing.admission.rateLimitStats).toEqual({
      'c-1:irc:main:~foxident': { count: 1, limit: 2, interval: '10s', commandName: 'echo' },
    });
    world.nowMs += 10_000;
    expect(world.routing.admission.rateLimitStats).toEqual({});
  });

  it('takes over the counts of another router', async () => {
    const world = limited();
    world.routing.admission.mergeWindow('c-1:irc:main:~foxident', { startMs: world.nowMs, endMs: world.nowMs + 10_000, count: 2 });
    expect((await world.kinds('!x'))[0]).toBe('dropped');
  });
});

it('a registration that is not renewed is overdue after its renewal, and is removed after five minutes', async () => {
  const world = new World();
  world.command();
  world.command({ commandUUID: 'c-2', regex: '^other' });
  world.nowMs += 100_000;
  world.command();
  expect(await world.say('!other')).toEqual([expect.objectContaining({ kind: 'execute', isOverdue: true })]);
  expect(await world.say('!echo x')).toEqual([expect.objectContaining({ isOverdue: false })]);
  world.nowMs += 200_000;
  expect(world.routing.sweep().commands.map(({ id }) => id)).toEqual(['c-2']);
  expect(await world.kinds('!other')).toEqual(['unmatched']);
});

it('finds the few commands that a message may call among many, in order of registration', async () => {
  const world = new World();
  const register = (commandUUID: string, regex: string): unknown => world.command({ commandUUID, regex });
  for (let number = 0; number < 1_000; number++) register(`c-${number}`, `^command${number}\\b`);
  for (const [id, regex] of [
    ['any', 'mand'],
    ['alias', '^(?:order|command5)'],
    ['again', '^command5'],
  ] as const)
    register(id, regex);
  const called = async (text: string): Promise<string[]> =>
    (await world.say(text)).flatMap((each) => (each.kind === 'execute' ? [each.command.commandUUID] : []));
  expect(await called('!command5 x')).toEqual(['c-5', 'any', 'alias', 'again']);
  expect(await called('!order')).toEqual(['alias']);
  expect(await called('!comma')).toEqual([]);
});
