import { expect, expectTypeOf, it } from 'vitest';
import { type BotModule, type CommandContext, type ModuleContext, type ModuleDefinition, type Msg, defineModule } from '../index.ts';
import { startTestBot } from '../testing/index.ts';

// Compiling is half of the test.

const where = ({ platform, nick }: CommandContext): string => `${nick} on ${platform}`;
const subjectOf = ({ subject }: Pick<Msg, 'subject'>): string => subject;

it('a definition needs no casts and no unused parameters', async () => {
  const limited = defineModule({
    name: 'limited',
    version: '1.0.0',
    config: { ratelimit: { mode: 'drop', level: 'user', limit: 1, interval: '1m' } },
    commands: [
      {
        commandUUID: 'c-1',
        commandDisplayName: 'where',
        regex: '^where$',
        help: { descr: 'Says where you are' },
        ratelimit: ({ ratelimit }) => ratelimit,
        run: (ctx) => ctx.reply(where(ctx)),
      },
    ],
  });
  await using bot = await startTestBot(limited);
  expect(await bot.say('!where', { nick: 'fox' })).toEqual(['fox on test']);
  expect(await bot.say('!where', { nick: 'fox' })).not.toContain('fox on test');
  expect(bot.help).toMatchObject([{ help: [{ command: 'where', descr: 'Says where you are', params: [] }] }]);
  expect(subjectOf({ subject: 's' })).toBe('s');
  await expect(startTestBot(limited, { config: { ratelimit: { mode: 'wait' } } })).rejects.toThrow('mode must be drop or enqueue');
});

const named = { name: 'stateful', version: '1.0.0' };
const count = { commandUUID: 'c-1', commandDisplayName: 'count', regex: '^count$' };

it('the result of onStart is the state of every context, with its type', async () => {
  const seen: unknown[] = [];
  const counting = defineModule({
    ...named,
    config: { from: 5 },
    onStart: async ({ config, state }) => {
      expectTypeOf(state).toEqualTypeOf<undefined>();
      await Promise.resolve();
      return { calls: config.from };
    },
    commands: [
      {
        ...count,
        run: ({ state, module, reply }) => {
          expectTypeOf(state).toEqualTypeOf<{ calls: number }>();
          expectTypeOf(module.state).toEqualTypeOf<{ calls: number }>();
          return reply(`${++state.calls} of ${module.state === state}`);
        },
      },
    ],
    broadcasts: [
      { broadcastUUID: 'b-1', broadcastDisplayName: 'all', messageFilterRegex: '^look', run: ({ state }) => seen.push(state.calls) },
    ],
    events: [{ eventType: '^join$', run: ({ state }) => seen.push(state.calls) }],
    onConfigChange: ({ state }) => seen.push(state.calls),
    onStop: ({ state }) => {
      expectTypeOf(state).toEqualTypeOf<{ calls: number } | undefined>();
      seen.push(state?.calls);
    },
  });
  await using bot = await startTestBot(counting);
  expectTypeOf(bot.module.state).toEqualTypeOf<{ calls: number }>();
  expect([await bot.say('!count'), await bot.say('!count')]).toEqual([['6 of true'], ['7 of true']]);
  await bot.say('look');
  await bot.event({ eventType: 'join' });
  await bot.changeConfig({ from: 1 });
  await bot.stop();
  expect([bot.module.state, seen]).toEqual([{ calls: 7 }, [7, 7, 7, 7]]);
});

it('a module without onStart has no state', async () => {
  const stateless = defineModule({
    ...named,
    commands: [
      {
        ...count,
        run: ({ state, reply }) => {
          expectTypeOf(state).toEqualTypeOf<undefined>();
          return reply(String(state));
        },
      },
    ],
  });
  await using bot = await startTestBot(stateless);
  expect(await bot.say('!count')).toEqual(['undefined']);
});

it('an onStart below the handlers may return anything, as before there was a state', () => {
  const started: string[] = [];
  const former: BotModule<{ a: number }> = defineModule({
    ...named,
    config: { a: 1 },
    commands: [{ ...count, run: ({ reply }) => reply('') }],
    onStart: ({ name }) => started.push(name),
  });
  expect(former.definition.onStart).toBeTypeOf('function');
});

it('types with only a configuration still name every module and context', () => {
  const definition: ModuleDefinition<{ a: number }> = { ...named, onStart: ({ config }) => config.a };
  const nameOf = ({ name }: ModuleContext<{ a: number }>): string => name;
  const module: BotModule<{ a: number }> = defineModule<{ a: number }>({ ...named, config: { a: 1 }, onStop: nameOf });
  const again: BotModule<{ a: number }>[] = [defineModule(definition), defineModule<{ a: number }>(definition)];
  expect([module, ...again].map(({ definition: { name } }) => name)).toEqual(['stateful', 'stateful', 'stateful']);
});
