import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import { z } from 'zod';
import { log } from '../../log/log.ts';
import { startTestBot } from '../../testing/start-test-bot.ts';
import { defineModule } from '../define-module.ts';

beforeEach(() => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(log, level).mockImplementation(() => {});
});

afterEach(() => vi.restoreAllMocks());

const ratelimit = { mode: 'drop', level: 'global', limit: 0, interval: '1m' } as const;

const module = defineModule({
  name: 'reminders',
  version: '1.0.0',
  config: { greeting: 'Hi' },
  onStart: () => ({ made: 0 }),
  commands: [
    {
      commandDisplayName: 'remind',
      nickPrefixAllowed: true,
      ratelimit,
      help: { descr: 'Reminds you', aliases: ['remember'] },
      args: [
        { name: 'when', type: 'duration', description: 'How long to wait' },
        { name: 'how', type: 'choice', choices: ['loudly', 'quietly'] },
        { name: 'text', type: 'rest', required: false },
      ],
      run: ({ args, config, state, reply }) => {
        expectTypeOf(args).toEqualTypeOf<{
          readonly when: number;
          readonly how: 'loudly' | 'quietly';
          readonly text: string | undefined;
        }>();
        expectTypeOf(config).toEqualTypeOf<{ greeting: string }>();
        expectTypeOf(state).toEqualTypeOf<{ made: number }>();
        return reply(JSON.stringify([args, ++state.made]));
      },
    },
    {
      commandDisplayName: 'sum',
      ratelimit,
      help: { descr: 'Adds', params: [{ param: 'a', required: true, descr: 'First' }] },
      args: z.tuple([z.coerce.number(), z.coerce.number()]).refine(async ([a]) => Promise.resolve(a < 100), 'too large'),
      run: ({ args, reply }) => {
        expectTypeOf(args).toEqualTypeOf<[number, number]>();
        return reply(String(args[0] + args[1]));
      },
    },
    {
      commandDisplayName: 'plain',
      ratelimit,
      run: ({ args, text, reply }) => {
        expectTypeOf(args).toEqualTypeOf<undefined>();
        return reply(`${String(args)} ${text}`);
      },
    },
  ],
});

describe('a command with arguments', () => {
  it('gets them parsed, whatever its prefix and name', async () => {
    await using bot = await startTestBot(module);
    expect(await bot.say('!remind 1h30m QUIETLY  get "the" milk')).toEqual([
      '[{"when":5400000,"how":"quietly","text":"get \\"the\\" milk"},1]',
    ]);
    expect(await bot.say('eevee: remember 5s loudly')).toEqual(['[{"when":5000,"how":"loudly"},2]']);
  });

  it('answers with its usage, once and as no failure, if they do not fit', async () => {
    await using bot = await startTestBot(module);
    expect(await bot.say('!remind')).toEqual(['usage: !remind <when:duration> <how:loudly|quietly> [text…] (when is missing)']);
    expect(await bot.say('eevee: remind soon')).toEqual([
      'usage: eevee: remind <when:duration> <how:loudly|quietly> [text…] (when: "soon" is not a duration such as 90s, 1h30m or 2d)',
    ]);
    expect(bot.errors).toEqual([]);
  });

  it('may leave them to a schema, which gets the words', async () => {
    await using bot = await startTestBot(module);
    expect(await bot.say('!sum 5 "7"')).toEqual(['12']);
    expect(await bot.say('!sum five 7')).toEqual([expect.stringMatching(/^usage: !sum <a> \(a: .*number/)]);
    expect(await bot.say('!sum 5 seven')).toEqual([expect.stringMatching(/^usage: !sum <a> \(argument 2: .*number/)]);
    expect(await bot.say('!sum 500 7')).toEqual(['usage: !sum <a> (too large)']);
    expect(bot.errors).toEqual([]);
  });

  it('has help from the same declaration', async () => {
    await using bot = await startTestBot(module);
    expect(bot.help).toEqual([
      {
        from: 'reminders',
        help: [
          {
            command: 'remind',
            descr: 'Reminds you',
            aliases: ['remember'],
            params: [
              { param: 'when', required: true, descr: 'How long to wait' },
              { param: 'how', required: true, descr: 'one of loudly, quietly' },
              { param: 'text', required: false, descr: 'the rest of the text' },
            ],
          },
          { command: 'sum', descr: 'Adds', params: [{ param: 'a', required: true, descr: 'First' }] },
        ],
      },
    ]);
  });
});

describe('a command without regex and UUID', () => {
  it('is called by its name as a whole word', async () => {
    await using bot = await startTestBot(module);
    expect(bot.commands.map(({ regex }) => regex)).toEqual([
      String.raw`^(?:remind|remember)(?:\s+|$)`,
      String.raw`^sum(?:\s+|$)`,
      String.raw`^plain(?:\s+|$)`,
    ]);
    expect(await bot.say('!plain')).toEqual(['undefined ']);
    expect(await bot.say('!plain x y')).toEqual(['undefined x y']);
    expect(await bot.say('!plainer')).toEqual([]);
  });

  it('has the same UUID in every replica and release', async () => {
    await using bot = await startTestBot(module, { replicas: 2 });
    expect(bot.commands.map(({ commandUUID }) => commandUUID)).toEqual([
      '8a67f85b-da8e-86d2-8f0e-e83346a000b5',
      '21d48521-90e8-86d5-a738-003273d4a679',
      '4bf0b673-7eb3-8547-9efe-214ec3c1a265',
    ]);
  });
});
