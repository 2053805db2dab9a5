import { describe, expect, it } from 'vitest';
import { readConfig, routerConfig } from './config.ts';

const DEFAULTS = { blocklist: [], cooldownMs: 15_000, maxQueued: 100, problems: [] };

describe('the configuration', () => {
  it.each([undefined, null, {}, { blocklist: null }, { blocklist: [] }])('has an empty blocklist: %j', (file) => {
    expect(readConfig(file)).toEqual(DEFAULTS);
  });

  it('accepts times and numbers', () => {
    expect(readConfig({ notificationCooldown: '1m', maxQueued: 0 })).toEqual({ ...DEFAULTS, cooldownMs: 60_000, maxQueued: 0 });
    expect(readConfig({ notificationCooldown: 5 }).cooldownMs).toBe(5_000);
  });

  it('names invalid settings, and applies the others', () => {
    const blocklist = [{ pattern: '(' }, { pattern: 'spam', description: 'advertising', channel: '^#a$' }];
    const config = readConfig({ blocklist, notificationCooldown: 'soon', maxQueued: -1, blocklst: [] });
    expect(config.blocklist?.map(({ name }) => name)).toEqual(['blocklist[1] (advertising)']);
    expect(config).toMatchObject({ cooldownMs: 15_000, maxQueued: 100 });
    expect(config.problems).toEqual([
      expect.stringMatching(/^blocklist\[0\]: pattern /),
      'notificationCooldown must be a duration such as 15s or 1m',
      'maxQueued must be a whole number, 0 for none',
      'blocklst is not a setting of the router',
    ]);
  });

  it.each(['spam', 7, { pattern: 'spam' }])('keeps the previous blocklist when the new one is not a list: %j', (blocklist) => {
    expect(readConfig({ blocklist })).toEqual({ ...DEFAULTS, blocklist: undefined, problems: ['blocklist is not a list'] });
  });

  it('is a schema for defineModule', async () => {
    expect(await routerConfig['~standard'].validate({})).toEqual({ value: DEFAULTS });
  });
});
