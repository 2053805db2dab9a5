/** Maximum number of lines that the server has not confirmed: so many can be lost with the connection. */
export const MAX_IN_FLIGHT = 100;

/** After so many lines, the server is asked whether it has read them. */
const LINES_PER_PING = 50;

/** Time after which a server that does not answer counts as one that never does. */
const ANSWER_MS = 30_000;

/** Time after which a line counts as read although the server was not asked: lines in small numbers cost no PING. */
const READ_MS = 10_000;

const TOKEN = 'lines-';

interface Portion {
  readonly lines: number;
  readonly sentMs: number;
}

/**
 * Lines that were sent, but that the server has perhaps not read yet. A server that is slow, or delays the lines of clients that send many,
 * keeps them in buffers that are lost with the connection. It reads lines in their order, so its answer to a PING confirms those before.
 *
 * Pure: it neither sends nor reads a clock.
 */
export class InFlight {
  #portions: Portion[] = [];
  #lines = 0;
  /** Lines before the PING that the server has not answered, and when it was sent. */
  #asked: Portion | undefined;
  #asks = 0;

  /** How many lines may be sent now. */
  get room(): number {
    return Math.max(0, MAX_IN_FLIGHT - this.#lines);
  }

  /** Records that lines were sent. @returns the token of a PING to send after them, if the server has to be asked. */
  sent(lines: number, nowMs: number): string | undefined {
    this.#portions.push({ lines, sentMs: nowMs });
    this.#lines += lines;
    if (this.#asked !== undefined) return undefined;
    // Earlier lines that the server was not asked about.
    this.#forget(({ sentMs }) => nowMs - sentMs > READ_MS);
    return this.#ask(nowMs);
  }

  /** The server has answered a PING. @returns the token of the next PING, if there is one. */
  answered(token: string, nowMs: number): string | undefined {
    if (this.#asked === undefined || token !== `${TOKEN}${this.#asks}`) return undefined;
    return this.#confirmed(nowMs);
  }

  /** Milliseconds until the server no longer has to answer; undefined if it was not asked. */
  overdueMs(nowMs: number): number | undefined {
    return this.#asked === undefined ? undefined : Math.max(0, this.#asked.sentMs + ANSWER_MS - nowMs);
  }

  /** Gives up waiting for a server that does not answer. @returns the token of the next PING, if there is one. */
  expire(nowMs: number): string | undefined {
    return this.overdueMs(nowMs) === 0 ? this.#confirmed(nowMs) : undefined;
  }

  /** Lines that the server may not have read. */
  unread(nowMs: number): number {
    if (this.#asked === undefined) this.#forget(({ sentMs }) => nowMs - sentMs > READ_MS);
    return this.#lines;
  }

  /** A new connection has no lines in flight. */
  reset(): void {
    this.#portions = [];
    this.#lines = 0;
    this.#asked = undefined;
  }

  #ask(nowMs: number): string | undefined {
    if (this.#lines < LINES_PER_PING) return undefined;
    this.#asked = { lines: this.#lines, sentMs: nowMs };
    return `${TOKEN}${++this.#asks}`;
  }

  #confirmed(nowMs: number): string | undefined {
    let left = this.#asked?.lines ?? 0;
    this.#asked = undefined;
    this.#forget(({ lines }) => (left -= lines) >= 0);
    return this.#ask(nowMs);
  }

  /** Forgets the oldest portions. */
  #forget(isRead: (portion: Portion) => boolean): void {
    while (this.#portions[0] !== undefined && isRead(this.#portions[0])) this.#lines -= this.#portions.shift()?.lines ?? 0;
  }
}
