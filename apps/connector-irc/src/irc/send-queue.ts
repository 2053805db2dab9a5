import type { FloodControl } from '../config/flood-control.ts';

/** Maximum number of waiting lines of one channel or user, and in total. */
interface Capacity {
  readonly lane: number;
  readonly all: number;
}

/** Later lines would wait for more than half an hour with the default limits. */
const LIMITED: Capacity = { lane: 1_000, all: 10_000 };

/** Without flood control, thousands of lines are sent each second, and wait only for the server to read them: some 20 MB of memory. */
const UNLIMITED: Capacity = { lane: 50_000, all: 50_000 };

/** Maximum number of waiting lines of the connection itself: they come before all messages, which would otherwise never be sent. */
const MAX_OWN_LINES = 1_000;

/** Time after which a waiting line is no longer useful. */
const MAX_AGE_MS = 120_000;

/** The message of a line. Its sender keeps it until one of its lines is sent, so that another replica can send it. */
export interface Message {
  /** Whether the sender still keeps it. */
  readonly isAwaited: boolean;
  /** Called when one of its lines is sent, or when it is dropped. */
  taken(): void;
  /** Called when it will not be sent by this replica. */
  released(): void;
}

/** Result of {@link SendQueue.take}: lines to send, and when to ask again. */
export interface Taken {
  readonly lines: readonly string[];
  /** Messages of which the first line is sent, or dropped. */
  readonly begun: readonly Message[];
  /** Milliseconds until more lines may be sent; undefined while no waiting line may be sent. */
  readonly waitMs: number | undefined;
  /** Lines dropped because they waited too long. */
  readonly expired: number;
}

interface Waiting {
  readonly line: string;
  readonly sinceMs: number;
  readonly message: Message | undefined;
}

/**
 * Lines that wait to be sent: a token bucket for the connection, and turns for the channels, so that a long answer in one delays the others
 * by one line each. Order is kept within a channel. Lines of the connection itself (JOIN, NICK, …) come first.
 *
 * Pure: it neither sends nor reads a clock.
 */
export class SendQueue {
  #flood: FloodControl | undefined;
  #tokens: number;
  #refilledMs = 0;
  #size = 0;
  readonly #own: Waiting[] = [];
  /** In the order of their turns. */
  readonly #lanes = new Map<string, Waiting[]>();
  /** Messages that a sender keeps: none of their lines has been sent. */
  readonly #awaited = new Set<Message>();

  /** @param flood undefined: no limit. */
  constructor(flood: FloodControl | undefined) {
    this.#flood = flood;
    this.#tokens = flood?.burst ?? 0;
  }

  /** Maximum number of waiting lines of one channel or user. */
  get maxLaneLines(): number {
    return this.#capacity.lane;
  }

