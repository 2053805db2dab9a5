import { ircFolded } from '@eeveebot/libeevee';
import { defined } from '@eeveebot/contract';
import { Client, type FrameworkEvent } from 'irc-framework';
import type { Clock } from '../clock.ts';
import { HAPPENINGS, isPlayback, isWhole, membersOf, saidOf, text, unclosedCtcp } from './framework-events.ts';
import { Liveness } from './liveness.ts';
import { movedChannels } from './moved-channels.ts';
import { nextNick } from './nicks.ts';
import type { EndKind } from './reconnect-plan.ts';
import { refusedCapabilities } from './refused-capabilities.ts';
import { isNickRefusal, joinRefusal, sayingRefusal, unnamedRefusal } from './refusals.ts';
import { SessionEnding } from './session-ending.ts';
import type { Happened, SessionEnd, SessionHandlers } from './session-events.ts';
import type { SessionSettings } from './session-settings.ts';
import { serverOptions } from './server-options.ts';
import { transportClass } from './transport.ts';

/** Longest time to wait for the server to close the connection after QUIT. */
const QUIT_MS = 400;

/** The same if it may not have read the last lines of the bot. */
const QUIT_UNREAD_MS = 900;

/** Time limit for the server to accept the bot: a server may send lines, such as PING, without ever doing so. */
const REGISTRATION_MS = 60_000;

/** Number of variants of the wanted nick that are tried: if all are refused, the server accepts no nick of that form. */
const MAX_INVENTED_NICKS = 20;

/** One connection to a server, from the socket to its end; there is a new one for each attempt. */
export class IrcSession {
  readonly #client = new Client();
  readonly #capabilities = refusedCapabilities(this.#client);
  readonly #settings: SessionSettings;
  readonly #handlers: SessionHandlers;
  readonly #clock: Clock;
  readonly #liveness: Liveness;
  readonly #ending: SessionEnding;
  #nick: string;
  #user: string | undefined;
  #host: string | undefined;
  #refusedNicks = 0;
  #registered = false;
  #loggedIn = false;
  #ended = false;
  #quitting: Promise<boolean> | undefined;
  /** Whether the server has closed the connection, once it is closed. */
  readonly #closed = Promise.withResolvers<boolean>();
  #cancelRegistration: () => void = () => undefined;

  constructor(settings: SessionSettings, handlers: SessionHandlers, clock: Clock) {
    this.#settings = settings;
    this.#handlers = handlers;
    this.#clock = clock;
    this.#nick = settings.nick;
    this.#ending = new SessionEnding(settings);
    this.#liveness = new Liveness({
      ...settings,
      clock,
      ping: () => {
        if (this.#registered) this.#write(`PING :${clock.now()}`);
      },
      onSilent: (reason) => this.#end('lost', reason),
    });
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

  /** Whether a target is a channel, or some of the users of one: `@#channel`, `@+#channel`. */
  isChannel(target: string): boolean {
    const { CHANTYPES: types, STATUSMSG: groups } = this.#client.network.options;
    // `irc-framework` throws when the server sends one of the options without a value.
    const isType = (character: string): boolean => (Array.isArray(types) ? types : ['#', '&']).includes(character);
    for (const character of target) {
      // `+` can be both: the type of a channel, and the prefix of voiced users.
      if (isType(character)) return true;
      if (!Array.isArray(groups) || !groups.includes(character)) return false;
    }
    return false;
  }

