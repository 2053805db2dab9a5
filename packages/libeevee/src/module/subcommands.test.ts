import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import { log } from '../log/log.ts';
import { register } from '../metrics/registry.ts';
import { startTestBot } from '../testing/start-test-bot.ts';
import { defineModule } from './define-module.ts';
import { definitionProblems } from './definition-problems.ts';

beforeEach(() => {
  register.resetMetrics();
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(log, level).mockImplementation(() => {});
});

afterEach(() => vi.restoreAllMocks());

const ratelimit = { mode: 'drop', level: 'global', limit: 0, interval: '1m' } as const;

const reminders = defineModule({
  name: 'reminders',
  version: '1.0.0',
  config: { most: 5 },
  onStart: () => ({ made: 0 }),
  commands: [
    {
      commandDisplayName: 'remind',
      ratelimit,
      ignoreCase: true,
      help: { descr: 'Reminders' },
      timeoutMs: 20,
      onTimeout: ({ reply }) => reply('too slow'),
      subcommands: [
        {
          name: 'me',
          help: { descr: 'Reminds you', aliases: ['myself'] },
          args: [
            { name: 'when', type: 'duration' },
            { name: 'text', type: 'rest' },
          ],
          run: ({ args, config, state, text, reply }) => {
            expectTypeOf(args).toEqualTypeOf<{ readonly when: number; readonly text: string }>();
            expectTypeOf(config).toEqualTypeOf<{ most: number }>();
            expectTypeOf(state).toEqualTypeOf<{ made: number }>();
            return reply(`${args.when} ${args.text} (${text}) ${++state.made} of ${config.most}`);
          },
        },
        {
          name: 'list',
          run: ({ args, reply }) => {
            expectTypeOf(args).toEqualTypeOf<undefined>();
            return reply('none');
          },
        },
        { name: 'wait', run: () => new Promise(() => {}) },
        { name: 'linger', timeoutMs: 30, onTimeout: ({ reply }) => reply('lingered'), run: () => new Promise(() => {}) },
      ],
    },
  ],
});

describe('subcommands', () => {
  it('are chosen by their name or alias, and get what follows', async () => {
    await using bot = await startTestBot(reminders);
    expect(await bot.say('!remind me 5s  get milk')).toEqual(['5000 get milk (5s  get milk) 1 of 5']);
    expect(await bot.say('!REMIND Myself 1m tea')).toEqual(['60000 tea (1m tea) 2 of 5']);
    expect(await bot.say('!remind list')).toEqual(['none']);
    expect(await register.metrics()).toContain('command_duration_seconds_count{module="reminders",command="remind me",result="success"} 2');
  });

  it('that are unknown or missing are answered with how to call each', async () => {
    await using bot = await startTestBot(reminders);
    const usage = 'usage: !remind me <when:duration> <text…> | remind list | remind wait | remind linger';
    expect(await bot.say('!remind')).toEqual([`${usage} (the subcommand is missing)`]);
    expect(await bot.say('!remind you 5s')).toEqual([`${usage} (there is no such subcommand)`]);
    expect(await bot.say('!remind me')).toEqual(['usage: !remind me <when:duration> <text…> (when is missing)']);
    expect(bot.errors).toEqual([]);
  });

  it('inherit the limits and hooks of their command, or have their own', async () => {
    await using bot = await startTestBot(reminders);
    expect(await bot.say('!remind wait')).toEqual(['too slow']);
    expect(await bot.say('!remind linger')).toEqual(['lingered']);
    expect(bot.errors).toMatchObject([
      { name: 'remind wait', error: { message: 'the handler took longer than 20 ms' } },
      { name: 'remind linger', error: { message: 'the handler took longer than 30 ms' } },
    ]);
  });

  it('are listed by help', async () => {
    await using bot = await startTestBot(reminders);
    expect(bot.help).toMatchObject([
      {
        help: [
          { command: 'remind', descr: 'Reminders', params: [{ param: 'me|list|wait|linger', required: true, descr: '' }] },
          { command: 'remind me', aliases: ['remind myself'], params: [{ param: 'when' }, { param: 'text' }] },
        ],
      },
    ]);
  });

  it.each([
    [{ subcommands: [] }, 'commands[0].subcommands must have at least one'],
    [{ subcommands: {} }, 'commands[0].subcommands must be a list'],
    [{ subcommands: [{ run }] }, 'commands[0].subcommands[0].name must be a word without spaces'],
    [{ subcommands: [{ name: 'a' }] }, 'commands[0].subcommands[0].run must be a function'],
    [
      { subcommands: [{ name: 'a', run, args: [{ name: 'x' }] }] },
      'commands[0].subcommands[0].args[0].type must be one of string, rest, integer, number, duration, nick, choice',
    ],
    [
      { subcommands: [{ name: 'a', run, args: [], help: { descr: 'x', params: [] } }] },
      'commands[0].subcommands[0].help.params must be omitted: help lists args',
    ],
    [
      {
        subcommands: [
          { name: 'a', run },
          { name: 'b', run, help: { descr: 'x', aliases: ['a'] } },
        ],
      },
      'commands[0].subcommands: "a" is used twice',
    ],
    [
      {
        ignoreCase: true,
        subcommands: [
          { name: 'a', run },
          { name: 'A', run },
        ],
      },
      'commands[0].subcommands: "A" is used twice',
    ],
    [{ subcommands: [{ name: 'a', run }], run }, 'commands[0].run must be omitted: each subcommand has its own'],
    [{ subcommands: [{ name: 'a', run }], args: [] }, 'commands[0].args must be omitted: each subcommand has its own args'],
    [
      { subcommands: [{ name: 'a', run }], help: { descr: 'x', params: [] } },
      'commands[0].help.params must be omitted: help lists subcommands',
    ],
    [{ subcommands: [{ name: 'a', run, use: [5] }] }, 'commands[0].subcommands[0].use[0] must be a function'],
  ])('%j have the problem: %s', (fields, problem) => {
    expect(definitionProblems({ name: 'm', version: '1', commands: [{ commandDisplayName: 'c', ...fields }] })).toEqual([problem]);
  });
});

function run(): void {}
