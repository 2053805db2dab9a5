import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UserError } from '../errors.ts';
import { log } from '../log/log.ts';
import { startTestBot } from '../testing/start-test-bot.ts';
import { withThen } from '../../test/thenables.ts';
import type { HandlerContext } from './contexts.ts';
import { defineModule } from './define-module.ts';
import type { Middleware } from './middleware.ts';
import { defineSchedule } from './schedule-definition.ts';

beforeEach(() => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(log, level).mockImplementation(() => {});
});

afterEach(() => vi.restoreAllMocks());

const ratelimit = { mode: 'drop', level: 'global', limit: 0, interval: '1m' } as const;
const said: string[] = [];

beforeEach(() => void said.splice(0));

const named =
  (name: string): Middleware<HandlerContext> =>
  async (_ctx, next) => {
    said.push(`${name} begins`);
    await next();
    said.push(`${name} ends`);
  };

const run = ({ handler: { kind, name } }: HandlerContext): unknown => said.push(`${kind} ${name}`);

const moduleWith = (use: readonly Middleware<HandlerContext>[], handle: (ctx: HandlerContext) => unknown = run) =>
  defineModule({
    name: 'm',
    version: '1.0.0',
    timeoutMs: 50,
    use,
    commands: [
      { commandDisplayName: 'do', ratelimit, use: [named('own')], args: [{ name: 'n', type: 'integer', required: false }], run: handle },
      { commandDisplayName: 'group', ratelimit, use: [named('group')], subcommands: [{ name: 'sub', use: [named('sub')], run: handle }] },
    ],
    broadcasts: [{ broadcastUUID: 'b-1', broadcastDisplayName: 'all', messageFilterRegex: '^hello', use: [named('own')], run: handle }],
    events: [{ eventType: '^join$', eventDisplayName: 'joins', use: [named('own')], run: handle }],
  });