  isSelf(nick: string): boolean {
    return ircFolded(nick, this.caseMapping) === ircFolded(this.#nick, this.caseMapping);
  }

  /** Whether the bot has a nick, or its beginning: some servers shorten nicks to the length that they allow. */
  hasNick(nick: string): boolean {
    const length = Number(this.#client.network.options['NICKLEN']);
    return this.isSelf(nick) || (length > 0 && this.isSelf(nick.slice(0, length)));
  }

  open(): void {
    const { nick, username, gecos, password, sasl, encoding, dial } = this.#settings;
    this.#liveness.watch();
    this.#cancelRegistration = this.#clock.after(REGISTRATION_MS, () =>
      this.#end('lost', `the server did not accept the bot within ${REGISTRATION_MS / 1_000} s`),
    );
    this.#client.connect({
      host: 'unused',
      nick,
      username,
      gecos,
      auto_reconnect: false,
      // Liveness is checked here, also before the server has accepted the bot.
      ping_interval: 0,
      ping_timeout: 0,
      // CTCP is answered within flood control, not by the package.
      version: '',
      // Without an object, the package would use the server's password for an account.
      account: sasl?.mechanism === 'PLAIN' ? { account: sasl.account, password: sasl.password } : {},
      ...(sasl === undefined ? {} : { sasl_mechanism: sasl.mechanism }),
      ...defined({ password }),
      transport: transportClass({ dial, encoding, onBadLine: (error) => this.#handlers.badLine(error) }),
    });
  }

  /** Sends a line at once. */
  send(line: string): void {
    if (!this.#ended) this.#write(line);
  }

  /**
   * Leaves the server, and settles when the connection is closed, within a time limit. Further calls have no effect, and the same result.
   *
   * @param isRead whether the server has read all lines: if it has not, the limit is longer.
   * @returns whether the server has closed it, and thus read all lines.
   */
  quit(reason: string, isRead: boolean): Promise<boolean> {
    return (this.#quitting ??= this.#quit(reason, isRead));
  }

  async #quit(reason: string, isRead: boolean): Promise<boolean> {
    if (this.registered) this.#write(`QUIT :${reason}`);
    else this.#end('lost', 'stopped');
    const cancel = this.#clock.after(isRead ? QUIT_MS : QUIT_UNREAD_MS, () => this.#end('lost', 'stopped'));
    const isByServer = await this.#closed.promise;
    cancel();
    return isByServer;
  }

  /** Drops the connection. */
  drop(kind: EndKind, reason: string): void {
    this.#end(kind, reason);
  }

  #write(line: string): void {
    this.#client.raw(line);
  }

  #end(kind: EndKind, reason: string): void {
    this.#finish({ kind, reason });
  }

