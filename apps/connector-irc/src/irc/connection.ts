import type { Clock } from '../clock.ts';
import type { ConnectionSettings } from '../config/parse.ts';
import type { SecretReader } from '../config/secrets.ts';
import { reasonOf } from '../reason.ts';
import { ChannelKeeper } from './channel-keeper.ts';
import type { RejoinSettings, WantedChannel } from './channel-list.ts';
import { CtcpAnswers } from './ctcp.ts';
import { lineEncoding } from './encoding.ts';
import { NickKeeper } from './nick-keeper.ts';
import { NickServ } from './nickserv.ts';
import type { Outgoing } from './outgoing.ts';
import { PendingAnswers } from './pending-answers.ts';
import { Reconnector } from './reconnector.ts';
import { isService } from './services.ts';
import { IrcSession } from './session.ts';
import type { Happened, Member, Said, SessionEnd, SessionHandlers } from './session-events.ts';
import { sessionSettings, settingsChange, wantedChannels } from './session-settings.ts';
import { type SayResult, Speaker } from './speaker.ts';
import type { ConnectionReport, ConnectionStatus } from './status.ts';

/** Dependencies of a connection. */
export interface ConnectionDeps {
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly readSecret: SecretReader;
  readonly report: ConnectionReport;
  /** Answer to CTCP VERSION unless the configuration has one. */
  readonly version: string;
  /** A user sent a message. */
  readonly onSaid: (said: Said, botNick: string, isPrivate: boolean) => void;
  /** An event in a channel, or of a user. */
  readonly onHappened: (event: Happened) => void;
  /** Channels were joined or left at run time. */
  readonly onRunTimeChannels: () => void;
}

/** How long the server may take to list the members of a channel. */
const ANSWER_MS = 8_000;

/** Keeps one connection to an IRC network up, in its channels, under its nick. */
export class IrcConnection {
  readonly status: { -readonly [Key in keyof ConnectionStatus]: ConnectionStatus[Key] };
  readonly #deps: ConnectionDeps;
  readonly #channels: ChannelKeeper;
  readonly #speaker: Speaker;
  readonly #nicks: NickKeeper;
  readonly #nickserv: NickServ;
  readonly #members: PendingAnswers<readonly Member[]>;
  readonly #ctcp: CtcpAnswers;
  readonly #reconnector: Reconnector;
  #settings: ConnectionSettings;
  #session: IrcSession | undefined;
  #wanted = false;
  /** The connection ends to restart immediately with a changed configuration. */
  #begins = false;
  #quitting: Promise<unknown> = Promise.resolve();

