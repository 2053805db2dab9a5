import { afterWrites } from '@eeveebot/libeevee/delivery';
import type { Clock } from '../clock.ts';
import type { ByteLength } from './line-splitting.ts';
import { type Outgoing, isTarget, outgoingLines } from './outgoing.ts';
import { InFlight } from './in-flight.ts';
import type { FloodControl } from '../config/flood-control.ts';
import { type Message, SendQueue } from './send-queue.ts';

/** Not a valid name of a channel or user. */
const CTCP_LANE = '\u0001';

/** Result of {@link Speaker.say}. */
export type SayResult = 'taken' | 'no-text' | 'invalid-target' | 'queue-full';

/** Dependencies of a speaker. */
export interface SpeakerDeps {
  readonly clock: Clock;
  /** Sends a line at once. */
  readonly send: (line: string) => void;
  /** Asks the server to answer once it has read all lines before; its answer goes to {@link Speaker.answered}. */
  readonly ping: (token: string) => void;
  /** Prefix of the bot as seen by others. */
  readonly prefix: () => string;
  /** Whether the server takes lines now. */
  readonly isOpen: () => boolean;
  /** Whether a channel will be joined: lines for it wait. */
  readonly isComing: (target: string) => boolean;
  /** Names of the same channel or user, in different spellings, have the same form. */
  readonly folded: (name: string) => string;
  readonly byteLength: ByteLength;
  /** Called with the number of lines that were dropped because they waited too long. */
  readonly onExpired: (lines: number) => void;
  /** Called when a line of the connection itself was dropped because too many wait. */
  readonly onCommandDropped: () => void;
}

function dropped(reason: SayResult, message: Message | undefined): SayResult {
  message?.taken();
  return reason;
}

/** Sends messages within flood control, once the server and the channel accept them. */
export class Speaker {
  readonly #deps: SpeakerDeps;
  readonly #queue: SendQueue;
  readonly #flight = new InFlight();
  /** Lines that are sent once NATS has received the confirmations of their messages, in order. */
  #confirming: string[] = [];
  #cancelTimer: () => void = () => undefined;

  constructor(flood: FloodControl | undefined, deps: SpeakerDeps) {
    this.#deps = deps;
    this.#queue = new SendQueue(flood);
  }

  /** Lines that wait. */
  get waiting(): number {
    return this.#queue.size + this.#confirming.length;
  }

  limit(flood: FloodControl | undefined): void {
    this.#queue.limit(flood);
    this.pump();
  }

  /**
   * Queues a text to be sent as soon as possible.
   *
   * @param message is taken when its first line is sent, or it is dropped.
   */
  say(outgoing: Outgoing, message?: Message): SayResult {
    const { clock, prefix, byteLength, folded } = this.#deps;
    if (!isTarget(outgoing.target)) return dropped('invalid-target', message);
    // One line more than can wait shows that the text is too long.
    const lines = outgoingLines(outgoing, { prefix: prefix(), byteLength, most: this.#queue.maxLaneLines + 1 });
    if (lines.length === 0) return dropped('no-text', message);
    const added = this.#queue.add(folded(outgoing.target), lines, { nowMs: clock.now(), message });
    this.pump();
    if (added === 0) return dropped('queue-full', message);
    return added === lines.length ? 'taken' : 'queue-full';
  }

  /** Leaves messages of which no line has been sent to another replica. */
  release(): void {
    for (const message of this.#queue.release()) message.released();
  }

  /** Drops all lines of channels and users that wait. @returns how many there were. */
  clear(): number {
    return this.#queue.clear();
  }

  /** Lines that were sent, but that the server may not have read. */
  get unread(): number {
    return this.#flight.unread(this.#deps.clock.now());
  }

  /** The server has answered a PING. */
  answered(token: string): void {
    this.#ping(this.#flight.answered(token, this.#deps.clock.now()));
    this.pump();
  }

  /** Sends a line of the connection itself, before all messages. */
  command(line: string): void {
    if (!this.#queue.addOwn(line, this.#deps.clock.now())) this.#deps.onCommandDropped();
    this.pump();
  }

  /**
   * Sends an answer to a CTCP request, in turn with messages. While one waits, others are dropped: users can send requests faster than the
   * bot may speak, and must not keep it from speaking.
   */
  answerCtcp(line: string): void {
    if (this.#queue.hasWaiting(CTCP_LANE)) return;
    this.#queue.add(CTCP_LANE, [line], { nowMs: this.#deps.clock.now() });
    this.pump();
  }

  /** Resets the limits for a new connection. */
  opened(): void {
    this.#queue.reconnected(this.#deps.clock.now());
    this.#flight.reset();
    this.pump();
  }

  /** Sends the lines that are allowed now, and schedules the next time. */
  pump(): void {
    this.#cancelTimer();
    const { clock, isOpen, isComing, onExpired } = this.#deps;
    if (!isOpen()) return;
    const nowMs = clock.now();
    this.#ping(this.#flight.expire(nowMs));
    const room = this.#flight.room - this.#confirming.length;
    const { lines, begun, waitMs, expired } = this.#queue.take(nowMs, (lane) => !isComing(lane), room);
    for (const message of begun) message.taken();
    this.#send(lines, begun.length > 0);
    if (expired > 0) onExpired(expired);
    const nextMs = Math.min(waitMs ?? Infinity, this.#flight.overdueMs(nowMs) ?? Infinity);
    if (nextMs !== Infinity) this.#cancelTimer = clock.after(nextMs, () => this.pump());
  }

  /** NATS receives the confirmations first: if this process is killed in between, a line is lost rather than sent twice. */
  #send(lines: readonly string[], isConfirmed: boolean): void {
    if (lines.length === 0) return;
    if (!isConfirmed && this.#confirming.length === 0) return this.#sendNow(lines);
    if (this.#confirming.length === 0) afterWrites(() => this.#sendConfirmed());
    this.#confirming.push(...lines);
  }

  #sendConfirmed(): void {
    this.#sendNow(this.#confirming.splice(0));
    // Only now was the server asked whether it has read them: without an answer, the lines that still wait are sent later.
    this.pump();
  }

  #sendNow(lines: readonly string[]): void {
    const { clock, isOpen, send } = this.#deps;
    for (const line of lines) send(line);
    // Otherwise the connection has ended since.
    if (isOpen()) this.#ping(this.#flight.sent(lines.length, clock.now()));
  }

  #ping(token: string | undefined): void {
    if (token !== undefined) this.#deps.ping(token);
  }

  stop(): void {
    this.#cancelTimer();
  }
}
