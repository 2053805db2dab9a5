/** Sent by replicas that hold or want the lock of a connection. */
export interface LockMessage {
  /** Identity of the process. */
  readonly id: string;
  readonly kind:
    /** Holds it; repeated each second. */
    | 'hold'
    /** Wants it: the holder answers immediately. */
    | 'want'
    /** Stands by. Repeated, so that the holder knows that it must release the lock when it loses the bus. */
    | 'standby'
    /** Held it, and has released it. */
    | 'release';
}

/** Interval at which the holder announces itself. */
export const BEAT_MS = 1_000;

/** Silence after which a holder counts as gone. */
export const LEASE_MS = 4_000;

/** Time without the bus after which a holder gives up, before others consider it gone. */
export const GIVE_UP_MS = 3_000;

/** Time for others to object to a claim. */
export const CLAIM_MS = 500;

/** A replica that was heard within this time counts as standing by. */
const PEER_MS = 30_000;

/** Action to take after a change of {@link LockState}. */
export type LockAction = { readonly send: LockMessage['kind'] } | { readonly held: boolean };

/**
 * Decides which of several replicas holds a connection, by messages on the bus, so that it needs no storage there. A replica that has not
 * heard a holder for four seconds claims the lock; of two that claim or hold it, the one with the smaller identity keeps it.
 *
 * Pure: it neither sends nor reads a clock. Each method returns the actions to take.
 */
export class LockState {
  readonly #id: string;
  #state: 'standby' | 'claiming' | 'held' = 'standby';
  #heardMs: number;
  #claimedMs = 0;
  /** Time at which a message of this process last reached the bus for certain. */
  #sentMs = Number.NEGATIVE_INFINITY;
  #saidMs = Number.NEGATIVE_INFINITY;
  #peerMs = Number.NEGATIVE_INFINITY;

  constructor(id: string) {
    this.#id = id;
    // No replica has been heard yet: the first tick claims.
    this.#heardMs = Number.NEGATIVE_INFINITY;
  }

  get held(): boolean {
    return this.#state === 'held';
  }

  /** Handles the passage of time; called at least every 250 ms. */
  tick(nowMs: number): LockAction[] {
    if (this.#state === 'held') return this.#tickHeld(nowMs);
    if (this.#state === 'claiming') return this.#tickClaiming(nowMs);
    if (nowMs - this.#heardMs < LEASE_MS) return nowMs - this.#saidMs < 2 * BEAT_MS ? [] : this.#say('standby', nowMs);
    this.#state = 'claiming';
    this.#claimedMs = nowMs;
    return this.#say('want', nowMs);
  }

  #tickClaiming(nowMs: number): LockAction[] {
    if (nowMs - this.#claimedMs < CLAIM_MS) return [];
    // No replica could hear the claim, because this one is cut off the bus.
    if (this.#sentMs < this.#claimedMs) {
      this.#claimedMs = nowMs;
      return this.#say('want', nowMs);
    }
    this.#state = 'held';
    return [...this.#say('hold', nowMs), { held: true }];
  }

  #tickHeld(nowMs: number): LockAction[] {
    const hasNoPeer = nowMs - this.#peerMs > PEER_MS;
    if (!hasNoPeer && nowMs - this.#sentMs >= GIVE_UP_MS) return this.#giveWay(nowMs);
    return nowMs - this.#saidMs < BEAT_MS ? [] : this.#say('hold', nowMs);
  }

  /** Handles a message of another replica. */
  heard({ id, kind }: LockMessage, nowMs: number): LockAction[] {
    if (id === this.#id) return [];
    if (kind !== 'release') this.#peerMs = nowMs;
    if (kind === 'hold') return this.#heardHolder(id, nowMs);
    if (kind === 'release') {
      // Claimed at the next tick.
      if (this.#state === 'standby') this.#heardMs = Number.NEGATIVE_INFINITY;
      return [];
    }
    if (this.#state === 'held') return this.#say('hold', nowMs);
    if (kind === 'want' && this.#state === 'claiming' && id < this.#id) {
      this.#state = 'standby';
      this.#heardMs = nowMs;
    }
    return [];
  }

  #heardHolder(id: string, nowMs: number): LockAction[] {
    if (this.#state === 'held') {
      // Both hold it after the bus was split: this answer notifies the other one.
      return id < this.#id ? this.#giveWay(nowMs) : this.#say('hold', nowMs);
    }
    this.#state = 'standby';
    this.#heardMs = nowMs;
    return [];
  }

  /** Records that the bus has accepted a message of this process that was sent at `sentMs`. */
  sent(sentMs: number): void {
    this.#sentMs = Math.max(this.#sentMs, sentMs);
  }

  /** The connection to the bus is back: a holder announces itself immediately, all others wait for an announcement. */
  busIsBack(nowMs: number): LockAction[] {
    if (this.#state === 'held') return this.#say('hold', nowMs);
    this.#state = 'standby';
    // Shorter than the whole lease: the holder answers this question.
    this.#heardMs = nowMs - LEASE_MS + 2 * BEAT_MS;
    return this.#say('standby', nowMs);
  }

  #giveWay(nowMs: number): LockAction[] {
    this.#state = 'standby';
    this.#heardMs = nowMs;
    return [{ held: false }];
  }

  #say(kind: LockMessage['kind'], nowMs: number): LockAction[] {
    this.#saidMs = nowMs;
    return [{ send: kind }];
  }
}
