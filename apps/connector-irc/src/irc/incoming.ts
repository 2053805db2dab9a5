import type { ConnectionDeps, ConnectionParts, ConnectionState } from './connection-parts.ts';
import { CtcpAnswers } from './ctcp.ts';
import { isService } from './services.ts';
import type { Happened, Member, Said } from './session-events.ts';

/**
 * Handles everything that the server sends while a session is open: passes on actions of users, and keeps the parts of the connection up to
 * date.
 */
export class Incoming {
  readonly #state: ConnectionState;
  readonly #parts: ConnectionParts;
  readonly #deps: ConnectionDeps;
  readonly #ctcp: CtcpAnswers;

  constructor(state: ConnectionState, parts: ConnectionParts, deps: ConnectionDeps) {
    this.#state = state;
    this.#parts = parts;
    this.#deps = deps;
    this.#ctcp = new CtcpAnswers(deps.clock);
  }

  said(said: Said): void {
    const { session, settings } = this.#state;
    if (session === undefined || session.isSelf(said.nick) || this.#isService(said.nick)) return;
    if (settings.broadcastMessages) this.#deps.onSaid(said, session.nick, !session.isChannel(said.target));
  }

  noticed(nick: string, text: string): void {
    this.#parts.nickserv.noticed(nick, text);
  }

  ctcp(nick: string, type: string, argument: string): void {
    const line = this.#ctcp.line({ nick, type, argument }, this.#state.settings.ident.version ?? this.#deps.version);
    if (line !== undefined) this.#parts.speaker.answerCtcp(line);
  }

  joinRefused(channel: string, reason: string): void {
    this.#parts.channels.refused(channel, reason);
    this.#parts.speaker.pump();
  }

  members(channel: string, members: readonly Member[]): void {
    this.#parts.members.answer(this.#parts.channels.folded(channel), members);
  }

  happened(event: Happened): void {
    const { session } = this.#state;
    if (session === undefined) return;
    const { eventType, nick, newNick } = event;
    const isSelf = session.isSelf(eventType === 'nick' ? (newNick ?? '') : nick);
    // Actions of the bot itself are not events, except a kick.
    if (!isSelf || eventType === 'kick') this.#deps.onHappened(event);
    if (isSelf) this.#ownEvent(event, session.nick);
    else if (this.#freesNick(event)) this.#parts.nicks.free();
  }

  #ownEvent(event: Happened, nick: string): void {
    const { channels, nicks, speaker } = this.#parts;
    if (event.eventType === 'nick') {
      this.#deps.report.nick(nick);
      nicks.changed();
    } else channels.own(event);
    speaker.pump();
  }

  /** Whether the user who had the bot's nick no longer has it. */
  #freesNick({ eventType, nick }: Happened): boolean {
    const { channels } = this.#parts;
    if (eventType !== 'quit' && eventType !== 'nick') return false;
    return channels.folded(nick) === channels.folded(this.#state.settings.ident.nick);
  }

  #isService(nick: string): boolean {
    return isService(nick, this.#state.settings.nickserv?.nick);
  }
}