describe('middleware', () => {
  it('runs around commands, subcommands, broadcasts and events: of the module first, of the handler last', async () => {
    await using bot = await startTestBot(moduleWith([named('one'), named('two')]));
    const around = (handler: string, own = ['own']): string[] => [
      ...['one', 'two', ...own].map((name) => `${name} begins`),
      handler,
      ...[...own.toReversed(), 'two', 'one'].map((name) => `${name} ends`),
    ];
    await bot.say('!do 5');
    expect(said.splice(0)).toEqual(around('command do'));
    await bot.say('!group sub');
    expect(said.splice(0)).toEqual(around('command group sub', ['group', 'sub']));
    await bot.say('hello');
    expect(said.splice(0)).toEqual(around('broadcast all'));
    await bot.event({ eventType: 'join' });
    expect(said.splice(0)).toEqual(around('event joins'));
    expect(bot.errors).toEqual([]);
  });

  it('runs around schedules', async () => {
    const later = defineSchedule({ name: 'later', run: (ctx) => run(ctx) });
    const module = defineModule({
      name: 'm',
      version: '1.0.0',
      use: [named('one')],
      schedules: [later],
      commands: [
        { commandDisplayName: 'wait', run: (ctx) => void ctx.module.schedule.after('1m', later, { to: ctx, payload: undefined }) },
      ],
    });
    await using bot = await startTestBot(module);
    await bot.say('!wait');
    said.splice(0);
    await bot.advance('1m');
    expect(said).toEqual(['one begins', 'schedule later', 'one ends']);
  });

  it('may answer and stop, and sees the handler answer after next()', async () => {
    const asleep: Middleware<HandlerContext> = ({ nick, reply }, next) => (nick === 'owl' ? reply('asleep') : next());
    await using bot = await startTestBot(moduleWith([asleep], ({ reply }) => reply('done')));
    expect(await bot.say('!do', { nick: 'owl' })).toEqual(['asleep']);
    expect(await bot.say('!do', { nick: 'fox' })).toEqual(['done']);
  });

  it('sees errors of the handler, of arguments and of other middleware, and may replace them', async () => {
    const translated: Middleware<HandlerContext> = async (_ctx, next) => {
      try {
        await next();
      } catch (error) {
        throw new UserError(`translated: ${String(error)}`, { cause: error });
      }
    };
    await using bot = await startTestBot(
      moduleWith([translated], () => {
        throw new RangeError('no answer');
      }),
    );
    expect(await bot.say('!do')).toEqual(['translated: RangeError: no answer']);
    expect(await bot.say('!do x')).toEqual(['translated: UserError: usage: !do [n:integer] (n: "x" is not a whole number)']);
    expect(said).toEqual(['own begins']);
    expect(bot.errors).toEqual([]);
  });

  it('that does not await next(): its handler is still awaited, and errors are counted', async () => {
    const careless: Middleware<HandlerContext> = (_ctx, next) => {
      void next();
    };
    await using bot = await startTestBot(
      moduleWith([careless], async ({ reply }) => {
        await reply('done');
        throw new Error('on purpose');
      }),
    );
    expect(await bot.say('!do')).toEqual(['done']);
    expect(bot.errors).toMatchObject([{ name: 'do', result: 'error', error: { message: 'on purpose' } }]);
  });

  it.each<[string, Middleware<HandlerContext>]>([
    ['returns at once', (_ctx, next) => void next()],
    ['is async', async (_ctx, next) => void next()],
  ])('that does not await next() and %s does not hide that its handler threw at once', async (_which, careless) => {
    await using bot = await startTestBot(
      defineModule({
        name: 'm',
        version: '1.0.0',
        use: [careless],
        commands: [
          {
            commandDisplayName: 'do',
            run: () => {
              throw new Error('at once');
            },
          },
        ],
      }),
    );
    await bot.say('!do');
    expect(bot.errors).toMatchObject([{ name: 'do', result: 'error', error: { message: 'at once' } }]);
  });

  it.each<[string, Middleware<HandlerContext>]>([
    [
      'after the other',
      async (_ctx, next) => {
        await next();
        await next().catch(() => {});
      },
    ],
    ['at once', (_ctx, next) => void [next(), next().catch(() => {})]],
    ['at once, and returns the first', (_ctx, next) => [next(), next().catch(() => {})][0]],
  ])('that calls next() twice, one %s, is a failure, and the handler runs once', async (_which, twice) => {
    await using bot = await startTestBot(moduleWith([twice]));
    await bot.say('!do');
    expect(said.filter((line) => line === 'command do')).toHaveLength(1);
    expect(bot.errors).toMatchObject([
      { result: 'error', error: { code: 'EEVEE_NEXT_MISUSED', message: 'a middleware of do called next() twice' } },
    ]);
  });

  it('that calls next() after it ended does not run the handler', async () => {
    const nexts: (() => Promise<void>)[] = [];
    await using bot = await startTestBot(moduleWith([(_ctx, next) => void nexts.push(next)]));
    await bot.say('!do');
    await expect(nexts[0]?.()).rejects.toMatchObject({ code: 'EEVEE_NEXT_MISUSED' });
    expect([said, bot.errors]).toEqual([[], []]);
    expect(log.error).toHaveBeenCalledWith('next() has no effect', expect.objectContaining({ producer: 'm' }));
  });

  it('runs handlers that answer at once or later, whether it is async or not', async () => {
    const around: Middleware<HandlerContext>[] = [(_ctx, next) => next(), async (_ctx, next) => next(), async (_ctx, next) => await next()];
    for (const use of [around, around.toReversed()]) {
      await using now = await startTestBot(moduleWith(use, ({ reply }) => reply('now')));
      expect(await now.say('!do')).toEqual(['now']);
      const later = async ({ reply }: HandlerContext): Promise<void> => {
        await Promise.resolve();
        await reply('later');
      };
      await using bot = await startTestBot(moduleWith(use, later));
      expect(await bot.say('!do')).toEqual(['later']);
      expect([...now.errors, ...bot.errors]).toEqual([]);
    }
  });

  it('may return any thenable, which is asked once and whose failure is that of the handler', async () => {
    let asked = 0;
    const then = (resolve: () => unknown, reject: (error: Error) => unknown): unknown => {
      asked++;
      return Promise.reject(new Error('on purpose')).then(resolve, reject);
    };
    const lazy = (): unknown => withThen({}, then);
    class OwnPromise extends Promise<void> {}
    const answers: (() => unknown)[] = [lazy, () => OwnPromise.reject(new Error('on purpose'))];
    for (const answer of answers) {
      await using bot = await startTestBot(moduleWith([() => answer()]));
      await bot.say('!do');
      await using after = await startTestBot(moduleWith([(_ctx, next) => [next(), answer()][1]]));
      await after.say('!do');
      expect([bot, after].map(({ errors }) => errors)).toMatchObject([
        [{ name: 'do', error: { message: 'on purpose' } }],
        [{ name: 'do', error: { message: 'on purpose' } }],
      ]);
    }
    expect(asked).toBe(2);
  });

  it('counts towards the time of its handler, which does not start after it', async () => {
    const slow: Middleware<HandlerContext> = async ({ signal }, next) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await next();
    };
    await using bot = await startTestBot(moduleWith([slow]));
    await bot.say('!do');
    expect(said).toEqual([]);
    expect(bot.errors).toMatchObject([{ result: 'timeout', error: { code: 'EEVEE_HANDLER_TIMEOUT' } }]);
  });

  it('shares locals with the handler, for one message', async () => {
    const counted: Middleware<HandlerContext> = async ({ locals }, next) => {
      Object.assign(locals, { number: said.push('x') });
      await next();
    };
    await using bot = await startTestBot(moduleWith([counted], ({ locals, reply }) => reply(JSON.stringify(locals))));
    expect([await bot.say('!do'), await bot.say('hello')]).toEqual([['{"number":1}'], ['{"number":4}']]);
  });
});
