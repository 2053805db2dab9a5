/** Limit on the rate of lines: a burst, then a number per second. */
export interface FloodControl {
  readonly burst: number;
  readonly perSecond: number;
}

/** Maximum number of waiting lines of one channel or user. */
const MAX_LANE_LINES = 1_000;

/** Maximum number of waiting lines in total. */
const MAX_LINES = 10_000;

/** Time after which a waiting line is no longer useful. */
const MAX_AGE_MS = 120_000;

/** Result of {@link SendQueue.take}: lines to send, and when to ask again. */
export interface Taken {
  readonly lines: readonly string[];
  /** Milliseconds until more may be sent; undefined while nothing waits that may be sent. */
  readonly waitMs: number | undefined;
  /** Lines dropped because they waited too long. */
  readonly expired: number;
}

interface Waiting {
  readonly line: string;
  readonly sinceMs: number;
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

  /** @param flood undefined: no limit. */
  constructor(flood: FloodControl | undefined) {
    this.#flood = flood;
    this.#tokens = flood?.burst ?? 0;
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

  /** Adds a line of the connection itself. */
  addOwn(line: string, nowMs: number): void {
    this.#own.push({ line, sinceMs: nowMs });
    this.#size++;
  }

  /**
   * Adds a line for a channel or person.
   *
   * @returns `false` when too many wait: the line is dropped.
   */
  add(lane: string, line: string, nowMs: number): boolean {
    const lines = this.#lanes.get(lane) ?? [];
    if (this.#size >= MAX_LINES || lines.length >= MAX_LANE_LINES) return false;
    lines.push({ line, sinceMs: nowMs });
    this.#lanes.set(lane, lines);
    this.#size++;
    return true;
  }

  /**
   * Takes what may be sent now.
   *
   * @param isReady whether a channel or user can receive lines; the lines of others wait.
   */
  take(nowMs: number, isReady: (lane: string) => boolean): Taken {
    const expired = this.#expire(nowMs);
    this.#refill(nowMs);
    const lines: string[] = [];
    for (;;) {
      const limited = this.#flood !== undefined && this.#tokens < 1;
      const line = limited ? undefined : this.#next(isReady);
      if (line === undefined) break;
      if (this.#flood !== undefined) this.#tokens--;
      lines.push(line);
    }
    return { lines, expired, waitMs: this.#waitMs(isReady) };
  }

  /** Resets the limit for a new connection, and drops the lines of the last connection itself. */
  reconnected(nowMs: number): void {
    this.#size -= this.#own.length;
    this.#own.length = 0;
    this.#tokens = this.#flood?.burst ?? 0;
    this.#refilledMs = nowMs;
  }

  #next(isReady: (lane: string) => boolean): string | undefined {
    const own = this.#own.shift();
    if (own !== undefined) {
      this.#size--;
      return own.line;
    }
    for (const [lane, lines] of this.#lanes) {
      if (!isReady(lane)) continue;
      const line = lines.shift();
      // Its next turn comes after those of all others.
      this.#lanes.delete(lane);
      if (lines.length > 0) this.#lanes.set(lane, lines);
      if (line === undefined) continue;
      this.#size--;
      return line.line;
    }
    return undefined;
  }

  #refill(nowMs: number): void {
    if (this.#flood === undefined) return;
    const elapsedMs = Math.max(0, nowMs - this.#refilledMs);
    this.#tokens = Math.min(this.#flood.burst, this.#tokens + (elapsedMs / 1000) * this.#flood.perSecond);
    this.#refilledMs = nowMs;
  }

  #expire(nowMs: number): number {
    let expired = 0;
    for (const [lane, lines] of this.#lanes) {
      const fresh = lines.findIndex(({ sinceMs }) => nowMs - sinceMs <= MAX_AGE_MS);
      const count = fresh === -1 ? lines.length : fresh;
      lines.splice(0, count);
      if (lines.length === 0) this.#lanes.delete(lane);
      expired += count;
    }
    this.#size -= expired;
    return expired;
  }

  #waitMs(isReady: (lane: string) => boolean): number | undefined {
    if (this.#flood === undefined) return undefined;
    if (this.#own.length === 0 && ![...this.#lanes.keys()].some(isReady)) return undefined;
    const missing = Math.max(0, 1 - this.#tokens);
    return Math.max(1, Math.ceil((missing / this.#flood.perSecond) * 1000));
  }
}
