import { eventually } from '@eeveebot/testing';
import { describe, expect, it } from 'vitest';
import { log } from '../src/log/log.ts';
import { register } from '../src/metrics/registry.ts';
import type { CommandContext } from '../src/module/contexts.ts';
import { place, useModuleBus } from './module-bus.ts';

const { bus, texts, run, call, handled } = useModuleBus();

describe('a command', () => {
  it('gets every field of the call, and answers where it was made', async () => {
    const calls: CommandContext[] = [];
    const module = await run(
      {
        handle: async (ctx) => {
          calls.push(ctx);
          await ctx.reply('said');
          await ctx.action('waves');
        },
      },
      {},
    );
    const given = {
      ...place,
      userHost: 'fox@den',
      text: 'hello 🦊',
      originalText: '!test hello 🦊',
      matchedCommand: 'test',
      matchedText: 'test ',
      timestamp: '2026-01-02T03:04:05.678Z',
      trace: 't-9',
    };
    call(given);
    await handled(module);
    expect(calls).toEqual([expect.objectContaining(given)]);
    const { user: _user, ...where } = place;
    expect(bus.said).toEqual([
      { ...where, text: 'said', trace: 't-9', type: 'message.outgoing' },
      { ...where, text: 'waves', trace: 't-9', type: 'action.outgoing' },
    ]);
  });

  it('gets a trace if none was sent, the same for all its answers', async () => {
    const module = await run({ handle: async ({ reply }) => [await reply('one'), await reply('two')] }, {});
    call({ trace: undefined });
    await handled(module);
    expect(bus.said.map(({ trace }) => trace)).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), bus.said[0]?.['trace']]);
  });

  it.each(['x'.repeat(4096), '', '#', '*.>', '🦊\t'])('gets the text %j unchanged', async (text) => {
    const module = await run({ handle: (ctx) => ctx.reply(ctx.text) }, {});
    call({ text });
    await handled(module);
    expect(texts()).toEqual([text]);
  });

  it('is handled in order within a channel, without delaying other channels', async () => {
    const gate = Promise.withResolvers<void>();
    const module = await run(
      {
        handle: async ({ text, reply }) => {
          if (text === 'slow') await gate.promise;
          await reply(text);
        },
      },
      {},
    );
    call({ text: 'slow' });
    call({ text: 'after' });
    call({ text: 'other', channel: '#other' });
    await eventually(() => texts().length > 0);
    expect(texts()).toEqual(['other']);
    gate.resolve();
    await handled(module);
    expect(texts()).toEqual(['other', 'slow', 'after']);
  });

  it('runs for at most as many channels concurrently as allowed', async () => {
    let [running, most] = [0, 0];
    const module = await run(
      {
        concurrency: 3,
        handle: async ({ reply, text }) => {
          most = Math.max(most, ++running);
          await reply(text);
          running--;
        },
      },
      {},
    );
    for (let channel = 0; channel < 20; channel++) call({ channel: `#${channel}` });
    await handled(module);
    expect([texts().length, most]).toEqual([20, 3]);
  });

  it('is dropped when too many wait, which is logged once and counted', async () => {
    const blocked = Promise.withResolvers<void>();
    const handledTexts: string[] = [];
    const module = await run({ name: 'full', maxPending: 3, handle: async ({ text }) => (handledTexts.push(text), blocked.promise) }, {});
    for (const text of ['1', '2', '3', '4', '5']) call({ text });
    await bus.router.flush();
    await module.context.nats.nats?.flush();
    expect(log.error).toHaveBeenCalledExactlyOnceWith('messages were not handled because too many were waiting', {
      producer: 'full',
      pending: 3,
    });
    blocked.resolve();
    await handled(module);
    expect(handledTexts).toEqual(['1', '2', '3']);
    call({ text: '6' });
    await handled(module);
    expect(handledTexts).toEqual(['1', '2', '3', '6']);
    expect(await register.metrics()).toMatch(/errors_total\{module="full",type="overload"[^}]*\} 2/);
  });

  it('that throws or rejects is logged and counted, and affects nothing else', async () => {
    register.resetMetrics();
    const module = await run(
      {
        name: 'counted',
        handle: ({ text, reply }) => {
          if (text === 'throw') throw new Error('on purpose');
          return text === 'reject' ? Promise.reject(new Error('on purpose')) : reply(text);
        },
      },
      {},
    );
    for (const text of ['throw', 'reject', 'fine']) call({ text });
    bus.router.publish('command.execute.c-1', 'not JSON');
    call({ channel: undefined });
    await handled(module);
    expect(texts()).toEqual(['fine']);
    const counts = (await register.metrics())
      .split('\n')
      .filter((line) => /^(commands_total|command_errors|command_duration_seconds_count)/.test(line));
    expect(counts.toSorted()).toEqual([
      'command_duration_seconds_count{module="counted",command="test",result="error"} 2',
      'command_duration_seconds_count{module="counted",command="test",result="success"} 1',
      'command_errors_total{module="counted",type="handler"} 2',
      'command_errors_total{module="counted",type="invalid_command"} 2',
      'commands_total{module="counted",platform="irc",network="libera",channel="#eevee",result="error"} 2',
      'commands_total{module="counted",platform="irc",network="libera",channel="#eevee",result="success"} 1',
    ]);
    expect(log.error).toHaveBeenCalledWith(
      'a command failed',
      expect.objectContaining({ producer: 'counted', command: 'test', trace: 't-1', error: new Error('on purpose') }),
    );
  });

  it('is answered once by two replicas, while both report their stats', async () => {
    const handle = ({ text, reply }: CommandContext): unknown => reply(text);
    const modules = [await run({ handle }, {}), await run({ handle }, {})];
    for (let number = 0; number < 40; number++) call({ text: String(number), channel: `#${number % 4}` });
    await handled(...modules);
    expect(
      texts()
        .map(Number)
        .toSorted((a, b) => a - b),
    ).toEqual(Array.from({ length: 40 }, (_, number) => number));
    const stats: unknown[] = [];
    bus.router.subscribe('my.stats', { callback: (_error, msg) => void stats.push(msg.json()) });
    bus.router.publish('stats.uptime', JSON.stringify({ replyChannel: 'my.stats' }));
    await eventually(() => stats.length === 2);
    expect(bus.registered).toHaveLength(2);
  });
});

