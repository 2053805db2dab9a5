import { ircFolded } from '@eeveebot/libeevee';
import type { Socket } from 'node:net';
import { Client, type FrameworkEvent } from 'irc-framework';
import type { Clock } from '../clock.ts';
import type { LineEncoding } from './encoding.ts';
import { nextNick } from './nicks.ts';
import { reasonOf } from '../reason.ts';
import { type EndKind, endKind } from './reconnect-plan.ts';
import type { Happened, Said, SessionHandlers, Source } from './session-events.ts';
import { transportClass } from './transport.ts';

/** For {@link IrcSession}; secrets are in plain text. */
export interface SessionSettings {
  readonly nick: string;
  readonly altNicks: readonly string[];
  readonly username: string;
  readonly gecos: string;
  readonly password: string | undefined;
  readonly sasl: { readonly mechanism: 'PLAIN' | 'EXTERNAL'; readonly account: string; readonly password: string } | undefined;
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  readonly encoding: LineEncoding;
  readonly dial: (signal: AbortSignal) => Promise<Socket>;
}

/** Longest wait for the server to close the connection after QUIT. */
const QUIT_MS = 400;

/** Numerics with which servers refuse a JOIN that `irc-framework` has no name for. */
const JOIN_REFUSALS: ReadonlySet<string> = new Set(['403', '437', '476', '477', '479', '480', '489', '520']);

const JOIN_ERRORS: ReadonlySet<string> = new Set([
  'too_many_channels',
  'channel_is_full',
  'invite_only_channel',
  'banned_from_channel',
  'bad_channel_key',
]);

/** One connection to a server, from the socket to its end; there is a new one for each attempt. */
export class IrcSession {
  readonly #client = new Client();
  readonly #settings: SessionSettings;
  readonly #handlers: SessionHandlers;
  readonly #clock: Clock;
  #nick: string;
  #user: string | undefined;
  #host: string | undefined;
  #refusedNicks = 0;
  #registered = false;
  #loggedIn = false;
  #ended = false;
  #heardMs: number;
  #cancelWatch: () => void = () => undefined;
  /** Reason that the server gave before it closed the connection. */
  #lastWords: { readonly kind: EndKind; readonly reason: string } | undefined;

  constructor(settings: SessionSettings, handlers: SessionHandlers, clock: Clock) {
    this.#settings = settings;
    this.#handlers = handlers;
    this.#clock = clock;
    this.#nick = settings.nick;
    this.#heardMs = clock.now();
    this.#listen();
  }

  /** The nick that the server last confirmed. */
  get nick(): string {
    return this.#nick;
  }

  get registered(): boolean {
    return this.#registered && !this.#ended;
  }

