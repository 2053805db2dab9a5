import { describe, expect, it, vi } from 'vitest';
import { RoutingWorld, said } from '../../test/routing-world.ts';

describe('a broadcast', () => {
  it('contains whether the message calls a command with a prefix, after all commands were tried', async () => {
    const world = new RoutingWorld();
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
    const world = new RoutingWorld();
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
    const world = new RoutingWorld();
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
    const world = new RoutingWorld();
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
    const world = new RoutingWorld();
    world.command({ nickPrefixAllowed: true });
    expect(await world.texts(text)).toEqual(texts);
  });

  it('matches the bare text if no prefix is allowed, or the message has none', async () => {
    const world = new RoutingWorld();
    world.command({ platformPrefixAllowed: false });
    expect(await world.texts('echo hi')).toEqual(['hi']);
    world.command();
    expect(await world.texts('echo hi', { commonPrefixRegex: '' })).toEqual(['hi']);
    world.command({ nickPrefixAllowed: true });
    expect(await world.texts('echo hi', { commonPrefixRegex: '', botNick: '' })).toEqual(['hi']);
  });

  it('is called by the nick with nothing after it', async () => {
    const world = new RoutingWorld();
    world.command({ nickPrefixAllowed: true, regex: '^$' });
    expect(await world.texts('eevee[1]')).toEqual(['']);
  });

  it('accepts a prefix only at the start, whatever its expression', async () => {
    const world = new RoutingWorld();
    world.command();
    expect(await world.texts('so !echo hi', { commonPrefixRegex: '!' })).toEqual([]);
    expect(await world.texts('!!echo hi', { commonPrefixRegex: '!+' })).toEqual(['hi']);
    expect(await world.texts('?echo hi', { commonPrefixRegex: '^\\?|!' })).toEqual(['hi']);
    expect(await world.kinds('!echo hi', { commonPrefixRegex: '(' })).toEqual(['unmatched']);
  });

  it.each(['platform', 'network', 'instance', 'channel', 'user', 'nick'] as const)('is called only if its %s matches', async (field) => {
    const world = new RoutingWorld();
    world.command({ [field]: '^elsewhere$' });
    expect(await world.texts('!echo hi')).toEqual([]);
    expect(await world.texts('!echo hi', { [field]: 'elsewhere' })).toEqual(['hi']);
    world.command({ [field]: '' });
    expect(await world.texts('!echo hi')).toEqual(['hi']);
  });

  it('is replaced by another one of the same id, and renewed by an equal one', async () => {
    const world = new RoutingWorld();
    expect(['x', '^a', '^b', '^b'].map((regex) => world.command({ regex }).result)).toEqual(['added', 'replaced', 'replaced', 'renewed']);
    expect([await world.kinds('!a'), await world.kinds('!b')]).toEqual([['unmatched'], ['execute']]);
    expect(world.command({ commandDisplayName: 'other' })).toMatchObject({ result: 'replaced', name: 'other', former: 'echo' });
  });

  it('is noticed when another module registers its id, once for each module', () => {
    const world = new RoutingWorld();
    const register = (module?: string): unknown => world.routing.registerCommand({ commandUUID: 'c-1', regex: '^a$' }, module).otherModule;
    expect([undefined, 'echo', 'echo', undefined].map(register)).toEqual([undefined, undefined, undefined, undefined]);
    expect(['copy', 'echo', 'copy', 'third'].map(register)).toEqual(['echo', undefined, undefined, 'echo']);
    // Its id is free once it is unregistered, as when a module moves its command to another one.
    world.routing.commands.remove('c-1');
    expect(['copy', 'copy'].map(register)).toEqual([undefined, undefined]);
    for (let number = 0; number < 100; number++) register(`module-${number}`);
    expect(register('one-more')).toBeUndefined();
  });

  it('may use look-arounds and backreferences; a slow expression is set aside, and reported once', async () => {
    const world = new RoutingWorld();
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
    [{ commandUUID: 'x'.repeat(501) }, /commandUUID has 501 characters, at most 500 are allowed/],
    [{ commandDisplayName: 'x'.repeat(501) }, /commandDisplayName has 501 characters/],
    [{ regex: '(' }, /^regex: Invalid regular expression/],
    [{ regex: 5 }, /^regex must be/],
    [{ channel: '[' }, /^channel: /],
    [{ regex: 'x'.repeat(2_001) }, /at most 2000 are allowed/],
    [{ nickPrefixAllowed: 'yes' }, /nickPrefixAllowed must be true or false/],
    [{ ratelimit: { mode: 'wait', level: 'user', limit: 1, interval: '1m' } }, /mode must be drop or enqueue/],
    [{ ratelimit: 'fast' }, /a rate limit must be a mapping/],
  ])('is refused with the reason: %j', async (fields, reason) => {
    const outcome = new RoutingWorld().command(fields);
    expect(outcome).toMatchObject({ result: 'refused', problems: [expect.stringMatching(reason)] });
  });

  it.each([undefined, null, 'hello', []])('is not registered by %j', (payload) => {
    expect(new RoutingWorld().routing.registerCommand(payload)).toMatchObject({ result: 'refused' });
  });
});