  get #capacity(): Capacity {
    return this.#flood === undefined ? UNLIMITED : LIMITED;
  }

  /** Lines that wait. */
  get size(): number {
    return this.#size;
  }

  /** Whether lines of a lane wait. */
  hasWaiting(lane: string): boolean {
    return this.#lanes.has(lane);
  }

  /** Changes the limit. */
  limit(flood: FloodControl | undefined): void {
    this.#flood = flood;
    this.#tokens = Math.min(this.#tokens, flood?.burst ?? 0);
  }

  /** Adds a line of the connection itself. @returns whether it was added; when too many wait, it is dropped. */
  addOwn(line: string, nowMs: number): boolean {
    if (this.#own.length >= MAX_OWN_LINES) return false;
    this.#own.push({ line, sinceMs: nowMs, message: undefined });
    this.#size++;
    return true;
  }

  /**
   * Adds lines for a channel or person.
   *
   * @returns how many; when too many wait, the rest is dropped.
   */
  add(
    lane: string,
    lines: readonly string[],
    { nowMs, message }: { readonly nowMs: number; readonly message?: Message | undefined },
  ): number {
    const waiting = this.#lanes.get(lane) ?? [];
    const { lane: most, all } = this.#capacity;
    // With new limits, there may be more lines than they allow.
    const added = lines.slice(0, Math.max(0, Math.min(all - this.#size, most - waiting.length)));
    if (added.length === 0) return 0;
    waiting.push(...added.map((line) => ({ line, sinceMs: nowMs, message })));
    if (message?.isAwaited === true) this.#awaited.add(message);
    this.#lanes.set(lane, waiting);
    this.#size += added.length;
    return added.length;
  }

  /** Removes all lines of channels and users. @returns how many there were. */
  clear(): number {
    const cleared = this.#size - this.#own.length;
    this.#lanes.clear();
    this.#awaited.clear();
    this.#size = this.#own.length;
    return cleared;
  }

  /** Removes and returns the messages that their senders still keep, with their lines. */
  release(): readonly Message[] {
    const released = [...this.#awaited];
    this.#remove(({ message }) => message !== undefined && this.#awaited.has(message));
    this.#awaited.clear();
    return released;
  }

  /**
   * Takes what may be sent now.
   *
   * @param isReady whether a channel or user can receive lines; the lines of others wait.
   * @param most maximum number of lines.
   */
  take(nowMs: number, isReady: (lane: string) => boolean, most = Infinity): Taken {
    const expired = this.#remove(({ sinceMs }) => nowMs - sinceMs > MAX_AGE_MS);
    this.#refill(nowMs);
    const taken: Waiting[] = [];
    while (taken.length < most) {
      const limited = this.#flood !== undefined && this.#tokens < 1;
      const line = limited ? undefined : this.#next(isReady);
      if (line === undefined) break;
      if (this.#flood !== undefined) this.#tokens--;
      taken.push(line);
    }
    const begun = [...expired, ...taken].flatMap(({ message }) =>
      message !== undefined && this.#awaited.delete(message) ? [message] : [],
    );
    return { lines: taken.map(({ line }) => line), begun, expired: expired.length, waitMs: this.#waitMs(isReady) };
  }

  /** Resets the limit for a new connection, and drops the lines of the last connection itself. */
  reconnected(nowMs: number): void {
    this.#size -= this.#own.length;
    this.#own.length = 0;
    this.#tokens = this.#flood?.burst ?? 0;
    this.#refilledMs = nowMs;
  }

  #next(isReady: (lane: string) => boolean): Waiting | undefined {
    const own = this.#own.shift();
    if (own !== undefined) {
      this.#size--;
      return own;
    }
    for (const [lane, lines] of this.#lanes) {
      if (!isReady(lane)) continue;
      const line = lines.shift();
      // Its next turn comes after those of all others.
      this.#lanes.delete(lane);
      if (lines.length > 0) this.#lanes.set(lane, lines);
      if (line === undefined) continue;
      this.#size--;
      return line;
    }
    return undefined;
  }

  #refill(nowMs: number): void {
    if (this.#flood === undefined) return;
    const elapsedMs = Math.max(0, nowMs - this.#refilledMs);
    this.#tokens = Math.min(this.#flood.burst, this.#tokens + (elapsedMs / 1000) * this.#flood.perSecond);
    this.#refilledMs = nowMs;
  }

  /** Removes and returns lines of channels and users. */
  #remove(isMeant: (waiting: Waiting) => boolean): readonly Waiting[] {
    const removed: Waiting[] = [];
    for (const [lane, lines] of this.#lanes) {
      const meant = lines.filter(isMeant);
      if (meant.length === 0) continue;
      removed.push(...meant);
      const left = lines.filter((waiting) => !isMeant(waiting));
      if (left.length === 0) this.#lanes.delete(lane);
      else this.#lanes.set(lane, left);
    }
    this.#size -= removed.length;
    return removed;
  }

  #waitMs(isReady: (lane: string) => boolean): number | undefined {
    if (this.#flood === undefined) return undefined;
    if (this.#own.length === 0 && ![...this.#lanes.keys()].some(isReady)) return undefined;
    const missing = Math.max(0, 1 - this.#tokens);
    return Math.max(1, Math.ceil((missing / this.#flood.perSecond) * 1000));
  }
}
