import { eventually } from '@eeveebot/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UserError, log, register } from '../src/index.ts';
import type { CommandContext, HandlerContext } from '../src/module/contexts.ts';
import type { CommandDefinition } from '../src/module/command-definition.ts';
import type { ModuleDefinition } from '../src/module/definition.ts';
import type { ModuleRun } from '../src/module/module-run.ts';
import { TestBus } from './test-bus.ts';
import { repeatedAnswer, throwingAnswers } from './thenables.ts';

let bus: TestBus;

beforeEach(async () => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(log, level).mockImplementation(() => {});
  bus = await TestBus.start();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await bus[Symbol.asyncDispose]();
});

const place = { platform: 'irc', network: 'irc.example.org', instance: 'main', channel: '#eevee', nick: 'fox', user: '~fox' };
const command = (name: string, run: CommandDefinition['run'], more: Partial<CommandDefinition> = {}) => ({
  ...{ commandUUID: name, commandDisplayName: name, regex: `^${name}`, run },
  ...more,
});
const echo = command('echo', ({ text, reply }) => reply(text));
const call = (uuid: string, text = ''): void => bus.publish(`command.execute.${uuid}`, { ...place, text, trace: 't-1' });
const said = (): unknown[] => bus.on('chat.message.outgoing.irc.main.#eevee').map((payload) => Reflect.get(Object(payload), 'text'));

const start = (commands: CommandDefinition[], more: Partial<ModuleDefinition> = {}): Promise<ModuleRun<Record<string, never>>> =>
  bus.run({ ...more, commands } as Partial<ModuleDefinition<Record<string, never>>>, {});

describe('a handler that takes too long', () => {
  it('gets an abort while it can still answer; then its answers are rejected, and the next message runs', async () => {
    const answers: unknown[] = [];
    const module = await start([
      command(
        'slow',
        async ({ signal, reply }) => {
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          await reply('sorry, that took too long');
          void module.idle().then(async () => answers.push(await reply('too late').catch((error: unknown) => error)));
        },
        { timeoutMs: 20 },
      ),
      echo,
    ]);
    call('slow');
    call('echo', 'next');
    await bus.messages('chat.message', 2);
    await bus.handled(module);
    expect(said()).toEqual(['sorry, that took too long', 'next']);
    await vi.waitFor(() => expect(answers).toEqual([expect.objectContaining({ code: 'EEVEE_HANDLER_TIMEOUT' })]));
  });

  it('that never reads its signal delays no other, and onTimeout answers for it', async () => {
    const onTimeout = ({ nick, notice }: HandlerContext): unknown => notice(`sorry, ${nick}`);
    const never = command('never', () => new Promise(() => {}), { timeoutMs: 20 });
    const own = command('own', () => new Promise(() => {}), { timeoutMs: 20, onTimeout: ({ reply }) => reply('my own words') });
    const module = await start([never, own, echo], { onTimeout });
    for (const uuid of ['never', 'own', 'echo']) call(uuid, 'next');
    await bus.messages('chat.message', 2);
    await bus.handled(module);
    expect(
      bus.heard.filter(({ subject }) => subject.includes('outgoing')).map(({ payload }) => Reflect.get(Object(payload), 'text')),
    ).toEqual(['sorry, fox', 'my own words', 'next']);
    expect(log.error).toHaveBeenCalledWith('a command failed', expect.objectContaining({ command: 'never', result: 'timeout' }));
  });

  it('is not waited for longer than a second, whatever onTimeout does', async () => {
    const hangs = command('hangs', () => new Promise(() => {}), { timeoutMs: 20, onTimeout: () => new Promise(() => {}) });
    const throws = command('throws', () => new Promise(() => {}), {
      timeoutMs: 20,
      onTimeout: () => {
        throw new Error('on purpose');
      },
    });
    const module = await start([hangs, throws, echo], { name: 'impatient' });
    for (const uuid of ['hangs', 'throws', 'echo']) call(uuid, 'next');
    await bus.messages('chat.message', 1);
    await bus.handled(module);
    expect(said()).toEqual(['next']);
    expect(await register.metrics()).toContain('command_errors_total{module="impatient",type="onTimeout"} 1');
  });
});

describe('a failing handler', () => {
  const failing = command('fail', ({ text }) => {
    throw new Error(text);
  });

  it('is answered for by onError, once the error has been logged and counted', async () => {
    const onError = ({ reply }: HandlerContext, error: unknown): unknown => reply(`that failed: ${String(error)}`);
    const own = command('own', () => Promise.reject(new TypeError('own')), { onError: ({ reply }) => reply('mine') });
    const module = await start([failing, own], { onError });
    call('fail', 'oops');
    call('own');
    await bus.handled(module);
    expect(said()).toEqual(['that failed: Error: oops', 'mine']);
    expect(log.error).toHaveBeenCalledWith('a command failed', expect.objectContaining({ command: 'fail', error: new Error('oops') }));
  });

  it('affects nothing else when onError fails too', async () => {
    const module = await start([failing, echo], { name: 'doubly', onError: () => Promise.reject(new Error('again')) });
    call('fail');
    call('echo', 'next');
    await bus.handled(module);
    expect(said()).toEqual(['next']);
    expect(await register.metrics()).toContain('command_errors_total{module="doubly",type="onError"} 1');
  });
});

