/**
 * Silence after which a replica counts as gone, in milliseconds. A killed one is noticed sooner: NATS reports that its subject has no
 * subscriber.
 */
export const SILENCE_MS = 10_000;

/** Interval at which replicas announce themselves, in milliseconds. */
export const HEARTBEAT_MS = 1_000;

/** FNV-1a, 32 bits: all replicas compute the same owner. */
function hash(text: string): number {
  let state = 0x81_1c_9d_c5;
  for (let index = 0; index < text.length; index++) {
    state = Math.imul(state ^ text.charCodeAt(index), 0x01_00_01_93) >>> 0;
  }
  // FNV leaves the last characters in the low bits, so they are mixed.
  state = Math.imul(state ^ (state >>> 16), 0x85_eb_ca_6b) >>> 0;
  return (state ^ (state >>> 13)) >>> 0;
}

/** The other replicas of this router, and the owner of each limit. */
export class Peers {
  readonly id: string;
  readonly #now: () => number;
  readonly #heardMs = new Map<string, number>();
  #alive: readonly string[] = [];
  #aliveUntilMs = 0;

  /** @param now a monotonic clock, in milliseconds. */
  constructor({ id, now }: { id: string; now: () => number }) {
    this.id = id;
    this.#now = now;
  }

  /** Records that another replica is running. @returns whether it is new. */
  heard(id: string): boolean {
    if (id === this.id) return false;
    const isNew = !this.alive.includes(id);
    this.#heardMs.set(id, this.#now());
    if (isNew) this.#aliveUntilMs = 0;
    return isNew;
  }

  /** Removes a replica that is gone or does not answer. */
  lost(id: string): void {
    this.#heardMs.delete(id);
    this.#aliveUntilMs = 0;
  }

  /** The other replicas. */
  get alive(): readonly string[] {
    const nowMs = this.#now();
    if (nowMs < this.#aliveUntilMs) return this.#alive;
    for (const [id, heardMs] of this.#heardMs) if (nowMs - heardMs >= SILENCE_MS) this.#heardMs.delete(id);
    this.#alive = [...this.#heardMs.keys()];
    this.#aliveUntilMs = Math.min(Infinity, ...this.#heardMs.values()) + SILENCE_MS;
    return this.#alive;
  }

  /** The replica that counts the calls of a limit. */
  ownerOf(key: string): string {
    return this.#firstBy(key, [this.id, ...this.alive]) ?? this.id;
  }

  /** The other replica that takes over the calls of a limit; `undefined` without others. */
  heirOf(key: string): string | undefined {
    return this.#firstBy(key, this.alive);
  }

  #firstBy(key: string, ids: readonly string[]): string | undefined {
    let first: string | undefined;
    let highest = -1;
    for (const id of ids) {
      const weight = hash(`${id}\0${key}`);
      if (weight > highest || (weight === highest && id < (first ?? ''))) [first, highest] = [id, weight];
    }
    return first;
  }
}
