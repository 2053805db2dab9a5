import type { Client } from './client.ts';
import { isConflict, isNotFound } from './errors.ts';
import { askFor, heldBy, needsAsking, type LeaseClaim } from './lease-claim.ts';
import { holderOf, LEASE, microTime, type Lease } from './lease-object.ts';
import type { Clock, ObjectKey } from './types.ts';

/** The part of the API client that the election uses. */
export type LeaseClient = Pick<Client, 'get' | 'create' | 'replace'>;

/** The process is on its way out: giving the lease back must not take long. */
const RELEASE_MS = 2_000;

/** The lease as it was last seen, and when, by {@link Clock.elapsedMs}: clocks of different machines are never compared. */
interface Observation {
  readonly lease: Lease;
  readonly seenMs: number;
}

/** A moment, by both of a machine's clocks. */
interface Moment {
  readonly elapsedMs: number;
  readonly timeMs: number;
}

/** Before every moment. */
const NEVER: Moment = { elapsedMs: Number.NEGATIVE_INFINITY, timeMs: Number.NEGATIVE_INFINITY };

/** The Lease as one process reads and writes it: whether it is held, and since when. */
export class LeaseHold {
  readonly #client: LeaseClient;
  readonly #key: ObjectKey;
  readonly #identity: string;
  readonly #clock: Clock;
  readonly #leaseMs: number;
  readonly #claim: LeaseClaim;
  #observation: Observation | undefined;
  /** When the lease was last known to be ours: the time at which the request was sent. */
  #held = NEVER;

  /** @param given.leaseMs how long the lease counts without being renewed. */
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

  /** The resourceVersion of the lease as it was last seen. */
  get version(): string | undefined {
    return this.#observation?.lease.metadata.resourceVersion;
  }

  /** Time since the lease was last known to be ours; by whichever clock says more. */
  sinceHeldMs(): number {
    const now = this.#moment();
    return Math.max(now.elapsedMs - this.#held.elapsedMs, now.timeMs - this.#held.timeMs);
  }

  /** Records that the lease is known to be ours now, or no longer. */
  setHeld(isHeld: boolean): void {
    this.#held = isHeld ? this.#moment() : NEVER;
  }

  /** Asks the holder of a lease that is not renewed by itself to renew it: if it does not, it is gone. */
  async ask(lease: Lease, signal: AbortSignal): Promise<void> {
    if (!needsAsking(lease, this.#identity)) return;
    try {
      this.#observe(await this.#client.replace(LEASE, askFor(lease, this.#identity), { signal, urgent: true }));
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error)) throw error;
    }
  }

  /** Takes or renews the lease if no other process holds it. @returns the current lease. */
  async tryToHold(signal: AbortSignal): Promise<Lease> {
    const known = this.#observation?.lease;
    // While it is ours, one request renews it: who else takes it changes its resourceVersion.
    if (known !== undefined && holderOf(known) === this.#identity) {
      const renewed = await this.#write(known, signal);
      if (renewed !== undefined) return renewed;
    }
    const lease = await this.#client.get(LEASE, this.#key, { signal, urgent: true });
    if (lease !== undefined) this.#observe(lease);
    if (lease !== undefined && !this.#isFree(lease)) return lease;
    return (await this.#write(lease, signal)) ?? this.#reread(signal);
  }

  /** @returns the lease as written; `undefined` when another process was faster. */
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
      // Another process was faster, or it was removed: the observation is outdated.
      this.#observation = undefined;
      return undefined;
    }
  }

  async #reread(signal: AbortSignal): Promise<Lease> {
    const lease = await this.#client.get(LEASE, this.#key, { signal, urgent: true });
    if (lease === undefined) throw new Error(`Lease ${this.#key.namespace}/${this.#key.name} was deleted in between`);
    this.#observe(lease);
    return lease;
  }

  #observe(lease: Lease): void {
    if (this.#observation?.lease.metadata.resourceVersion === lease.metadata.resourceVersion) return;
    this.#observation = { lease, seenMs: this.#clock.elapsedMs() };
  }

  #isFree(lease: Lease): boolean {
    const holder = holderOf(lease);
    return holder === undefined || holder === this.#identity || this.expiresInMs() <= 0;
  }

  /** Time until the lease that was last seen expires, unless it is renewed. */
  expiresInMs(): number {
    if (this.#observation === undefined) return Number.POSITIVE_INFINITY;
    const { lease, seenMs } = this.#observation;
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
   * Gives the lease back if it is still ours, so that the next leader need not wait for it to expire.
   *
   * @returns whether it was.
   * @throws ApiError when it could not be given back: it will expire.
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
