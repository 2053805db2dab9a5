import { describe, expect, it, vi } from 'vitest';
import { defaultRateLimit } from '../chat/rate-limit.ts';
import { log } from '../log/log.ts';
import { configDefaults, configOrigin, validConfig } from './config.ts';
import type { CommandDefinition } from './command-definition.ts';

import type { StandardResult, StandardSchema } from './fields/standard-schema.ts';

interface Weather {
  city: string;
}

/** A schema as libraries with asynchronous validation create it. */
const weather: StandardSchema<Weather> = {
  '~standard': {
    version: 1,
    vendor: 'by hand',
    validate: async (value): Promise<StandardResult<Weather>> => {
      const city: unknown = Reflect.get(Object(value), 'city') ?? 'Oslo';
      if (typeof city === 'string') return { value: { city } };
      return { issues: [{ message: 'expected a city', path: ['city'] }, { message: 'and no more' }] };
    },
  },
};

const command = <Config>(ratelimit: CommandDefinition<Config>['ratelimit']): CommandDefinition<Config> => ({
  commandUUID: 'c-1',
  commandDisplayName: 'echo',
  regex: '^echo',
  ...(ratelimit === undefined ? {} : { ratelimit }),
  run: () => {},
});

describe('the configuration of a module', () => {
  it('is the output of the schema for the file, with defaults filled in', async () => {
    expect(configDefaults({ config: weather })).toEqual({});
    expect(await validConfig({ config: weather }, {})).toEqual({ city: 'Oslo' });
  });

  it('warns about keys that the schema drops', async () => {
    const warn = vi.spyOn(log, 'warn').mockImplementation(() => {});
    await validConfig({ config: weather }, { citty: 'Bergen' });
    expect(warn.mock.calls.map(([message]) => message)).toEqual(['The configuration has an unknown key: citty (did you mean city?)']);
    warn.mockRestore();
  });

  it('is rejected with every issue of the schema, naming the fields', async () => {
    await expect(validConfig({ config: weather }, { city: 5 })).rejects.toMatchObject({
      code: 'EEVEE_CONFIG_INVALID',
      message: 'the configuration is not valid: city: expected a city; and no more',
    });
  });

  it('is rejected with the file that it comes from', async () => {
    vi.stubEnv('MODULE_CONFIG_PATH', '/etc/module-config/config.yaml');
    await expect(validConfig({ config: weather }, { city: 5 }, configOrigin())).rejects.toThrow(
      'the configuration file /etc/module-config/config.yaml is not valid: city: expected a city',
    );
    vi.stubEnv('MODULE_CONFIG_PATH', '');
    await expect(validConfig({ config: weather }, { city: 5 }, configOrigin())).rejects.toThrow(
      'the configuration, which has no file because MODULE_CONFIG_PATH is not set, is not valid: city: expected a city',
    );
    vi.unstubAllEnvs();
  });

  it('is rejected without quoting its values, which may be secrets', async () => {
    const quoting: StandardSchema<never> = {
      '~standard': {
        version: 1,
        vendor: 'by hand',
        validate: (value): StandardResult<never> => ({
          issues: [
            {
              message: `Invalid type: Expected number but received ${JSON.stringify(Reflect.get(Object(value), 'token'))}`,
              path: ['token'],
            },
            { message: `found ${JSON.stringify(value)}` },
          ],
        }),
      },
    };
    const secret = 'hunter2 "and" more';
    const refused = await validConfig({ config: quoting }, { token: secret, more: [{ deep: 'deep-secret' }] }).catch(String);
    expect(refused).toContain('token: Invalid type: Expected number but received "…"');
    expect(refused).not.toMatch(/hunter2|deep-secret/);
  });

  it('is the file merged over plain defaults', async () => {
    const config = { greeting: 'hi' };
    expect(configDefaults({ config })).toBe(config);
    expect(await validConfig({ config }, { greeting: 'hello' })).toEqual({ greeting: 'hello' });
    await expect(validConfig({ config }, { greeting: 5 })).rejects.toThrow('greeting: expected a string, found a number');
  });

  it('is empty if none is defined', async () => {
    expect(configDefaults({})).toEqual({});
    expect(await validConfig({}, { left: 'unchanged' })).toEqual({ left: 'unchanged' });
  });

  it('is rejected when it contains an invalid rate limit', async () => {
    const config = { limit: { ...defaultRateLimit } };
    const commands = [command<typeof config>(({ limit }) => limit)];
    expect(await validConfig({ config, commands }, config)).toEqual(config);
    await expect(
      validConfig({ config, commands }, { limit: { mode: 'wait', level: 'bot', limit: 0.5, interval: 'soon' } }),
    ).rejects.toThrow(
      'rate limit of echo: mode must be drop or enqueue; rate limit of echo: level must be user, channel, global, platform or instance; ' +
        'rate limit of echo: limit must be a whole number, 0 for no limit; rate limit of echo: interval must be a whole number of seconds, minutes or hours, such as 30s, 1m or 1h',
    );
  });

  it('is rejected when it lacks a rate limit', async () => {
    const commands = [
      command<unknown>(() => {
        throw new Error('no limits here');
      }),
    ];
    await expect(validConfig({ commands }, {})).rejects.toThrow('rate limit of echo: no limits here');
  });

  it('is rejected when a function that reads it returns a promise', async () => {
    const late = (() => Promise.reject(new Error('on purpose'))) as unknown as () => never;
    const commands = [{ ...command<unknown>(late), allow: late }];
    await expect(validConfig({ commands }, {})).rejects.toThrow(
      'rate limit of echo: its function returned a promise, and must be synchronous; allow of echo: its function returned a promise',
    );
  });
});
