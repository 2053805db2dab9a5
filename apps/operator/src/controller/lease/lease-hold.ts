import type { Client } from '../api/client.ts';
import type { Clock } from '../clock.ts';
import { isConflict, isNotFound } from '../errors.ts';
import type { ObjectKey } from '../objects/object-key.ts';
import { askFor, heldBy, needsAsking, type LeaseClaim } from './lease-claim.ts';
import { holderOf, LEASE, microTime, type Lease } from './lease-object.ts';

/** The part of the API client that leader election uses. */
export type LeaseClient = Pick<Client, 'get' | 'create' | 'replace'>;

/** Timeout for releasing the lease, because the process is shutting down. */
const RELEASE_MS = 2_000;

/** The last observed lease, and its time by {@link Clock.elapsedMs}: clocks of different machines are never compared. */
interface Observation {
  readonly lease: Lease;
  readonly seenMs: number;
  /** The lease was deleted since; its holder may still work. */
  readonly isDeleted?: boolean;
}

/** A point in time by both clocks of a machine. */
interface Moment {
  readonly elapsedMs: number;
  readonly timeMs: number;
}

/** Earlier than every moment. */
const NEVER: Moment = { elapsedMs: Number.NEGATIVE_INFINITY, timeMs: Number.NEGATIVE_INFINITY };

/** One process's view of the Lease: whether it holds it, and since when. */
export class LeaseHold {
  readonly #client: LeaseClient;
  readonly #key: ObjectKey;
  readonly #identity: string;
  readonly #clock: Clock;
  readonly #leaseMs: number;
  readonly #claim: LeaseClaim;
  #observation: Observation | undefined;
  /** When this process was last known to hold the lease: the time at which the request was sent. */
  #held = NEVER;
  #isTaken = false;

  /** @param given.leaseMs how long the lease is valid without a renewal. */
  constructor(given: {
    readonly client: LeaseClient;
    readonly key: ObjectKey;
    readonly identity: string;
    readonly clock: Clock;
    readonly leaseMs: number;
    readonly claim: LeaseClaim;
  }) {
    this.#client = given.client;
    this.#key = given.key;
    this.#identity = given.identity;
    this.#clock = given.clock;
    this.#leaseMs = given.leaseMs;
    this.#claim = given.claim;
  }

  /** The last observed resourceVersion of the lease. */
  get version(): string | undefined {
    return this.#observation?.lease.metadata.resourceVersion;
  }

  /**
   * Whether another process held the lease when its last response arrived, or has changed it since. A process that gets no more responses
   * cannot see it expire.
   */
  get isTaken(): boolean {
    return this.#isTaken;
  }

