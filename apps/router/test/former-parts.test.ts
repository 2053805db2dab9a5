import { type NatsServer, eventually, startNatsServer, removeBundle } from '@eeveebot/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bus } from './bus.ts';
import { RouterProcess, bundleRouter } from './router-process.ts';

type Payload = Record<string, unknown>;

/** A message in the form of connectors of eevee 2.x: without timestamp, trace, private and the connector's UUID. */
const said = (text: string, over: Payload = {}): Payload => ({
  producer: 'ircClient',
  subject: 'chat.message.incoming.irc.libera.#eevee.fox',
  type: 'chat.message.incoming',
  platform: 'irc',
  instance: 'libera',
  network: 'irc.libera.chat',
  channel: '#eevee',
  nick: 'fox',
  user: '~fox',
  userHost: 'den.example.org',
  text,
  botNick: 'eevee',
  commonPrefixRegex: '^!',
  rawEvent: { type: 'privmsg', nick: 'fox', ident: '~fox', hostname: 'den.example.org', target: '#eevee', message: text, tags: {} },
  ...over,
});

/** Place and sender of a message, as every module receives them. */
const ABOUT = {
  platform: 'irc',
  network: 'irc.libera.chat',
  instance: 'libera',
  channel: '#eevee',
  nick: 'fox',
  user: '~fox',
  userHost: 'den.example.org',
  botNick: 'eevee',
  private: false,
  action: false,
  timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
  trace: expect.stringMatching(/^[0-9a-f-]{36}$/),
};

const SCOPES = { platform: '.*', network: '.*', instance: '.*', channel: '.*', user: '.*' };
const RATELIMIT = { mode: 'drop', level: 'user', limit: 0, interval: '1m' };

/** A command in the form of modules of eevee 2.x: some use a name as the id and omit `nick`. */
const command = (commandUUID: string, over: Payload = {}): Payload => ({
  type: 'command.register',
  commandUUID,
  commandDisplayName: commandUUID,
  ...SCOPES,
  regex: String.raw`^echo\s+`,
  platformPrefixAllowed: true,
  ratelimit: RATELIMIT,
  ...over,
});

describe('the router between a connector and modules of eevee 2.x', () => {
  let bundle: string;
  let server: NatsServer;
  let bus: Bus;
  let router: RouterProcess;

  beforeAll(async () => {
    bundle = bundleRouter();
    server = await startNatsServer({ token: 'token' });
    bus = await Bus.connect(server.host, 'token');
    router = await RouterProcess.start(bundle, { NATS_HOST: server.host, NATS_TOKEN: 'token' });
    await router.ready();
  });
  afterAll(async () => {
    await router?.[Symbol.asyncDispose]();
    await bus?.[Symbol.asyncDispose]();
    await server?.stop();
    if (bundle !== undefined) removeBundle(bundle);
  });

  /** The first payload on a subject. */
  const got = (subject: string): Promise<Payload> => eventually(() => bus.on(subject)[0]?.payload, { what: subject });
  const publish = (subject: string, payload: Payload): void => bus.nats.publish(subject, JSON.stringify(payload));

  it.each([
    {
      what: 'a command after the prefix',
      registered: command('former-prefix'),
      message: said('!echo  hello '),
      execution: { text: 'hello', originalText: '!echo  hello ', matchedCommand: 'echo  ', matchedText: 'echo  hello' },
    },
    {
      what: 'a command after the nick, with an account',
      registered: command('former-nick', { platformPrefixAllowed: false, nickPrefixAllowed: true, regex: '^who' }),
      message: said('Eevee, who', { account: 'vixen' }),
      execution: { text: '', originalText: 'Eevee, who', matchedCommand: 'who', matchedText: 'who', account: 'vixen' },
    },
    {
      what: 'a bare text in an action, with an empty scope and a nick',
      registered: command('former-bare', {
        platformPrefixAllowed: false,
        nickPrefixAllowed: false,
        channel: '',
        nick: '^fox$',
        regex: 'waves',
      }),
      message: said('waves', { action: true }),
      execution: { text: '', originalText: 'waves', matchedCommand: 'waves', matchedText: 'waves', action: true },
    },
    {
      what: 'a private message, whose channel is the bot’s nick there',
      registered: command('former-private', { regex: '^secret' }),
      message: said('!secret', { channel: 'eevee' }),
      execution: { channel: 'eevee', text: '', originalText: '!secret', matchedCommand: 'secret', matchedText: 'secret' },
    },
    {
      what: 'a message with the time of the server and a timestamp',
      registered: command('former-time', { regex: '^late' }),
      message: said('!late', { timestamp: '2026-01-02T03:04:05.006Z', time: '2026-01-02T03:04:05.000Z' }),
      execution: {
        text: '',
        originalText: '!late',
        matchedCommand: 'late',
        matchedText: 'late',
        timestamp: '2026-01-02T03:04:05.006Z',
      },
    },
  ])('forwards $what', async ({ registered, message, execution }) => {
    const id = String(registered['commandUUID']);
    publish('command.register', registered);
    publish('chat.message.incoming.irc.libera.#eevee.fox', message);
    expect(await got(`command.execute.${id}`)).toEqual({ ...ABOUT, ...execution });
  });

  it('delivers a message to a broadcast, and an event unchanged to its module', async () => {
    publish('broadcast.register', {
      type: 'broadcast.register',
      broadcastUUID: 'former-links',
      broadcastDisplayName: 'links',
      ...SCOPES,
      messageFilterRegex: 'https?://',
    });
    publish('event.register', { type: 'event.register', eventUUID: 'former-seen', eventDisplayName: 'seen', eventType: 'quit', ...SCOPES });
    publish('chat.message.incoming.irc.libera.#eevee.fox', said('see https://example.org'));
    const quit = {
      eventType: 'quit',
      platform: 'irc',
      network: 'irc.libera.chat',
      instance: 'libera',
      channel: null,
      nick: 'fox',
      timestamp: 1,
    };
    publish('chat.event.irc.libera.quit', quit);
    expect(await got('broadcast.message.former-links')).toEqual({ ...ABOUT, text: 'see https://example.org' });
    expect(await got('event.message.former-seen')).toEqual(quit);
  });

  it('sends the notice about a limit to the nick', async () => {
    publish('command.register', command('former-limit', { regex: '^once', ratelimit: { ...RATELIMIT, limit: 1 } }));
    for (const text of ['!once', '!once']) publish('chat.message.incoming.irc.libera.#eevee.fox', said(text));
    await got('chat.notice.outgoing.');
    expect(bus.on('chat.notice.outgoing.')).toEqual([
      {
        subject: 'chat.notice.outgoing.irc.libera',
        payload: { target: 'fox', text: expect.stringMatching(/^former-limit can be used once/) },
      },
    ]);
  });
});
