import { type NatsServer, startNatsServer } from '@eeveebot/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultRateLimit, registerBroadcast, registerCommand } from '../src/index.ts';
import { type TestBot, type TestBotOptions, startTestBot } from '../src/testing/index.ts';
import { ChildModule, killChildModules } from './child-module.ts';
import { type GreeterConfig, greeter, started } from './greeter.ts';

const TOKEN = 'testing-token';

describe.each(['in memory', 'on a NATS server'])('a conversation %s', (where) => {
  let server: NatsServer | undefined;
  let bots: TestBot<GreeterConfig>[];

  beforeEach(async () => {
    process.env['LOG_LEVEL'] = 'silent';
    bots = [];
    started.length = 0;
    server = where === 'in memory' ? undefined : await startNatsServer({ token: TOKEN });
  });

  afterEach(async () => {
    for (const each of bots) await each.stop();
    await server?.stop();
  });

  async function bot(options: TestBotOptions = {}): Promise<TestBot<GreeterConfig>> {
    const bus = server === undefined ? {} : { bus: { host: server.host, token: TOKEN } };
    const made = await startTestBot(greeter, { ...bus, ...options });
    bots.push(made);
    return made;
  }

  it('has answers to commands, by prefix and by name, and to nothing else', async () => {
    const { say } = bound(await bot());
    expect(await say('!greet world')).toEqual(['Hello, world!']);
    expect(await say('eevee: greet world')).toEqual(['Hello, world!']);
    expect(await say('!wave', { user: 'fox' })).toEqual(['/me waves at fox']);
    expect(await say('greet world')).toEqual([]);
    expect(await say('!nothing')).toEqual([]);
  });

  it('shows messages in full', async () => {
    const made = await bot({ speaker: { platform: 'irc', network: 'libera' } });
    await made.say('!wave', { channel: '#a b' });
    expect(made.outgoing).toEqual([
      {
        ...{ platform: 'irc', network: 'libera', instance: 'test', channel: '#a b' },
        ...{ text: 'waves at tester', type: 'action.outgoing', trace: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      },
    ]);
  });

  it('separates answers to concurrent messages', async () => {
    const { say } = bound(await bot());
    expect(await Promise.all([say('!greet a'), say('!greet b', { user: 'fox' }), say('!wave')])).toEqual([
      ['Hello, a!'],
      ['Hello, b!'],
      ['/me waves at tester'],
    ]);
  });

  it('has all registrations, again after a restart of the router', async () => {
    const made = await bot();
    const known = (): unknown => [
      made.commands.map(({ commandDisplayName }) => commandDisplayName).toSorted(),
      made.broadcasts.length,
      made.help,
    ];
    const expected = [
      ['ask', 'fail', 'greet', 'hang', 'later', 'wave'],
      1,
      [{ from: 'greeter', help: [{ command: 'greet', descr: 'Greets', params: [{ param: 'name', required: true, descr: 'Whom' }] }] }],
    ];
    expect(known()).toEqual(expected);
    await made.restartRouter();
    expect(known()).toEqual(expected);
    expect(await made.say('!greet you')).toEqual(['Hello, you!']);
  });

  it('keeps registrations that the module renews each minute on request', async () => {
    const made = await bot();
    const asked: string[] = [];
    for (const subject of ['control.registerCommands', 'control.registerBroadcasts']) {
      await made.module.nats.subscribe(subject, () => asked.push(subject));
    }
    expect(await made.advance(59_999)).toEqual([]);
    expect(asked).toEqual([]);
    expect(await made.advance('1h')).toEqual([]);
    expect(asked.toSorted()).toEqual([
      ...Array.from({ length: 60 }, () => 'control.registerBroadcasts'),
      ...Array.from({ length: 60 }, () => 'control.registerCommands'),
    ]);
    expect(await made.say('!greet you')).toEqual(['Hello, you!']);
    expect(await made.say('see https://example.org')).toEqual(['a link: see https://example.org']);
  });

  it('removes registrations after five minutes without renewal', async () => {
    const made = await bot();
    const wave = { commandUUID: 'c-once', commandDisplayName: 'once', regex: '^once$' };
    expect(await registerCommand(made.module.nats, wave, undefined, false)).toEqual([]);
    expect(await registerBroadcast(made.module.nats, { broadcastUUID: 'b-once', broadcastDisplayName: 'once' }, undefined, false)).toEqual(
      [],
    );
    await made.settled();
    const known = (): unknown[] => [
      made.commands.map(({ commandUUID }) => commandUUID).filter((uuid) => uuid === 'c-once'),
      made.broadcasts.map(({ broadcastUUID }) => broadcastUUID).filter((uuid) => uuid === 'b-once'),
    ];
    expect(known()).toEqual([['c-once'], ['b-once']]);
    await made.advance(299_999);
    expect(known()).toEqual([['c-once'], ['b-once']]);
    await made.advance(1);
    expect(known()).toEqual([[], []]);
    expect(await made.say('!greet you')).toEqual(['Hello, you!']);
  });

  it('drops calls over the limit until their window has passed', async () => {
    const made = await bot({ config: { ratelimit: { limit: 2 } } });
    const twice = async (): Promise<string[]> => [...(await made.say('!greet a')), ...(await made.say('!greet b'))];
    expect(await twice()).toHaveLength(2);
    expect(await twice()).toEqual([]);
    expect(await made.say('!greet c', { user: 'fox' })).toHaveLength(1);
    expect(await made.advance('1m')).toEqual([]);
    expect(await twice()).toHaveLength(2);
  });

  it('queues calls over the limit in mode enqueue', async () => {
    const made = await bot({ config: { ratelimit: { mode: 'enqueue', level: 'global', limit: 1, interval: '10s' } } });
    expect(await made.say('!greet a')).toEqual(['Hello, a!']);
    expect(await made.say('!greet b')).toEqual([]);
    expect(await made.say('!greet c')).toEqual([]);
    expect(await made.advance('10s')).toEqual(['Hello, b!']);
    expect(await made.advance(9_999)).toEqual([]);
    expect(await made.advance(1)).toEqual(['Hello, c!']);
  });

  it('delivers broadcasts to the module', async () => {
    const { say } = bound(await bot());
    expect(await say('see https://example.org')).toEqual(['a link: see https://example.org']);
    expect(await say('see nothing')).toEqual([]);
  });

  it('continues with a changed configuration, and with the old one when the new is invalid', async () => {
    const made = await bot({ config: { greeting: 'Hi' } });
    expect(await made.say('!greet a')).toEqual(['Hi, a!']);
    await made.changeConfig({ greeting: 'Hey', ratelimit: { limit: 9 } });
    expect(await made.say('!greet a')).toEqual(['Hey, a!']);
    expect(made.commands.find(({ commandDisplayName }) => commandDisplayName === 'greet')?.ratelimit).toEqual({
      ...defaultRateLimit,
      limit: 9,
    });
    await expect(made.changeConfig({ greeting: 5 })).rejects.toMatchObject({ code: 'EEVEE_CONFIG_INVALID' });
    expect(await made.say('!greet a')).toEqual(['Hey, a!']);
  });

  it('does not begin with an invalid configuration', async () => {
    await expect(bot({ config: { greeting: 5 } })).rejects.toThrow('greeting: expected a string');
    expect(started).toEqual([]);
  });

  it('has one answer if two replicas run', async () => {
    const made = await bot({ replicas: 2 });
    for (const text of ['a', 'b', 'c']) expect(await made.say(`!greet ${text}`)).toEqual([`Hello, ${text}!`]);
  });

  it('notifies the user of a limit, not at every call', async () => {
    const made = await bot({ config: { ratelimit: { limit: 1 } } });
    for (const speaker of [{}, {}, {}, { nick: 'fox' }, { nick: 'fox' }]) await made.say('!greet a', speaker);
    const text = 'greet can be used once every 1m. Try again in 60 s.';
    expect(made.notices).toEqual([
      { target: 'tester', text },
      { target: 'fox', text },
    ]);
    await made.advance('15s');
    await made.say('!greet a');
    expect(made.notices.at(-1)).toEqual({ target: 'tester', text: 'greet can be used once every 1m. Try again in 45 s.' });
  });

  it('passes the sender, kind and place of a message', async () => {
    const made = await bot();
    const heard: unknown[] = [];
    await made.module.nats.subscribe('command.execute.c-wave', (_subject, msg) => heard.push(msg.json()));
    await made.module.nats.nats?.flush();
    expect(await made.say('!wave ', { nick: 'fox', private: true, account: 'reynard' })).toEqual(['/me waves at fox']);
    expect(heard).toEqual([
      {
        ...{ platform: 'test', network: 'test', instance: 'test', channel: 'fox', nick: 'fox', user: '~fox', userHost: 'fox@example.org' },
        ...{ text: '', originalText: '!wave ', matchedCommand: 'wave', matchedText: 'wave', timestamp: '2026-01-01T00:00:00.000Z' },
        ...{ trace: expect.any(String), botNick: 'eevee', private: true, action: false, account: 'reynard' },
      },
    ]);
    expect(made.outgoing.at(-1)).toMatchObject({ channel: 'fox' });
  });

  it('works with faked timers, and advances them with its clock', async () => {
    vi.useFakeTimers();
    try {
      const made = await bot();
      const there = { platform: 'test', network: 'test', instance: 'test', channel: '#test' };
      setTimeout(() => void made.module.say({ ...there, text: 'ten minutes are over' }), 600_000);
      expect(await made.say('!greet world')).toEqual(['Hello, world!']);
      expect(await made.advance('9m')).toEqual([]);
      expect(await made.advance('1m')).toEqual(['ten minutes are over']);
      await made.stop();
    } finally {
      vi.useRealTimers();
    }
  });

  it('supports look-arounds in commands', async () => {
    const made = await bot();
    const lurkers = { commandUUID: 'c-lurk', commandDisplayName: 'lurkers', regex: String.raw`^(?=lurkers)(?:l\w+)+(?!-)\s*$` };
    const called: unknown[] = [];
    await made.module.nats.subscribe('command.execute.c-lurk', (_subject, msg) => called.push(msg.json<{ text: string }>().text));
    await Promise.all(await registerCommand(made.module.nats, lurkers, undefined, false));
    await made.settled();
    for (const text of ['!lurkers', '!lurkers-x', '!nothing']) await made.say(text);
    expect(called).toEqual(['']);
  });

  it('survives a handler that fails, and reports one that hangs', async () => {
    const made = await bot();
    expect(await made.say('!fail')).toEqual([]);
    expect(made.errors).toEqual([
      { kind: 'command', name: 'fail', result: 'error', error: expect.objectContaining({ message: 'on purpose' }) },
    ]);
    expect(await made.say('!wave')).toEqual(['/me waves at tester']);
    await made.stop();
    const impatient = await bot({ timeoutMs: 300 });
    await expect(impatient.say('!hang')).rejects.toThrow('a handler has not finished after 300 ms');
  });

  it('can be waited for without sleeping', async () => {
    const made = await bot();
    await made.say('!later');
    expect(await made.until(() => made.outgoing.find(({ text }) => text === 'now'))).toMatchObject({ channel: '#test' });
  });

  it('has the nick as its channel in private, whatever the channel of the default sender is', async () => {
    const made = await bot({ speaker: { channel: '#den', nick: 'fox' } });
    await made.say('!greet a', { private: true });
    await made.say('!greet a', { private: true, nick: 'owl' });
    await made.say('!greet a', { channel: '#other' });
    await made.say('!greet a');
    expect(made.outgoing.map(({ channel }) => channel)).toEqual(['fox', 'owl', '#other', '#den']);
  });

  it('ends as on SIGTERM', async () => {
    const made = await bot();
    await made.say('!ask');
    await made.stop();
    await made.stop();
    expect(made.outgoing.map(({ text }) => text)).toEqual(['Who?', 'sorry: EEVEE_MODULE_STOPPED']);
    expect(started).toEqual(['start greeter', 'stop greeter']);
    expect(made.module.signal.aborted).toBe(true);
  });
});

afterEach(killChildModules);

it('a conversation leaves nothing open when onStop fails', async () => {
  const code = `
    import { defineModule } from './src/index.ts';
    import { startTestBot } from './src/testing/index.ts';
    const stopped = [];
    const bot = await startTestBot(defineModule({ name: 'm', version: '1', onStop: () => { stopped.push('m'); throw new Error('on purpose'); } }), { replicas: 2 });
    await bot.stop().catch((error) => console.log(error.message, stopped.length));`;
  const child = new ChildModule(code);
  expect(await child.exited).toEqual({ code: 0, signal: null });
  expect(child.output).toContain('on purpose 2');
});

const bound = <Settings>(made: TestBot<Settings>): Pick<TestBot<Settings>, 'say'> => ({ say: (text, speaker) => made.say(text, speaker) });
