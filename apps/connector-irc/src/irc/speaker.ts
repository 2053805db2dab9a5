import type { Clock } from '../clock.ts';
import type { ByteLength } from './line-splitting.ts';
import { type Outgoing, isTarget, outgoingLines } from './outgoing.ts';
import { type FloodControl, SendQueue } from './send-queue.ts';

/** Result of {@link Speaker.say}. */
export type SayResult = 'taken' | 'no-text' | 'invalid-target' | 'queue-full';

/** What a speaker needs of its connection. */
export interface SpeakerDeps {
  readonly clock: Clock;
  /** Sends a line at once. */
  readonly send: (line: string) => void;
  /** Of the bot, as others see it. */
  readonly prefix: () => string;
  /** Whether the server takes lines now. */
  readonly isOpen: () => boolean;
  /** Whether a channel will be joined: lines for it wait. */
  readonly isComing: (target: string) => boolean;
  /** The form of a name by which the server compares it. */
  readonly folded: (name: string) => string;
  readonly byteLength: ByteLength;
  /** So many lines waited too long and were dropped. */
  readonly onExpired: (lines: number) => void;
}

/** Sends what is to be said within flood control, when the server and the channel can take it. */
export class Speaker {
  readonly #deps: SpeakerDeps;
  readonly #queue: SendQueue;
  #cancelTimer: () => void = () => undefined;

  constructor(flood: FloodControl | undefined, deps: SpeakerDeps) {
    this.#deps = deps;
    this.#queue = new SendQueue(flood);
  }

  /** Lines that wait. */
  get waiting(): number {
    return this.#queue.size;
  }

  limit(flood: FloodControl | undefined): void {
    this.#queue.limit(flood);
    this.pump();
  }

  /** Has something said as soon as it may be. */
  say(outgoing: Outgoing): SayResult {
    const { clock, prefix, byteLength, folded } = this.#deps;
    if (!isTarget(outgoing.target)) return 'invalid-target';
    const lines = outgoingLines(outgoing, { prefix: prefix(), byteLength });
    if (lines.length === 0) return 'no-text';
    const lane = folded(outgoing.target);
    const taken = lines.filter((line) => this.#queue.add(lane, line, clock.now()));
    this.pump();
    return taken.length === lines.length ? 'taken' : 'queue-full';
  }

  /** Sends a line of the connection itself, before everything that is to be said. */
  command(line: string): void {
    this.#queue.addOwn(line, this.#deps.clock.now());
    this.pump();
  }

  /** Begins on a new connection. */
  opened(): void {
    this.#queue.reconnected(this.#deps.clock.now());
    this.pump();
  }

  /** Sends what may be sent now, and comes back when more may. */
  pump(): void {
    this.#cancelTimer();
    const { clock, send, isOpen, isComing, onExpired } = this.#deps;
    if (!isOpen()) return;
    const { lines, waitMs, expired } = this.#queue.take(clock.now(), (lane) => !isComing(lane));
    for (const line of lines) send(line);
    if (expired > 0) onExpired(expired);
    if (waitMs !== undefined) this.#cancelTimer = clock.after(waitMs, () => this.pump());
  }

  stop(): void {
    this.#cancelTimer();
  }
}
