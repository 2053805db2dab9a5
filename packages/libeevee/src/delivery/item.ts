/** A message to send. */
export interface Item {
  /** In order of creation, so a smaller number is an older message. */
  readonly number: number;
  readonly subject: string;
  readonly payload: Uint8Array;
  /** Messages with the same value arrive in order. */
  readonly order: string;
  /** When it was given to the outbox, or when a receiver last reported that it has it. */
  sinceMs: number;
  /** Called once, with whether it was sent or is kept for later. */
  settle: ((sent: boolean) => void) | undefined;
  /** When it was last sent, or when a receiver last reported that it has it. */
  sentMs: number;
  /** How often it was sent. */
  sends: number;
  /** A receiver may have it: it was sent, and the connection or the receiver was lost before the confirmation. */
  isDoubtful: boolean;
}

/** Counts by key; a key with the count 0 takes no memory. */
export class KeyCounts {
  readonly #counts = new Map<string, number>();

  has(key: string): boolean {
    return this.#counts.has(key);
  }

  add(key: string): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  remove(key: string): void {
    const count = this.#counts.get(key) ?? 0;
    if (count > 1) this.#counts.set(key, count - 1);
    else this.#counts.delete(key);
  }

  clear(): void {
    this.#counts.clear();
  }
}