  get caseMapping(): string {
    return text(this.#client.network.options['CASEMAPPING']) || 'rfc1459';
  }

  /** Whether the server lists all modes of a member, not only the highest. */
  get listsAllModes(): boolean {
    return this.#client.network.cap.isEnabled('multi-prefix');
  }

  /** `nick!ident@host` as seen by others; until the server reports it, the longest possible one. */
  get prefix(): string {
    const { username } = this.#settings;
    return `${this.#nick}!${this.#user ?? `~${username}`}@${this.#host ?? 'h'.repeat(63)}`;
  }

  isChannel(name: string): boolean {
    return this.#client.network.isChannelName(name);
  }

  isSelf(nick: string): boolean {
    return ircFolded(nick, this.caseMapping) === ircFolded(this.#nick, this.caseMapping);
  }

  open(): void {
    const { nick, username, gecos, password, sasl, encoding, dial } = this.#settings;
    this.#watch();
    this.#client.connect({
      host: 'unused',
      nick,
      username,
      gecos,
      auto_reconnect: false,
      // Signs of life are looked for here, also before the server has let the bot in.
      ping_interval: 0,
      ping_timeout: 0,
      // CTCP is answered within flood control, not by the package.
      version: '',
      // Without an object, the password of the server would be taken for one of an account.
      account: sasl?.mechanism === 'PLAIN' ? { account: sasl.account, password: sasl.password } : {},
      ...(sasl === undefined ? {} : { sasl_mechanism: sasl.mechanism }),
      ...(password === undefined ? {} : { password }),
      transport: transportClass({ dial, encoding, onBadLine: (error) => this.#handlers.badLine(error) }),
    });
  }

  /** Sends a line at once. */
  send(line: string): void {
    if (!this.#ended) this.#write(line);
  }

  /** Leaves the server, and settles when the connection is closed, within a short time limit. */
  async quit(reason: string): Promise<void> {
    if (this.#ended) return;
    const closed = Promise.withResolvers<void>();
    this.#closed = closed.resolve;
    if (this.#registered) this.#write(`QUIT :${reason}`);
    else this.#end('lost', 'stopped');
    const cancel = this.#clock.after(QUIT_MS, closed.resolve);
    await closed.promise;
    cancel();
    this.#end('lost', 'stopped');
  }

  /** Drops the connection. */
  drop(kind: EndKind, reason: string): void {
    this.#end(kind, reason);
  }

  #closed: () => void = () => undefined;

  #write(line: string): void {
    this.#client.raw(line);
  }

  #end(kind: EndKind, reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelWatch();
    this.#client.removeAllListeners();
    this.#client.connection.end(null, true);
    this.#closed();
    this.#handlers.ended({ kind, reason });
  }

  /** Checks liveness: pings after some silence, and drops the connection after more. */
  #watch(): void {
    const { pingIntervalMs, pingTimeoutMs } = this.#settings;
    this.#cancelWatch = this.#clock.after(Math.min(pingIntervalMs, pingTimeoutMs / 3), () => {
      const silentMs = this.#clock.now() - this.#heardMs;
      if (silentMs >= pingTimeoutMs) {
        this.#end('lost', `no sign of life from the server for ${Math.round(silentMs / 100) / 10} s`);
        return;
      }
      if (this.#registered && silentMs >= pingIntervalMs * 0.9) this.#write(`PING :${this.#clock.now()}`);
      this.#watch();
    });
  }

  #listen(): void {
    const client = this.#client;
    const handlers = this.#handlers;
    client.on('raw', (event) => this.#heard(event));
    client.on('registered', ({ nick }) => this.#onRegistered(nick));
    client.on('socket close', (error) => this.#onClose(error));
    client.on('sasl failed', (event) => this.#denied(`SASL: ${event.message ?? event.reason ?? 'refused'}`));
    client.on('nick in use', () => this.#onNickRefused());
    client.on('nick invalid', () => this.#onNickRefused());
    client.on('irc error', (event) => this.#onError(event));
    client.on('unknown command', (event) => this.#onUnknown(event));
    client.on('displayed host', ({ nick, hostname }) => {
      if (this.isSelf(text(nick))) this.#host = text(hostname) || undefined;
    });
    client.on('privmsg', (event) => this.#onSaid(event, false));
    client.on('action', (event) => this.#onSaid(event, true));
    client.on('notice', (event) => handlers.noticed(text(event.nick), text(event.message)));
    client.on('ctcp request', (event) => {
      const type = text(event.type);
      handlers.ctcp(text(event.nick), type, text(event.message).slice(type.length + 1));
    });
    client.on('wholist', ({ target, users = [] }) => {
      const members = users.map((user) => ({ ...sourceOf(user), modes: user.channel_modes ?? [] }));
      handlers.members(text(target), members);
    });
    this.#listenToEvents();
  }

  #listenToEvents(): void {
    const client = this.#client;
    const on = (name: Happened['eventType'], more: (event: FrameworkEvent) => Partial<Happened>): void => {
      client.on(name, (event) => {
        const channel = name === 'quit' || name === 'nick' ? null : text(event.channel);
        const happened = { eventType: name, channel, ...sourceOf(event), ...more(event) };
        this.#beforeEvent(happened);
        this.#handlers.happened(happened);
      });
    };
    on('join', () => ({}));
    on('part', ({ message, channel }) => ({ reason: message === channel ? '' : message }));
    on('quit', ({ message }) => ({ reason: message }));
    on('nick', ({ new_nick }) => ({ newNick: text(new_nick) }));
    on('invite', () => ({}));
    // The victim is the one it happened to; the server tells the host of who did it.
    on('kick', ({ kicked, nick, message }) => ({ nick: text(kicked), user: '', userHost: '', kickedBy: text(nick), reason: message }));
    client.on('topic', (event) => {
      // Without a nick it is the answer to a JOIN.
      if (text(event.nick) === '') return;
      this.#handlers.happened({ eventType: 'topic', channel: text(event.channel), ...sourceOf(event), topic: text(event.topic) });
    });
  }

  #heard({ line, from_server }: FrameworkEvent): void {
    if (from_server !== true) return;
    this.#heardMs = this.#clock.now();
    const [, numeric] = /^(?:@\S+ +)?(?::\S+ +)?(\d{3}) /.exec(line ?? '') ?? [];
    if (numeric === '900' || numeric === '903') this.#loggedIn = true;
    if (numeric === '464') this.#lastWords = { kind: 'denied', reason: 'the server refuses the password irc.password' };
  }

  /** Events of the bot itself show its prefix as seen by others. */
  #beforeEvent({ eventType, nick, user, userHost, newNick }: Happened): void {
    if (!this.isSelf(nick)) return;
    if (eventType === 'nick' && newNick !== undefined) this.#nick = newNick;
    if (eventType !== 'join') return;
    this.#user = user === '' ? this.#user : user;
    this.#host = userHost === '' ? this.#host : userHost;
  }

  #onRegistered(nick: string | undefined): void {
    if (nick !== undefined) this.#nick = nick;
    if (this.#settings.sasl !== undefined && !this.#loggedIn) {
      this.#denied('SASL: the server has let the bot in without it');
      return;
    }
    this.#registered = true;
    this.#handlers.registered();
  }

  #denied(reason: string): void {
    this.#end('denied', reason);
  }

  #onClose(error: unknown): void {
    const { kind, reason } = this.#lastWords ?? { kind: 'lost', reason: 'the server closed the connection' };
    this.#end(kind, error instanceof Error && this.#lastWords === undefined ? reasonOf(error) : reason);
  }

  #onNickRefused(): void {
    // With a nick already, the wanted one is tried again later.
    if (this.#registered) return;
    this.#nick = nextNick(this.#settings, ++this.#refusedNicks);
    this.#write(`NICK ${this.#nick}`);
  }

  #onError({ error, channel, nick, reason }: FrameworkEvent): void {
    const said = reason ?? error ?? '';
    if (error === 'irc' || error === 'banned_from_network') {
      const kind = error === 'irc' ? endKind(said) : 'banned';
      // The numeric before ERROR is more precise than its text.
      if (this.#lastWords === undefined || kind !== 'lost') this.#lastWords = { kind, reason: said };
    } else if (error !== undefined && JOIN_ERRORS.has(error)) this.#handlers.joinRefused(text(channel), said);
    else if (error === 'no_such_nick' || error === 'cannot_send_to_channel' || error === 'cannot_send_to_user') {
      this.#handlers.sayingRefused(channel ?? text(nick), said);
    }
  }

  #onUnknown({ command = '', params = [] }: FrameworkEvent): void {
    const [, channel = ''] = params;
    if (JOIN_REFUSALS.has(command) && this.isChannel(channel)) this.#handlers.joinRefused(channel, params.at(-1) ?? '');
  }

  #onSaid(event: FrameworkEvent, isAction: boolean): void {
    if (event.from_server === true) return;
    const said: Said = {
      ...sourceOf(event),
      target: text(event.target),
      text: text(event.message),
      isAction,
      account: typeof event.account === 'string' && event.account !== '' ? event.account : undefined,
      timeMs: event.time,
      tags: event.tags ?? {},
    };
    this.#handlers.said(said);
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function sourceOf({ nick, ident, hostname }: { readonly nick?: string; readonly ident?: string; readonly hostname?: string }): Source {
  return { nick: text(nick), user: text(ident), userHost: text(hostname) };
}