it('a message that cannot be routed is counted', async () => {
  const world = new RoutingWorld();
  for (const payload of [undefined, 'x', {}, { ...said('x'), channel: 5 }]) await world.routing.route(payload, world.emit);
  expect(world.decisions.map(({ kind }) => kind)).toEqual(['invalid', 'invalid', 'invalid', 'invalid']);
});

it('commands come before broadcasts, and each matching broadcast gets the message', async () => {
  const world = new RoutingWorld();
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
    const world = new RoutingWorld();
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

it('a registration that is not renewed is overdue after its renewal, and is removed after five minutes', async () => {
  const world = new RoutingWorld();
  world.command();
  world.command({ commandUUID: 'c-2', regex: '^other' });
  world.nowMs += 100_000;
  world.command();
  expect(await world.say('!other')).toEqual([expect.objectContaining({ kind: 'execute', isOverdue: true })]);
  expect(await world.say('!echo x')).toEqual([expect.objectContaining({ isOverdue: false })]);
  world.nowMs += 200_000;
  expect(world.routing.sweep()).toEqual([{ kind: 'command', id: 'c-2', name: 'echo' }]);
  expect(await world.kinds('!other')).toEqual(['unmatched']);
});

it('no registration is removed when the clock is set forward', async () => {
  const world = new RoutingWorld();
  world.steadyMs = 0;
  world.command();
  world.nowMs += 86_400_000;
  world.steadyMs = 60_000;
  expect(world.routing.sweep()).toEqual([]);
  expect(await world.say('!echo x')).toEqual([expect.objectContaining({ kind: 'execute', isOverdue: false })]);
});

it('an expression with a look-around that thousands of registrations have is evaluated once for a message', async () => {
  const world = new RoutingWorld();
  const evaluate = vi.spyOn(world.regexes, 'evaluate');
  const [channel, broadcasts] = ['^(?!(?:#p+)+$)', 3_000];
  for (let number = 0; number < broadcasts; number++) world.routing.registerBroadcast({ broadcastUUID: `b-${number}`, channel });
  world.command({ channel });
  // The second is routed while the first waits for the engine.
  const both = [said('!echo hi'), said('hello', { channel: '#other' })].map((message) => world.routing.route(message, world.emit));
  await Promise.all(both);
  expect(evaluate.mock.calls.flat().map((tasks) => tasks.map(({ text }) => text))).toEqual([['#eevee'], ['#other']]);
  expect(world.decisions.filter(({ kind }) => kind === 'deliver')).toHaveLength(2 * broadcasts);
});

it('the index of commands is kept when an unknown command is unregistered', () => {
  const world = new RoutingWorld();
  world.command();
  const { all } = world.routing.commands;
  expect([world.routing.commands.remove('c-unknown'), world.routing.commands.all === all]).toEqual([false, true]);
});

it.each(['__proto__', 'constructor', 'toString'])('a command has the id, name and level %j like any other text', async (name) => {
  const world = new RoutingWorld();
  const ratelimit = { mode: 'drop', level: 'global', limit: 1, interval: '1m' };
  expect(world.command({ commandUUID: name, commandDisplayName: name, ratelimit })).toMatchObject({ result: 'added', id: name, name });
  expect(await world.texts('!echo hello')).toEqual(['hello']);
  expect(world.routing.admission.rateLimitStats[`${name}:global`]).toMatchObject({ count: 1, commandName: name });
  expect(world.command({ ratelimit: { ...ratelimit, level: name } })).toMatchObject({ result: 'refused' });
  expect(world.command(JSON.parse(`{ "commandUUID": "c-3", "__proto__": { "regex": 5 } }`) as object)).toMatchObject({ result: 'added' });
});

it('finds the few commands that a message may call among many, in order of registration', async () => {
  const world = new RoutingWorld();
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
