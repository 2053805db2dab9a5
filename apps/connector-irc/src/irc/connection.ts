import type { ConnectionSettings } from '../config/parse.ts';
import { reasonOf } from '../reason.ts';
import type { WantedChannel } from './channel-list.ts';
import { type ConnectionDeps, type ConnectionParts, connectionParts, hasNick, isOpen, rejoinOf } from './connection-parts.ts';
import { Incoming } from './incoming.ts';
import type { Outgoing } from './outgoing.ts';
import { Reconnector } from './reconnector.ts';
import { IrcSession } from './session.ts';
import type { Message } from './send-queue.ts';
import type { Member, SessionEnd, SessionHandlers } from './session-events.ts';
import { checkReadable, sessionSettings, settingsChange, wantedChannels } from './session-settings.ts';
import type { SayResult } from './speaker.ts';
import type { ConnectionStatus } from './status.ts';

/** Time limit for the server to list the members of a channel. */
const ANSWER_MS = 8_000;

/** Keeps one connection to an IRC network up, in its channels, under its nick. */
export class IrcConnection {
  readonly status: { -readonly [Key in keyof ConnectionStatus]: ConnectionStatus[Key] };
  readonly #deps: ConnectionDeps;
  readonly #parts: ConnectionParts;
  readonly #incoming: Incoming;
  readonly #reconnector: Reconnector;
  #settings: ConnectionSettings;
  #session: IrcSession | undefined;
  #wanted = false;
  /** The connection ends in order to restart immediately with a changed configuration. */
  #begins = false;
  /** The last session that was asked to leave the server, and its end. */
  #leaving: IrcSession | undefined;
  #left: Promise<void> = Promise.resolve();

  constructor(settings: ConnectionSettings, deps: ConnectionDeps) {
    this.#settings = settings;
    this.#deps = deps;
    this.#reconnector = new Reconnector(deps.clock, deps.random);
    this.status = { connected: false, host: settings.irc.host, reconnects: 0, reason: 'not connected yet', sinceMs: deps.clock.now() };
    this.#parts = connectionParts(this, deps);
    this.#incoming = new Incoming(this, this.#parts, deps);
  }

  get settings(): ConnectionSettings {
    return this.#settings;
  }

  /** The current session, from dialing to its end. */
  get session(): IrcSession | undefined {
    return this.#session;
  }

  /** The nick that the server last confirmed. */
  get nick(): string {
    return this.#session?.nick ?? this.#settings.ident.nick;
  }

  /** Channels that the bot is in. */
  get joined(): readonly string[] {
    return this.#parts.channels.joined;
  }

  /** Channels that were joined at run time. */
  get atRunTime(): readonly WantedChannel[] {
    return this.#parts.channels.atRunTime;
  }

