import { expect, it } from 'vitest';
import { type CommandContext, type Msg, defineModule } from '../index.ts';
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