describe('a thrown value', () => {
  const trap = (): never => {
    throw new Error('on purpose');
  };
  const noClass = new Proxy({}, { getPrototypeOf: trap });

  it.each([
    ['that throws when its class is asked for', noClass],
    ['whose prototype throws when its class is asked for', Object.create(noClass) as unknown],
    ['that throws whatever is read of it', new Proxy(new Error('x'), { get: trap, has: trap })],
    ['that is a UserError without a readable message', Object.defineProperty(new UserError('x'), 'message', { get: trap })],
    ['that is a symbol', Symbol('x')],
    ['that is missing', undefined],
  ])('%s neither deafens a channel nor goes uncounted', async (_which, value) => {
    const thrown = command('odd', () => {
      throw value;
    });
    const rejected = command('rejected', () => Promise.reject(value));
    const module = await start([thrown, rejected, echo], { name: 'throwing' });
    call('odd');
    call('rejected');
    call('echo', 'still here');
    await bus.handled(module);
    expect(said()).toEqual(['still here']);
    expect(await register.metrics()).toMatch(/commands_total\{module="throwing"[^}]*result="error"\} [1-9]/);
  });
});

describe('an answer', () => {
  it.each([...throwingAnswers, ['that calls back three times', repeatedAnswer] as const])(
    '%s neither deafens a module nor drops its connection',
    async (_when, answer) => {
      const module = await start([command('odd', () => answer), echo]);
      for (let time = 0; time < 3; time++) call('odd');
      call('echo', 'still here');
      await bus.handled(module);
      expect(said()).toEqual(['still here']);
      expect(module.context.nats.isClosed()).toBe(false);
      await module.context.nats.drain();
    },
  );

  it('does not break a plain subscription', async () => {
    const nats = await bus.client();
    const heard: string[] = [];
    const answers = [...throwingAnswers.map(([, answer]) => answer), repeatedAnswer];
    await nats.subscribe('odd', (_subject, msg) => {
      heard.push(msg.string());
      return answers[heard.length - 1];
    });
    for (let text = 1; text <= 7; text++) bus.publish('odd', text);
    await eventually(() => heard.length >= 7, { what: 'all messages to be handled' });
    expect(heard).toEqual(['1', '2', '3', '4', '5', '6', '7']);
    await nats.drain();
  });
});

describe('a text with line breaks', () => {
  it('is sent as messages of one line each, which no chat network reads as commands', async () => {
    const hostile = 'hello\r\nJOIN #evil\n\n\0PRIVMSG #evil :hi\r';
    const module = await start([
      command('all', async ({ reply, action, notice }: CommandContext) => {
        await reply(hostile);
        await action(hostile);
        await notice(hostile);
        await reply('\n\r\n');
      }),
    ]);
    call('all');
    await bus.handled(module);
    const lines = ['hello', 'JOIN #evil', 'PRIVMSG #evil :hi'];
    const texts = (subject: string): unknown[] => bus.on(subject).map((payload) => Reflect.get(Object(payload), 'text'));
    expect(texts('chat.message.outgoing.irc.main.#eevee')).toEqual(lines);
    expect(texts('chat.action.outgoing.irc.main.#eevee')).toEqual(lines);
    expect(texts('chat.notice.outgoing.irc.main')).toEqual(lines);
  });

  it.each([5, undefined, null, {}, ['a'], Symbol('s')])('rejects %j, which is not a text', async (text) => {
    const nats = (await start([], { name: 'typed' })).context;
    const where = { platform: 'irc', network: 'n', instance: 'main', channel: '#c', text: text as string };
    await expect(nats.say(where)).rejects.toMatchObject({
      code: 'EEVEE_CHAT_NOT_SENT',
      message: expect.stringContaining('its text must be a string'),
    });
  });

  it.each(['platform', 'instance', 'channel', 'network', 'trace'])(
    'in the field %s of an address is refused, logged and counted',
    async (field) => {
      const { context } = await start([], { name: `address-${field}` });
      const where = { platform: 'irc', network: 'n', instance: 'main', channel: '#c', text: 'hello' };
      for (const value of ['#a\r\nJOIN #evil', '#a\nb', 'a\0b', 5]) {
        await expect(context.say({ ...where, [field]: value })).rejects.toMatchObject({
          code: 'EEVEE_CHAT_NOT_SENT',
          message: expect.stringContaining(field),
        });
      }
      expect(bus.heard.filter(({ subject }) => subject.startsWith('chat.'))).toEqual([]);
      expect(log.error).toHaveBeenCalledWith('refused to send a chat message', expect.anything());
      expect(await register.metrics()).toMatch(new RegExp(`errors_total\\{module="address-${field}",type="chat_refused"[^}]*\\} 4`));
    },
  );

  it('keeps its colours on each line', async () => {
    const module = await start([command('colours', ({ reply }) => reply('\u0002\u000304red\n5 still\u0003 plain\nbold\u0002\nnone'))]);
    call('colours');
    await bus.handled(module);
    expect(said()).toEqual(['\u0002\u000304red', '\u0002\u000304\u0002\u00025 still\u0003 plain', '\u0002bold\u0002', 'none']);
  });
});