  /** Time since this process was last known to hold the lease, by whichever clock shows more. */
  sinceHeldMs(): number {
    const now = this.#moment();
    return Math.max(now.elapsedMs - this.#held.elapsedMs, now.timeMs - this.#held.timeMs);
  }

  /** Records that this process now holds the lease, or no longer does. */
  setHeld(isHeld: boolean): void {
    this.#held = isHeld ? this.#moment() : NEVER;
  }

  /** Asks the holder of a lease that is renewed on demand to renew it. A holder that does not is gone. */
  async ask(lease: Lease, signal: AbortSignal): Promise<void> {
    if (!needsAsking(lease)) return;
    try {
      this.#observe(await this.#client.replace(LEASE, askFor(lease, this.#identity), { signal, urgent: true }));
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error)) throw error;
    }
  }

  /**
   * Takes or renews the lease if no other process holds it.
   *
   * @returns the current lease.
   * @throws ApiError 404 when its namespace does not exist.
   */
  async tryToHold(signal: AbortSignal): Promise<Lease> {
    const known = this.#observation?.lease;
    // While this process holds it, one request renews it: a takeover by another process would change its resourceVersion.
    if (known !== undefined && holderOf(known) === this.#identity) {
      const renewed = await this.#write(known, signal);
      if (renewed !== undefined) return renewed;
    }
    const lease = await this.#client.get(LEASE, this.#key, { signal, urgent: true });
    const last = lease === undefined ? this.#observeDeletion() : this.#observe(lease);
    if (last !== undefined && this.#isTaken) return last;
    return (await this.#write(lease, signal)) ?? this.#reread(signal);
  }

  /** @returns the lease as written; `undefined` if another process was faster. */
  async #write(before: Lease | undefined, signal: AbortSignal): Promise<Lease | undefined> {
    const sent = this.#moment();
    const spec = this.#specHeld(before);
    const options = { signal, urgent: true };
    try {
      const written = await (before === undefined
        ? this.#client.create(
            LEASE,
            { apiVersion: LEASE.apiVersion, kind: LEASE.kind, metadata: { ...this.#key, ...heldBy(this.#claim) }, spec },
            options,
          )
        : this.#client.replace(
            LEASE,
            { ...before, metadata: { ...before.metadata, ...heldBy(this.#claim, before, this.#identity) }, spec },
            options,
          ));
      this.#observe(written);
      this.#held = sent;
      return written;
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error)) throw error;
      // Another process was faster, or the lease was deleted: the observation is outdated.
      this.#observation = undefined;
      this.#isTaken = isConflict(error);
      // A creation finds only its namespace missing.
      if (before === undefined && isNotFound(error)) throw error;
      return undefined;
    }
  }

  async #reread(signal: AbortSignal): Promise<Lease> {
    const lease = await this.#client.get(LEASE, this.#key, { signal, urgent: true });
    if (lease === undefined) throw new Error(`Lease ${this.#key.namespace}/${this.#key.name} was deleted concurrently`);
    this.#observe(lease);
    return lease;
  }

  #observe(lease: Lease): Lease {
    const isSame = this.#observation?.lease.metadata.resourceVersion === lease.metadata.resourceVersion;
    if (!isSame) this.#observation = { lease, seenMs: this.#clock.elapsedMs() };
    this.#isTaken = !this.#isFree(lease);
    return lease;
  }

  /**
   * A lease that was deleted is held for as long as if it had just been renewed: a holder that still works creates it again by then, as if
   * it had been asked to renew it.
   *
   * @returns the last observed lease.
   */
  #observeDeletion(): Lease | undefined {
    const known = this.#observation;
    if (known !== undefined && known.isDeleted !== true)
      this.#observation = { lease: askFor(known.lease, this.#identity), seenMs: this.#clock.elapsedMs(), isDeleted: true };
    const last = this.#observation?.lease;
    this.#isTaken = last !== undefined && !this.#isFree(last);
    return last;
  }

  #isFree(lease: Lease): boolean {
    const holder = holderOf(lease);
    return holder === undefined || holder === this.#identity || this.expiresInMs() <= 0;
  }

  /** Time until the last observed lease expires, unless it is renewed. One that its holder was not asked to renew does not expire. */
  expiresInMs(): number {
    if (this.#observation === undefined) return Number.POSITIVE_INFINITY;
    const { lease, seenMs } = this.#observation;
    if (needsAsking(lease)) return Number.POSITIVE_INFINITY;
    const leaseMs = lease.spec?.leaseDurationSeconds === undefined ? this.#leaseMs : lease.spec.leaseDurationSeconds * 1000;
    return seenMs + leaseMs - this.#clock.elapsedMs();
  }

  #specHeld(before: Lease | undefined): NonNullable<Lease['spec']> {
    const now = microTime(this.#clock.now());
    const mine = before !== undefined && holderOf(before) === this.#identity;
    return {
      holderIdentity: this.#identity,
      leaseDurationSeconds: Math.max(1, Math.round(this.#leaseMs / 1000)),
      acquireTime: mine ? (before.spec?.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: (before?.spec?.leaseTransitions ?? 0) + (before === undefined || mine ? 0 : 1),
    };
  }

  /**
   * Releases the lease if this process still holds it, so that the next leader need not wait for it to expire.
   *
   * @returns whether this process held it.
   * @throws ApiError when it could not be released: it will expire.
   */
  async release(): Promise<boolean> {
    if (this.#observation === undefined) return false;
    const signal = AbortSignal.timeout(RELEASE_MS);
    const lease = await this.#client.get(LEASE, this.#key, { signal, urgent: true });
    if (lease === undefined || holderOf(lease) !== this.#identity) return false;
    const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(this.#clock.now()) };
    await this.#client.replace(LEASE, { ...lease, spec }, { signal, urgent: true });
    return true;
  }

  #moment(): Moment {
    return { elapsedMs: this.#clock.elapsedMs(), timeMs: this.#clock.now().getTime() };
  }
}
