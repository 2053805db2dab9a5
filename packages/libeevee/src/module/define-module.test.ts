import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import { z } from 'zod';
import { log } from '../log/log.ts';
import { startTestBot } from '../testing/start-test-bot.ts';
import { defineModule } from './define-module.ts';

const command = { commandUUID: 'c-1', commandDisplayName: 'weather', regex: '^weather$' };

beforeEach(() => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(log, level).mockImplementation(() => {});
});

afterEach(() => vi.restoreAllMocks());

describe('a module', () => {
  it('gets the output of a zod schema for its file, with the right type', async () => {
    const weather = defineModule({
      name: 'weather',
      version: '1.0.0',
      config: z.object({ city: z.string().default('Oslo'), days: z.coerce.number().int().positive().default(3) }),
      commands: [
        {
          ...command,
          run: ({ config, reply }) => {
            expectTypeOf(config).toEqualTypeOf<{ city: string; days: number }>();
            return reply(`${config.city}, ${config.days} days`);
          },
        },
      ],
    });
    await using bot = await startTestBot(weather, { config: { days: '5' } });
    expect(await bot.say('!weather')).toEqual(['Oslo, 5 days']);
    await expect(bot.changeConfig({ city: 5, days: 0 })).rejects.toThrow(/city: .*; days: /);
    expect(await bot.say('!weather')).toEqual(['Oslo, 5 days']);
    await bot.changeConfig({ city: 'Bergen' });
    expect(await bot.say('!weather')).toEqual(['Bergen, 3 days']);
  });

  it('does not start without a field that its schema requires', async () => {
    const weather = defineModule({ name: 'weather', version: '1.0.0', config: z.object({ apiKey: z.string() }) });
    await expect(startTestBot(weather)).rejects.toThrow(/^the configuration is not valid: apiKey: /);
  });

  it('infers the type of its defaults', async () => {
    const weather = defineModule({
      name: 'weather',
      version: '1.0.0',
      config: { city: 'Oslo', days: 3, units: ['C'] },
      commands: [
        {
          ...command,
          run: ({ config, reply }) => {
            expectTypeOf(config).toEqualTypeOf<{ city: string; days: number; units: string[] }>();
            return reply(config.city.toUpperCase());
          },
        },
      ],
      onConfigChange: ({ config, log: own }, previous) => own.info(`from ${previous.city} to ${config.city}`),
    });
    await using bot = await startTestBot(weather);
    expect(await bot.say('!weather')).toEqual(['OSLO']);
    await bot.changeConfig({ city: 'Bergen' });
    expect(log.info).toHaveBeenCalledWith('from Oslo to Bergen', { producer: 'weather' });
  });

  it('follows its configuration although an earlier onConfigChange hangs', async () => {
    const weather = defineModule({
      ...{ name: 'weather', version: '1.0.0', timeoutMs: 20 },
      config: { city: 'Oslo' },
      onConfigChange: ({ config }) => (config.city === 'Bergen' ? new Promise(() => {}) : undefined),
      commands: [{ ...command, run: ({ config, reply }) => reply(config.city) }],
    });
    await using bot = await startTestBot(weather);
    await expect(bot.changeConfig({ city: 'Bergen' })).rejects.toThrow(/^onConfigChange took longer than 20 ms/);
    await bot.changeConfig({ city: 'Rome' });
    expect(await bot.say('!weather')).toEqual(['Rome']);
  });

  it('has commands that are called in any case, by their aliases too', async () => {
    const dice = defineModule({
      name: 'dice',
      version: '1.0.0',
      commands: [
        {
          commandDisplayName: 'roll',
          ignoreCase: true,
          help: { descr: 'Rolls', aliases: ['Würfeln'] },
          run: ({ text, reply }) => reply(`rolls ${text}`),
        },
        { commandDisplayName: 'deal', run: ({ reply }) => reply('deals') },
      ],
    });
    await using bot = await startTestBot(dice);
    for (const call of ['!roll 6', '!ROLL 6', '!rOlL 6', '!würfeln 6', '!WÜRFELN 6']) expect(await bot.say(call)).toEqual(['rolls 6']);
    expect([await bot.say('!deal'), await bot.say('!DEAL'), await bot.say('!rolls')]).toEqual([['deals'], [], []]);
  });

  it('needs no configuration', async () => {
    const weather = defineModule({ name: 'weather', version: '1.0.0', commands: [{ ...command, run: ({ action }) => action('shrugs') }] });
    await using bot = await startTestBot(weather);
    expect(await bot.say('!weather')).toEqual(['/me shrugs']);
  });
});
