import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { UserError } from '../errors.ts';
import { log } from '../log/log.ts';
import { register } from '../metrics/registry.ts';
import { startTestBot } from '../testing/start-test-bot.ts';
import { type BotModule, defineModule } from './define-module.ts';
import type { CommandDefinition } from './command-definition.ts';
import type { ModuleDefinition } from './definition.ts';
import { defineSchedule } from './schedule-definition.ts';

beforeEach(() => {
  register.resetMetrics();
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(log, level).mockImplementation(() => {});
});

afterEach(() => vi.restoreAllMocks());

const weather = (
  run: CommandDefinition['run'],
  more: Pick<ModuleDefinition<Record<string, never>>, 'onError'> = {},
): BotModule<Record<string, never>> =>
  defineModule({
    name: 'weather',
    version: '1.0.0',
    commands: [{ commandUUID: 'c-1', commandDisplayName: 'weather', regex: String.raw`^weather\s*`, run }],
    ...more,
  });

it.each([
  [
    'thrown',
    () => {
      throw new UserError('no such city');
    },
  ],
  [
    'rejected',
    async ({ reply }) => {
      await Promise.resolve();
      void reply;
      throw new UserError('no such city');
    },
  ],
] satisfies [string, CommandDefinition['run']][])('a UserError that is %s is the answer, and no failure', async (_how, run) => {
  const onError = vi.fn();
  await using bot = await startTestBot(weather(run, { onError }));
  expect(await bot.say('!weather Atlantis')).toEqual(['no such city']);
  expect([bot.errors, bot.notices, onError.mock.calls]).toEqual([[], [], []]);
  expect(log.error).not.toHaveBeenCalled();
  expect(log.info).toHaveBeenCalledWith('answered', expect.objectContaining({ command: 'weather', result: 'user_error' }));
  const metrics = await register.metrics();
  expect(metrics).toContain('commands_total{module="weather",platform="test",network="test",channel="#test",result="user_error"} 1');
  expect(metrics).not.toMatch(/errors_total\{module="weather"/);
});

it('a UserError as a notice reaches only the user', async () => {
  await using bot = await startTestBot(weather(() => Promise.reject(new UserError('not you', { asNotice: true }))));
  expect(await bot.say('!weather', { nick: 'fox' })).toEqual([]);
  expect(bot.notices).toEqual([{ target: 'fox', text: 'not you' }]);
});

it('each line of a UserError is a message of its own', async () => {
  await using bot = await startTestBot(weather(() => Promise.reject(new UserError('one\r\n\n\0QUIT'))));
  expect(await bot.say('!weather')).toEqual(['one', 'QUIT']);
});

it('a UserError of an event without a channel is a notice, and of a broadcast a reply', async () => {
  const run = (): never => {
    throw new UserError('seen');
  };
  const seen = defineModule({
    name: 'seen',
    version: '1.0.0',
    events: [{ eventType: '^quit$', run }],
    broadcasts: [{ broadcastUUID: 'b-1', broadcastDisplayName: 'all', run }],
  });
  await using bot = await startTestBot(seen);
  expect(await bot.event({ eventType: 'quit', nick: 'fox', channel: null })).toEqual([]);
  expect(bot.notices).toEqual([{ target: 'fox', text: 'seen' }]);
  expect(await bot.say('hello')).toEqual(['seen']);
  expect(bot.errors).toEqual([]);
  expect(await register.metrics()).toMatch(/messages_total\{module="seen",platform="test",direction="event",result="user_error"\} 1/);
});

it('a UserError that cannot be sent is a failure', async () => {
  await using bot = await startTestBot(weather(() => Promise.reject(Object.assign(new UserError(''), { message: 5 }))));
  expect(await bot.say('!weather')).toEqual([]);
  expect(bot.errors).toMatchObject([{ result: 'error', error: { code: 'EEVEE_CHAT_NOT_SENT' } }]);
});

it('keeps its cause', () => {
  const cause = new Error('404');
  expect(new UserError('no such city', { cause })).toMatchObject({ name: 'UserError', cause, asNotice: false });
});

it.each(['', ' \n '])('a UserError whose message is %j sends nothing, and does not count as a failure', async (message) => {
  await using bot = await startTestBot(weather(() => Promise.reject(new UserError(message))));
  expect(await bot.say('!weather')).toEqual([]);
  expect([bot.errors, bot.notices]).toEqual([[], []]);
});

it('a UserError that onError or onTimeout throws is sent, too', async () => {
  const onError = (): never => {
    throw new UserError('the service is away');
  };
  await using bot = await startTestBot(weather(() => Promise.reject(new Error('ECONNREFUSED')), { onError }));
  expect(await bot.say('!weather')).toEqual(['the service is away']);
  expect(bot.errors).toMatchObject([{ result: 'error', error: { message: 'ECONNREFUSED' } }]);
  const onTimeout = (): Promise<never> => Promise.reject(new UserError('too slow', { asNotice: true }));
  const slow = weather(() => new Promise(() => {}));
  await using late = await startTestBot({ definition: { ...slow.definition, timeoutMs: 10, onTimeout } });
  expect(await late.say('!weather', { nick: 'fox' })).toEqual([]);
  expect([late.notices, late.errors]).toMatchObject([[{ target: 'fox', text: 'too slow' }], [{ result: 'timeout' }]]);
});

it('a UserError without a place to be sent to is reported with its message', async () => {
  const report = defineSchedule({
    name: 'report',
    run: () => {
      throw new UserError('no report today');
    },
  });
  const reports = defineModule({
    name: 'reports',
    version: '1.0.0',
    schedules: [report],
    onStart: ({ schedule }) => schedule.after('1m', report),
  });
  await using bot = await startTestBot(reports);
  await bot.advance('1m');
  const error = { code: 'EEVEE_CHAT_NOT_SENT', cause: new UserError('no report today') };
  expect(bot.errors).toMatchObject([{ kind: 'schedule', result: 'error', error }]);
});