  #finish(end: SessionEnd, isByServer = false): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#liveness.stop();
    this.#cancelRegistration();
    this.#client.removeAllListeners();
    this.#client.connection.end(null, true);
    this.#closed.resolve(isByServer);
    this.#handlers.ended(end);
  }

  #listen(): void {
    const client = this.#client;
    const handlers = this.#handlers;
    client.on('socket connected', () => this.#ending.opened());
    client.on('raw', (event) => this.#heard(event));
    client.on('registered', ({ nick }) => this.#onRegistered(nick));
    client.on('motd', () => handlers.greeted());
    serverOptions(client, () => handlers.greeted());
    client.on('socket close', (error) => this.#finish(this.#ending.closed(error), !(error instanceof Error)));
    client.on('sasl failed', (event) => this.#end('denied', `SASL: ${event.message ?? event.reason ?? 'refused'}`));
    client.on('nick in use', () => this.#onNickRefused());
    client.on('nick invalid', () => this.#onNickRefused());
    client.on('irc error', (event) => this.#onError(event));
    client.on('unknown command', (event) => this.#onUnknown(event));
    movedChannels(client, handlers);
    client.on('displayed host', ({ nick, hostname }) => {
      if (this.isSelf(text(nick))) this.#host = text(hostname) || undefined;
    });
    client.on('privmsg', (event) => this.#onMessage(event));
    client.on('action', (event) => this.#onSaid(event, true));
    client.on('notice', (event) => handlers.noticed(text(event.nick), text(event.message)));
    client.on('ctcp request', (event) => this.#onCtcp(event));
    client.on('pong', (event) => handlers.ponged(text(event.message)));
    client.on('wholist', (event) => handlers.members(text(event.target), membersOf(event)));
    this.#listenToEvents();
  }

  #listenToEvents(): void {
    for (const [name, happenedOf] of Object.entries(HAPPENINGS)) {
      this.#client.on(name, (event) => {
        const happened = happenedOf(event);
        if (happened === undefined || isPlayback(event) || !isWhole(happened)) return;
        this.#beforeEvent(happened);
        this.#handlers.happened(happened);
      });
    }
  }

  #heard({ line, from_server }: FrameworkEvent): void {
    if (from_server !== true) return;
    this.#liveness.heard();
    const [, numeric] = /^(?:@\S+ +)?(?::\S+ +)?(\d{3}) /.exec(line ?? '') ?? [];
    if (numeric === '900' || numeric === '903') this.#loggedIn = true;
    this.#ending.heard(line ?? '', numeric);
  }

  /** Events of the bot itself show its prefix as seen by others. */
  #beforeEvent({ eventType, nick, user, userHost, newNick }: Happened): void {
    if (!this.isSelf(nick)) return;
    if (eventType === 'nick' && newNick !== undefined && newNick !== '') this.#nick = newNick;
    if (eventType !== 'join') return;
    this.#user = user === '' ? this.#user : user;
    this.#host = userHost === '' ? this.#host : userHost;
  }

  #onRegistered(nick: string | undefined): void {
    if (nick !== undefined) this.#nick = nick;
    if (this.#settings.sasl !== undefined && !this.#loggedIn) {
      this.#end('denied', 'SASL: the server accepted the connection without it');
      return;
    }
    this.#registered = true;
    this.#cancelRegistration();
    this.#capabilities.requestAgain();
    this.#handlers.registered();
  }

  #onNickRefused(): void {
    // If the bot already has a nick, the wanted one is tried again later.
    if (this.#registered) return;
    const refused = ++this.#refusedNicks;
    if (refused > this.#settings.altNicks.length + MAX_INVENTED_NICKS) {
      this.#end('denied', `the server accepts neither ${this.#settings.nick} nor similar nicks: correct ident.nick`);
      return;
    }
    this.#nick = nextNick(this.#settings, refused);
    this.#write(`NICK ${this.#nick}`);
  }

  #onError(event: FrameworkEvent): void {
    this.#ending.errorHeard(event);
    const join = joinRefusal(event);
    if (join !== undefined) this.#handlers.joinRefused(join.target, join.reason);
    const saying = sayingRefusal(event);
    if (saying !== undefined) this.#handlers.sayingRefused(saying.target, saying.reason);
  }

  #onUnknown(event: FrameworkEvent): void {
    if (!this.#registered && isNickRefusal(event)) return this.#onNickRefused();
    const refusal = unnamedRefusal(event);
    // The nick that the bot wants to have is not a target: it is tried again.
    if (refusal === undefined || (isNickRefusal(event) && !this.isChannel(refusal.target))) return;
    this.#handlers.joinRefused(refusal.target, refusal.reason);
  }

  #onMessage(event: FrameworkEvent): void {
    const ctcp = unclosedCtcp(event);
    if (ctcp === undefined) this.#onSaid(event, false);
    else if (ctcp.type === 'ACTION') this.#onSaid({ ...event, message: text(ctcp.message).slice('ACTION '.length) }, true);
    else this.#onCtcp(ctcp);
  }

  #onCtcp(event: FrameworkEvent): void {
    const type = text(event.type);
    const nick = text(event.nick);
    if (nick !== '' && !isPlayback(event)) this.#handlers.ctcp(nick, type, text(event.message).slice(type.length + 1));
  }

  #onSaid(event: FrameworkEvent, isAction: boolean): void {
    if (event.from_server !== true && !isPlayback(event)) this.#handlers.said(saidOf(event, isAction));
  }
}