describe('a broadcast', () => {
  it('is registered, delivered once to two replicas, and answered', async () => {
    const broadcasts = [
      {
        broadcastUUID: 'b-1',
        broadcastDisplayName: 'links',
        messageFilterRegex: 'https?://',
        run: ({ user, text, reply }: CommandContext): unknown => reply(`${user} said ${text}`),
      },
    ];
    const asked: unknown[] = [];
    bus.router.subscribe('broadcast.register', { callback: (_error, msg) => void asked.push(msg.json()) });
    const modules = [await run({ broadcasts }, {}), await run({ broadcasts }, {})];
    bus.router.publish('broadcast.message.b-1', JSON.stringify({ ...place, text: 'https://example.org' }));
    await handled(...modules);
    expect(texts()).toEqual(['fox said https://example.org']);
    expect(asked).toEqual([1, 2].map(() => expect.objectContaining({ broadcastUUID: 'b-1', messageFilterRegex: 'https?://' })));
  });
});

describe('a configuration', () => {
  it('that changes reaches handlers, the router and onConfigChange', async () => {
    const limit = (calls: number) => ({ mode: 'drop' as const, level: 'user' as const, limit: calls, interval: '1m' });
    const changes: unknown[] = [];
    interface Greeting {
      greeting: string;
      calls: number;
    }
    const module = await run<Greeting>(
      {
        commands: [
          {
            commandUUID: 'c-1',
            commandDisplayName: 'test',
            regex: '^test',
            ratelimit: ({ calls }) => limit(calls),
            run: ({ config, reply }) => reply(config.greeting),
          },
        ],
        onConfigChange: ({ config }, previous) => changes.push([previous.greeting, config.greeting]),
      },
      { greeting: 'hi', calls: 1 },
    );
    await module.configure({ greeting: 'hello', calls: 1 });
    call();
    await handled(module);
    expect([texts(), bus.registered.length, changes]).toEqual([['hello'], 1, [['hi', 'hello']]]);
    await module.configure({ greeting: 'hello', calls: 2 });
    await handled(module);
    expect(bus.registered.map(({ ratelimit }) => ratelimit)).toEqual([limit(1), limit(2)]);
  });
});
