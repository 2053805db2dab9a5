import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type HandlerContext, type Middleware, UserError, defineModule, log } from '../src/index.ts';
import { type TestBot, type TestBotOptions, startTestBot } from '../src/testing/index.ts';
import { TestBus } from './test-bus.ts';

let bus: TestBus;

beforeEach(async () => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(log, level).mockImplementation(() => {});
  bus = await TestBus.start();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await bus[Symbol.asyncDispose]();
});

const ratelimit = { mode: 'drop', level: 'global', limit: 0, interval: '1m' } as const;
const order: string[] = [];

const noted: Middleware<HandlerContext> = async ({ handler }, next) => {
  order.push(`${handler.name} begins`);
  await next().finally(() => order.push(`${handler.name} ends`));
};

const reminders = defineModule({
  name: 'reminders',
  version: '1.0.0',
  use: [noted],
  onStart: () => ({ reminders: ['tea'] }),
  commands: [
    {
      commandDisplayName: 'remind',
      ratelimit,
      ignoreCase: true,
      help: { descr: 'Reminds you' },
      subcommands: [
        {
          name: 'me',
          args: [
            { name: 'when', type: 'duration' },
            { name: 'text', type: 'rest' },
          ],
          run: ({ args, state, reply }) => reply(`${state.reminders.push(args.text)} reminders, the last in ${args.when} ms`),
        },
        {
          name: 'list',
          run: ({ state, reply }) => {
            if (state.reminders.length > 2) throw new UserError('too many to list');
            return reply(state.reminders.join(', '));
          },
        },
        { name: 'clear', allow: { channelAdmin: true }, run: ({ state, reply }) => reply(`${state.reminders.splice(0).length} cleared`) },
      ],
    },
  ],
});

/** The module on the real server. */
const botOn = (options: TestBotOptions = {}): Promise<TestBot<Record<string, never>, { reminders: string[] }>> =>
  startTestBot(reminders, { bus: { host: bus.server.host, token: bus.env['NATS_TOKEN'] ?? '' }, ...options });

it('arguments, subcommands and state work over NATS, and usage is sent once by two replicas', async () => {
  await using bot = await botOn({ replicas: 2 });
  expect(await bot.say('!REMIND Me 1h30m "get" milk')).toEqual(['2 reminders, the last in 5400000 ms']);
  expect(await bot.say('!remind me soon milk')).toEqual([
    'usage: !remind me <when:duration> <text…> (when: "soon" is not a duration such as 90s, 1h30m or 2d)',
  ]);
  expect(await bot.say('!remind')).toEqual([
    'usage: !remind me <when:duration> <text…> | remind list | remind clear (the subcommand is missing)',
  ]);
  expect(bot.errors).toEqual([]);
});

it('registers one command, without flags in its regex, and with an identity that both replicas have', async () => {
  await using bot = await botOn({ replicas: 2 });
  expect(bot.commands).toHaveLength(1);
  const registrations = bus.on('command.register') as { commandUUID: string; regex: string }[];
  expect(new Set(registrations.map(({ commandUUID }) => commandUUID)).size).toBe(1);
  // As any router compiles it.
  for (const called of ['remind', 'REMIND me', 'rEMIND list']) expect(new RegExp(registrations[0]?.regex ?? '').test(called)).toBe(true);
  expect(new RegExp(registrations[0]?.regex ?? '').test('reminder')).toBe(false);
});

it('a UserError is a message in the channel, and no error', async () => {
  await using bot = await botOn();
  await bot.say('!remind me 1m one');
  await bot.say('!remind me 1m two');
  expect(await bot.say('!remind list', { channel: '#den' })).toEqual(['too many to list']);
  expect(bus.on('chat.message.outgoing.test.test.#den')).toMatchObject([{ channel: '#den', text: 'too many to list' }]);
  expect(bot.errors).toEqual([]);
});

it('middleware runs around each call in its order', async () => {
  order.splice(0);
  await using bot = await botOn();
  await bot.say('!remind list');
  await bot.say('!remind');
  expect(order).toEqual(['remind list begins', 'remind list ends', 'remind begins', 'remind ends']);
});

it('a command for channel admins asks the connector once, and again after the user left', async () => {
  await using bot = await botOn();
  bot.setChannelAdmin('fox');
  const asked = (): number => bus.on('control.chatConnectors.test.test').length;
  for (const cleared of ['1 cleared', '0 cleared']) expect(await bot.say('!remind clear', { nick: 'fox' })).toEqual([cleared]);
  expect(asked()).toBe(1);
  await bot.event({ eventType: 'quit', nick: 'fox', channel: null });
  expect(await bot.say('!remind clear', { nick: 'fox' })).toEqual(['0 cleared']);
  expect(await bot.say('!remind clear', { nick: 'owl' })).toEqual([]);
  expect(asked()).toBe(3);
  expect(bot.notices).toEqual([{ target: 'owl', text: 'remind clear is only for channel admins' }]);
});
