import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AskOptions, UnansweredError, defineModule, registerCommand } from '../index.ts';
import { log } from '../log/log.ts';
import { startTestBot } from '../testing/index.ts';

beforeEach(() => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(log, level).mockImplementation(() => {});
});

afterEach(() => vi.restoreAllMocks());

const place = { name: 'asking', version: '1.0.0' };

const asking = (options?: AskOptions, timeoutMs = 30_000) =>
  defineModule({
    ...place,
    timeoutMs,
    commands: [
      {
        commandUUID: 'c-1',
        commandDisplayName: 'weather',
        regex: '^weather$',
        run: async ({ ask, reply }) => reply(`sunny in ${await ask('Which city?', options)}`),
      },
      { commandUUID: 'c-2', commandDisplayName: 'ping', regex: '^ping$', run: ({ reply }) => reply('pong') },
    ],
  });

describe('a question', () => {
  it('is answered by the next message of the same person in the same channel', async () => {
    await using bot = await startTestBot(asking(), { speaker: { nick: 'fox' } });
    expect(await bot.say('!weather')).toEqual(['Which city?']);
    expect(await bot.say('Paris', { nick: 'owl' })).toEqual([]);
    expect(await bot.say('Rome', { channel: '#other' })).toEqual([]);
    expect(await bot.say('Berlin')).toEqual(['sunny in Berlin']);
    expect(await bot.say('Oslo')).toEqual([]);
    expect([bot.errors, bot.broadcasts]).toEqual([[], []]);
  });

  it('may be answered in private, in any case, with the nick of the bot in front', async () => {
    await using bot = await startTestBot(asking(), { speaker: { nick: 'Fox' } });
    expect(await bot.say('!weather', { private: true })).toEqual(['Which city?']);
    expect(await bot.say('Eevee: Berlin', { private: true })).toEqual(['sunny in Berlin']);
  });

  it('requests only the messages of that person, only while it waits', async () => {
    await using bot = await startTestBot(asking(), { speaker: { nick: 'a.b[c]' } });
    await bot.say('!weather');
    expect(bot.broadcasts).toEqual([
      expect.objectContaining({ platform: '^test$', instance: '^test$', channel: '^#test$', nick: String.raw`^a\.b\[c\]$` }),
    ]);
    expect(await bot.say('x', { nick: 'a-b[c]' })).toEqual([]);
    expect(await bot.say('Berlin')).toEqual(['sunny in Berlin']);
    expect(bot.broadcasts).toEqual([]);
  });

  it('does not hold up other messages of the channel, and is not answered by a command', async () => {
    await using bot = await startTestBot(asking(), { speaker: { nick: 'fox' } });
    await bot.say('!weather');
    expect(await bot.say('!ping', { nick: 'owl' })).toEqual(['pong']);
    expect(await bot.say('!ping')).toEqual(['pong']);
    expect(await bot.say('Berlin')).toEqual(['sunny in Berlin']);
  });

  it('is not answered by a call of another module, limited or not, but by a text that a command without prefix matches', async () => {
    await using bot = await startTestBot(asking(), { speaker: { nick: 'fox' } });
    const other = { commandUUID: 'other', ratelimit: { mode: 'drop', level: 'user', limit: 1, interval: '1h' } } as const;
    const commands = [
      { ...other, commandDisplayName: 'news', regex: '^news(?!x)', nickPrefixAllowed: true },
      { commandUUID: 'bare', commandDisplayName: 'bare', regex: '^Ber', platformPrefixAllowed: false },
    ];
    for (const each of commands) await Promise.all(await registerCommand(bot.module.nats, each));
    await bot.settled();
    await bot.say('!weather');
    for (const call of ['!news', '!news', 'eevee: news']) expect(await bot.say(call)).toEqual([]);
    expect(await bot.say('Berlin')).toEqual(['sunny in Berlin']);
  });

  it('of a user who is logged in is not answered by another who has the nick', async () => {
    await using bot = await startTestBot(asking(), { speaker: { nick: 'fox', account: 'fox' } });
    await bot.say('!weather');
    expect(await bot.say('Rome', { account: 'owl' })).toEqual([]);
    expect(await bot.say('Oslo', { account: '' })).toEqual([]);
    expect(await bot.say('Berlin')).toEqual(['sunny in Berlin']);
  });

  it.each([
    ['a promise', () => Promise.reject(new Error('on purpose'))],
    ['a value of type number', () => 5],
  ])('fails when validate returns %s', async (returned, validate) => {
    await using bot = await startTestBot(asking({ validate: validate as unknown as () => undefined }), { speaker: { nick: 'fox' } });
    await bot.say('!weather');
    expect(await bot.say('Berlin')).toEqual([]);
    const message = expect.stringMatching(`^validate returned ${returned}: it must be synchronous`) as string;
    expect(bot.errors).toMatchObject([{ result: 'error', error: { code: 'EEVEE_ASK_REFUSED', message } }]);
  });

  it('is open once per person and channel', async () => {
    await using bot = await startTestBot(asking(), { speaker: { nick: 'fox' } });
    await bot.say('!weather');
    expect(await bot.say('!weather', { nick: 'owl' })).toEqual(['Which city?']);
    expect(await bot.say('!weather')).toEqual(['please answer my question first: Which city?']);
    expect(await bot.say('Berlin')).toEqual(['sunny in Berlin']);
    expect(await bot.say('Oslo', { nick: 'owl' })).toEqual(['sunny in Oslo']);
  });

  it('ends at its time limit, which the person reads unless the handler catches it', async () => {
    await using bot = await startTestBot(asking({ timeout: '90s' }));
    await bot.say('!weather');
    expect(await bot.advance('89s')).toEqual([]);
    expect(await bot.advance('1s')).toEqual(['there was no answer within 1m30s']);
    expect([await bot.say('Berlin'), bot.errors, bot.broadcasts]).toEqual([[], [], []]);
  });

  it('lets the handler continue without an answer', async () => {
    const run = async ({ ask, reply }: { ask: (text: string) => Promise<string>; reply: (text: string) => Promise<void> }) => {
      const city = await ask('Which city?').catch((error: unknown) => (error instanceof UnansweredError ? 'Berlin' : 'failed'));
      await reply(`sunny in ${city}`);
    };
    await using bot = await startTestBot(
      defineModule({ ...place, commands: [{ commandUUID: 'c-1', commandDisplayName: 'w', regex: '^weather$', run }] }),
    );
    await bot.say('!weather');
    expect(await bot.advance('1m')).toEqual(['sunny in Berlin']);
  });

  it('is asked again after an invalid answer', async () => {
    const validate = (answer: string) => (/^\d+$/.test(answer) ? undefined : `${answer} is not a number`);
    await using bot = await startTestBot(asking({ validate }));
    await bot.say('!weather');
    expect(await bot.say('abc')).toEqual(['abc is not a number']);
    expect(await bot.say('42')).toEqual(['sunny in 42']);
  });

  it('fails with the error of its validation', async () => {
    const validate = () => {
      throw new TypeError('broken');
    };
    await using bot = await startTestBot(asking({ validate }));
    await bot.say('!weather');
    expect(await bot.say('x')).toEqual([]);
    expect(bot.errors).toEqual([expect.objectContaining({ name: 'weather', result: 'error', error: expect.any(TypeError) as unknown })]);
  });

  it('suspends the time limit of the handler', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      await using bot = await startTestBot(asking({ timeout: '5m' }, 1_000));
      await bot.say('!weather');
      await bot.advance('4m');
      expect(await bot.say('Berlin')).toEqual(['sunny in Berlin']);
    } finally {
      vi.useRealTimers();
    }
  });

  it('keeps the handler in its turn after the answer', async () => {
    const order: string[] = [];
    const go = Promise.withResolvers<void>();
    const module = defineModule({
      ...place,
      commands: [
        {
          commandUUID: 'c-1',
          commandDisplayName: 'slow',
          regex: '^slow$',
          run: async ({ ask }) => {
            order.push(`answered ${await ask('?')}`);
            await go.promise;
            order.push('slow is done');
          },
        },
        { commandUUID: 'c-2', commandDisplayName: 'ping', regex: '^ping$', run: () => order.push('ping') },
      ],
    });
    await using bot = await startTestBot(module);
    await bot.say('!slow');
    const said = [bot.say('yes'), bot.say('!ping', { nick: 'owl' })];
    await vi.waitFor(() => expect(order).toEqual(['answered yes']));
    go.resolve();
    await Promise.all(said);
    expect(order).toEqual(['answered yes', 'slow is done', 'ping']);
  });

  it.each(['soon', 0, '2d', Number.NaN])('refuses the time limit %j', async (timeout) => {
    await using bot = await startTestBot(asking({ timeout }));
    expect(await bot.say('!weather')).toEqual([]);
    expect(bot.errors).toEqual([expect.objectContaining({ error: expect.objectContaining({ code: 'EEVEE_ASK_REFUSED' }) as unknown })]);
  });

  it('is given up when the module stops', async () => {
    const bot = await startTestBot(asking());
    await bot.say('!weather');
    await bot.stop();
    expect(bot.errors).toEqual([
      expect.objectContaining({ result: 'stopped', error: expect.objectContaining({ code: 'EEVEE_MODULE_STOPPED' }) as unknown }),
    ]);
  });

  it('bounds the number of open questions', async () => {
    await using bot = await startTestBot(asking());
    for (let index = 0; index < 100; index++) expect(await bot.say('!weather', { nick: `fox${index}` })).toEqual(['Which city?']);
    expect(await bot.say('!weather', { nick: 'owl' })).toEqual(['too many questions wait for an answer: please try again later']);
    expect(await bot.say('Berlin', { nick: 'fox7' })).toEqual(['sunny in Berlin']);
    expect(await bot.say('!weather', { nick: 'owl' })).toEqual(['Which city?']);
  });
});