  constructor(settings: ConnectionSettings, deps: ConnectionDeps) {
    const { clock, report, readSecret, onRunTimeChannels } = deps;
    const command = (line: string): void => this.#speaker.command(line);
    this.#settings = settings;
    this.#deps = deps;
    this.#members = new PendingAnswers(clock);
    this.#ctcp = new CtcpAnswers(clock);
    this.#reconnector = new Reconnector(clock, deps.random);
    this.status = { connected: false, host: settings.irc.host, reconnects: 0, reason: 'not connected yet', sinceMs: clock.now() };
    this.#channels = new ChannelKeeper(rejoinOf(settings), {
      clock,
      report,
      command,
      mayJoin: () => this.#isOpen && !this.#nickserv.isAsked,
      onRunTimeChannels,
    });
    this.#speaker = new Speaker(settings.floodControl, {
      clock,
      send: (line) => this.#session?.send(line),
      prefix: () => this.#session?.prefix ?? `${this.#settings.ident.nick}!~${this.#settings.ident.username}@${'h'.repeat(63)}`,
      isOpen: () => this.#isOpen,
      isComing: (target) => this.#channels.isComing(target),
      folded: (name) => this.#channels.folded(name),
      byteLength: (text) => lineEncoding(this.#settings.encoding).byteLength(text),
      onExpired: (lines) => report.expired(lines),
    });
    this.#nickserv = new NickServ({ clock, report, readSecret, command, settings: () => this.#settings });
    this.#nicks = new NickKeeper({
      clock,
      command,
      wanted: () => this.#settings.ident.nick,
      hasIt: () => !this.#isOpen || this.#hasNick,
      ghost: (nick) => this.#nickserv.ghost(nick),
    });
  }

  get settings(): ConnectionSettings {
    return this.#settings;
  }

  /** The nick that the server last confirmed. */
  get nick(): string {
    return this.#session?.nick ?? this.#settings.ident.nick;
  }

  /** Channels that the bot is in. */
  get joined(): readonly string[] {
    return this.#channels.joined;
  }

  /** Channels that were joined at run time. */
  get atRunTime(): readonly WantedChannel[] {
    return this.#channels.atRunTime;
  }

  get #isOpen(): boolean {
    return this.#session?.registered === true;
  }

  get #hasNick(): boolean {
    return this.#session?.isSelf(this.#settings.ident.nick) === true;
  }

  /** Connects, and stays connected. @param atRunTime channels in addition to those of the configuration. */
  start(atRunTime: readonly WantedChannel[]): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#reconnector.reset();
    this.#channels.want(atRunTime);
    // The previous connection must have left the server first.
    void this.#quitting.then(() => this.#wanted && this.#session === undefined && this.#connect());
  }

  /** Disconnects permanently. */
  async stop(): Promise<void> {
    this.#wanted = false;
    this.#reconnector.stop();
    this.#quitting = this.#session?.quit(this.#settings.ident.quitMsg) ?? this.#quitting;
    await this.#quitting;
  }

  /** Waits until all lines are sent, for at most `limitMs`. */
  async flush(limitMs: number): Promise<void> {
    const { clock } = this.#deps;
    const deadline = clock.now() + limitMs;
    while (this.#isOpen && this.#speaker.waiting > 0 && clock.now() < deadline) {
      await new Promise<void>((resolve) => void clock.after(20, resolve));
    }
  }

  /**
   * Applies a new configuration; unchanged parts are kept.
   *
   * @throws SecretError when the key of a channel cannot be read.
   */
  configure(settings: ConnectionSettings): void {
    const change = settingsChange(this.#settings, settings);
    this.#settings = settings;
    this.status.host = settings.irc.host;
    this.#speaker.limit(settings.floodControl);
    if (!this.#wanted) return;
    if (change.reconnect) return this.#beginAgain();
    for (const channel of this.#configureChannels()) if (this.#isOpen) this.#speaker.command(`PART ${channel}`);
    this.#channels.joinDue();
    if (change.nick) this.#nicks.free();
  }

  /** Sends a message, action or notice. */
  say(outgoing: Outgoing): SayResult {
    return this.#speaker.say(outgoing);
  }

  /** Joins a channel and stays in it. @throws Error with the server's reason, or when it does not answer; the join is retried. */
  async join(channel: WantedChannel): Promise<void> {
    await this.#channels.join(channel);
  }

  /** Leaves a channel permanently. */
  part(channel: string): void {
    this.#channels.part(channel);
  }

  /** Kicks a user, if the server permits it. */
  kick(channel: string, nick: string, reason: string): void {
    this.#speaker.command(`KICK ${channel} ${nick} :${reason}`);
  }

  /** Lists the users in a channel. @throws Error when the bot is not in it, or the server does not answer. */
  async members(channel: string): Promise<{ readonly members: readonly Member[]; readonly allModes: boolean }> {
    if (!this.#channels.isIn(channel)) throw new Error(`the bot is not in ${channel}`);
    const members = this.#members.wait(this.#channels.folded(channel), ANSWER_MS);
    this.#speaker.command(`WHO ${channel}`);
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
    void this.#session.quit(this.#settings.ident.quitMsg);
  }

  #configureChannels(): string[] {
    return this.#channels.configure(wantedChannels(this.#settings, this.#deps.readSecret), rejoinOf(this.#settings));
  }

  #isService(nick: string): boolean {
    return isService(nick, this.#settings.nickserv?.nick);
  }

  /** @param isCurrent whether the session is still the one of this connection. */
  #handlers(isCurrent: () => boolean): SessionHandlers {
    const { report } = this.#deps;
    return {
      registered: () => this.#onRegistered(),
      said: (said) => this.#onSaid(said),
      happened: (event) => this.#onHappened(event),
      noticed: (nick, text) => void (this.#isService(nick) && this.#nickserv.noticed(text)),
      ctcp: (nick, type, argument) => this.#onCtcp(nick, type, argument),
      joinRefused: (channel, reason) => {
        this.#channels.refused(channel, reason);
        this.#speaker.pump();
      },
      sayingRefused: (target, reason) => report.sayingRefused(target, reason),
      members: (channel, members) => void this.#members.answer(this.#channels.folded(channel), members),
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
    this.#channels.connected(session.caseMapping);
    this.#speaker.opened();
    this.#nickserv.identify(this.#hasNick, () => {
      this.#channels.joinDue();
      for (const { target, text } of this.#settings.messages) this.#speaker.say({ kind: 'message', target, text });
    });
    this.#nicks.changed();
  }

  #onSaid(said: Said): void {
    const session = this.#session;
    if (session === undefined || session.isSelf(said.nick) || this.#isService(said.nick)) return;
    if (this.#settings.broadcastMessages) this.#deps.onSaid(said, session.nick, !session.isChannel(said.target));
  }

  #onCtcp(nick: string, type: string, argument: string): void {
    const line = this.#ctcp.line({ nick, type, argument }, this.#settings.ident.version ?? this.#deps.version);
    if (line !== undefined) this.#speaker.command(line);
  }

  #onHappened(event: Happened): void {
    const session = this.#session;
    if (session === undefined) return;
    const { eventType, nick, newNick } = event;
    const isSelf = session.isSelf(eventType === 'nick' ? (newNick ?? '') : nick);
    // Actions of the bot itself are not events, except a kick.
    if (!isSelf || eventType === 'kick') this.#deps.onHappened(event);
    if (isSelf) {
      if (eventType === 'nick') {
        this.#deps.report.nick(session.nick);
        this.#nicks.changed();
      } else this.#channels.own(event);
      this.#speaker.pump();
      return;
    }
    const isFree =
      (eventType === 'quit' || eventType === 'nick') && this.#channels.folded(nick) === this.#channels.folded(this.#settings.ident.nick);
    if (isFree) this.#nicks.free();
  }

  #ended(end: SessionEnd): void {
    const { clock, report } = this.#deps;
    const { connected: wasConnected, sinceMs } = this.status;
    const nowMs = clock.now();
    this.#session = undefined;
    this.#nickserv.stop();
    this.#nicks.stop();
    this.#speaker.stop();
    this.#channels.disconnected(end.reason);
    this.#members.failAll(end.reason);
    Object.assign(this.status, { connected: false, reason: end.reason }, wasConnected ? { sinceMs: nowMs, lastDisconnectMs: nowMs } : {});
    report.disconnected(wasConnected);
    if (!this.#wanted) return;
    if (this.#begins) {
      this.#begins = false;
      return this.#connect();
    }
    const connect = (): void => {
      this.status.reconnects++;
      this.#connect();
    };
    const lastedMs = wasConnected ? nowMs - sinceMs : 0;
    report.ended(end, { wasConnected, delayMs: this.#reconnector.schedule(end, { irc: this.#settings.irc, lastedMs, connect }) });
  }
}

function rejoinOf({ irc }: ConnectionSettings): RejoinSettings {
  return { autoRejoin: irc.autoRejoin, waitMs: irc.autoRejoinWait, maxRetries: irc.autoRejoinMaxRetries };
}
