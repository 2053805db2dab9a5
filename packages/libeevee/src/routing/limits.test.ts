import { describe, expect, it } from 'vitest';
import type { RateLimitConfig } from '../chat/rate-limit.ts';
import { readBlocklist } from './index.ts';
import { RoutingWorld } from '../../test/routing-world.ts';

describe('a limit', () => {
  const limited = (over: Partial<RateLimitConfig> = {}): RoutingWorld => {
    const world = new RoutingWorld();
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

  it('that is lifted lets calls that wait go first', async () => {
    const world = limited({ mode: 'enqueue', limit: 1 });
    for (let call = 0; call < 3; call++) await world.say(`!x ${call}`);
    world.command({ regex: '^x', ratelimit: { mode: 'enqueue', level: 'user', limit: 0, interval: '10s' } });
    expect(await world.kinds('!x 3')).not.toContain('execute');
    world.nowMs += 10_000;
    world.decisions = [];
    world.routing.admission.runDue(world.emit);
    expect(world.decisions.flatMap((each) => (each.kind === 'execute' ? [each.execution.text] : []))).toEqual(['1', '2', '3']);
    expect(await world.kinds('!x 4')).toEqual(['execute']);
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

  it('lasts no longer when the clock is set back, and its notice is sent', async () => {
    const world = limited({ limit: 1 });
    world.nowMs += 3_600_000;
    expect((await world.kinds('!x'))[0]).toBe('execute');
    expect(await world.kinds('!x')).toEqual(['dropped', 'notice']);
    world.nowMs -= 3_600_000;
    expect(await world.kinds('!x')).toEqual(['execute']);
    expect(await world.kinds('!x')).toEqual(['dropped', 'notice']);
    world.routing.admission.sweep(world.nowMs);
    expect([...world.routing.admission.windows.values()]).toEqual([expect.objectContaining({ startMs: world.nowMs, count: 1 })]);
  });

  it('lets waiting calls run when the clock is set back', async () => {
    const world = limited({ mode: 'enqueue', limit: 1 });
    for (let call = 0; call < 3; call++) await world.say(`!x ${call}`);
    world.nowMs -= 3_600_000;
    const run = (): string[] => {
      world.decisions = [];
      world.routing.admission.runDue(world.emit);
      return world.decisions.flatMap((each) => (each.kind === 'execute' ? [each.execution.text] : []));
    };
    expect([run(), run()]).toEqual([['1'], []]);
    expect(world.routing.admission.nextDueMs).toBe(world.nowMs + 10_000);
    world.nowMs += 10_000;
    expect(run()).toEqual(['2']);
  });

  it('is counted with another router although its window is of before the clock was set back', async () => {
    const world = limited({ limit: 1 });
    world.nowMs += 3_600_000;
    await world.say('!x');
    world.nowMs -= 3_600_000;
    world.routing.admission.mergeWindow('c-1:irc:main:~foxident', { startMs: world.nowMs, endMs: world.nowMs + 10_000, count: 1 });
    expect((await world.kinds('!x'))[0]).toBe('dropped');
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

  it('is reported for its own command, although an id may begin with that of another', async () => {
    const world = limited({ level: 'platform' });
    const ratelimit = { mode: 'drop', level: 'platform', limit: 2, interval: '10s' };
    world.command({ commandUUID: 'c-1:irc', commandDisplayName: 'longer', regex: '^longer', ratelimit });
    world.command({ commandUUID: 'c', commandDisplayName: 'shorter', regex: '^shorter', ratelimit });
    for (const text of ['!x', '!longer']) await world.say(text);
    // Registered again, the command with the short id is the last in order.
    world.routing.commands.remove('c-1');
    expect(world.routing.admission.rateLimitStats).toEqual({ 'c-1:irc:irc': expect.objectContaining({ commandName: 'longer' }) });
    world.command({ regex: '^x', ratelimit });
    expect(world.routing.admission.rateLimitStats).toEqual({
      'c-1:irc': expect.objectContaining({ commandName: 'echo' }),
      'c-1:irc:irc': expect.objectContaining({ commandName: 'longer' }),
    });
  });

  it('takes over the counts of another router', async () => {
    const world = limited();
    world.routing.admission.mergeWindow('c-1:irc:main:~foxident', { startMs: world.nowMs, endMs: world.nowMs + 10_000, count: 2 });
    expect((await world.kinds('!x'))[0]).toBe('dropped');
  });
});