  /** Connects, and stays connected. @param atRunTime channels in addition to those of the configuration. */
  start(atRunTime: readonly WantedChannel[]): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#reconnector.reset();
    this.#parts.channels.want(atRunTime);
    // The previous connection must have left the server first.
    void this.#left.then(() => this.#wanted && this.#session === undefined && this.#connect());
  }

  /** Disconnects permanently. */
  async stop(): Promise<void> {
    this.#wanted = false;
    this.#reconnector.stop();
    await this.#leave();
  }

  /** Ends the session, once: a second call waits for the same end. */
  #leave(): Promise<void> {
    const session = this.#session;
    if (session === undefined || session === this.#leaving) return this.#left;
    this.#leaving = session;
    this.#left = this.#quit(session);
    return this.#left;
  }

  async #quit(session: IrcSession): Promise<void> {
    const { speaker } = this.#parts;
    const wasOpen = session.registered;
    const isClosed = await session.quit(this.#settings.ident.quitMsg, speaker.unread === 0);
    if (wasOpen && !isClosed && speaker.unread > 0) this.#deps.report.unread(speaker.unread);
  }

  /** Waits until all lines are sent, for at most `limitMs`. */
  async flush(limitMs: number): Promise<void> {
    const { clock } = this.#deps;
    const deadline = clock.now() + limitMs;
    while (isOpen(this) && this.#parts.speaker.waiting > 0 && clock.now() < deadline) {
      await new Promise<void>((resolve) => void clock.after(20, resolve));
    }
  }

  /**
   * Applies a new configuration; unchanged parts are kept.
   *
   * @throws SecretError or TlsFileError when a secret or a file cannot be read; the current configuration then stays in effect.
   */
  configure(settings: ConnectionSettings): void {
    const change = settingsChange(this.#settings, settings);
    checkReadable(settings, this.#deps.readSecret, change);
    this.#settings = settings;
    this.status.host = settings.irc.host;
    this.#parts.speaker.limit(settings.floodControl);
    if (!this.#wanted) return;
    if (change.reconnect) return this.#beginAgain();
    for (const channel of this.#configureChannels()) if (isOpen(this)) this.#parts.speaker.command(`PART ${channel}`);
    this.#parts.channels.joinDue();
    if (change.nick) this.#parts.nicks.free();
  }

  /** Sends a message, action or notice. @param message is taken when its first line is sent, or it is dropped. */
  say(outgoing: Outgoing, message?: Message): SayResult {
    return this.#parts.speaker.say(outgoing, message);
  }

  /** Leaves messages of which no line has been sent to another replica. */
  release(): void {
    this.#parts.speaker.release();
  }

  /** Drops all lines that wait: this replica will not send them. */
  drop(): void {
    const lines = this.#parts.speaker.clear();
    if (lines > 0) this.#deps.report.unsent(lines);
  }

  /** Joins a channel and stays in it. @throws Error with the server's reason, or when it does not answer; the join is retried. */
  async join(channel: WantedChannel): Promise<void> {
    await this.#parts.channels.join(channel);
  }

  /** Leaves a channel permanently. */
  part(channel: string): void {
    this.#parts.channels.part(channel);
  }

  /** Kicks a user, if the server permits it. */
  kick(channel: string, nick: string, reason: string): void {
    this.#parts.speaker.command(`KICK ${channel} ${nick} :${reason}`);
  }

  /** The form of a name that the server compares. */
  folded(name: string): string {
    return this.#parts.channels.folded(name);
  }

  /** Lists the users in a channel. @throws Error when the bot is not in it, or the server does not answer. */
  async members(channel: string): Promise<{ readonly members: readonly Member[]; readonly allModes: boolean }> {
    if (!this.#parts.channels.isIn(channel)) throw new Error(`the bot is not in ${channel}`);
    const key = this.#parts.channels.folded(channel);
    // One answer serves all who wait for it: modules can ask more often than flood control allows, and these lines come before all messages.
    const isAsked = this.#parts.members.has(key);
    const members = this.#parts.members.wait(key, ANSWER_MS);
    if (!isAsked) this.#parts.speaker.command(`WHO ${channel}`);
    return { members: await members, allModes: this.#session?.listsAllModes === true };
  }

  #connect(): void {
    const { report, readSecret, clock } = this.#deps;
    const attempt = this.#reconnector.attempts();
    try {
      const settings = sessionSettings(this.#settings, readSecret);
      this.#configureChannels();
      report.connecting(this.#settings.irc, attempt);
      const session = new IrcSession(
        settings,
        this.#handlers(() => this.#session === session),
        clock,
      );
      this.#session = session;
      session.open();
    } catch (error) {
      this.#ended({ kind: 'denied', reason: reasonOf(error) });
    }
  }

  #beginAgain(): void {
    this.#deps.report.reconfigured();
    this.#reconnector.reset();
    if (this.#session === undefined) return this.#connect();
    this.#begins = true;
    void this.#leave();
  }

  #configureChannels(): string[] {
    return this.#parts.channels.configure(wantedChannels(this.#settings, this.#deps.readSecret), rejoinOf(this.#settings));
  }

  /** @param isCurrent whether the session is still the one of this connection. */
  #handlers(isCurrent: () => boolean): SessionHandlers {
    const { report } = this.#deps;
    const incoming = this.#incoming;
    return {
      registered: () => this.#onRegistered(),
      greeted: () => this.#onGreeted(),
      said: (said) => incoming.said(said),
      happened: (event) => incoming.happened(event),
      ponged: (token) => this.#parts.speaker.answered(token),
      noticed: (nick, text) => incoming.noticed(nick, text),
      ctcp: (nick, type, argument) => incoming.ctcp(nick, type, argument),
      joinRefused: (channel, reason) => incoming.joinRefused(channel, reason),
      channelRenamed: (from, to) => this.#parts.channels.renamed(from, to),
      sayingRefused: (target, reason) => report.sayingRefused(target, reason),
      members: (channel, members) => incoming.members(channel, members),
      badLine: (error) => report.badLine(error),
      ended: (end) => void (isCurrent() && this.#ended(end)),
    };
  }

  #onRegistered(): void {
    const session = this.#session;
    if (session === undefined) return;
    const nowMs = this.#deps.clock.now();
    Object.assign(this.status, { connected: true, reason: undefined, sinceMs: nowMs, lastConnectMs: nowMs });
    this.#deps.report.connected(session.nick);
    this.#parts.speaker.opened();
    this.#parts.nickserv.identify(hasNick(this), () => {
      this.#parts.channels.joinDue();
      for (const { target, text } of this.#settings.messages) this.#parts.speaker.say({ kind: 'message', target, text });
    });
    this.#parts.nicks.changed();
  }

  /** The options of the server are known. */
  #onGreeted(): void {
    const { session } = this;
    if (session === undefined || !this.#parts.channels.mapped(session.caseMapping)) return;
    try {
      this.#configureChannels();
    } catch (error) {
      this.#deps.report.secretMissing(error);
    }
    this.#parts.channels.joinDue();
  }

  #ended(end: SessionEnd): void {
    const { clock, report } = this.#deps;
    const { connected: wasConnected, sinceMs } = this.status;
    const nowMs = clock.now();
    this.#session = undefined;
    this.#parts.nickserv.stop();
    this.#parts.nicks.stop();
    this.#parts.speaker.stop();
    this.#parts.channels.disconnected(end.reason);
    this.#parts.members.failAll(end.reason);
    const reason = end.hint === undefined ? end.reason : `${end.reason} (${end.hint})`;
    Object.assign(this.status, { connected: false, reason }, wasConnected ? { sinceMs: nowMs, lastDisconnectMs: nowMs } : {});
    report.disconnected(wasConnected);
    const begins = this.#begins;
    this.#begins = false;
    if (!this.#wanted) return;
    if (begins) return this.#connect();
    const connect = (): void => {
      this.status.reconnects++;
      this.#connect();
    };
    const lastedMs = wasConnected ? nowMs - sinceMs : 0;
    report.ended(end, { wasConnected, delayMs: this.#reconnector.schedule(end, { irc: this.#settings.irc, lastedMs, connect }) });
  }
}
