import type { Client } from './client.ts';
import { pause } from './clock.ts';
import { errorText, isConflict } from './errors.ts';
import type { Clock, KubeObject, Log, ObjectKey, ResourceType } from './types.ts';

/** A Lease. */
export interface Lease extends KubeObject {
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    /** RFC 3339 with microseconds. */
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
}

const LEASE: ResourceType<Lease> = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases' };

/** How long a lease counts, until when the leader must have renewed it, and how often it is tried. */
export interface LeaseTimes {
  readonly leaseMs: number;
  readonly renewDeadlineMs: number;
  readonly retryMs: number;
}

/** The usual times of Kubernetes' own controllers. */
export const DEFAULT_LEASE_TIMES: LeaseTimes = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };

/** What this process has seen of the lease: clocks of different machines are never compared. */
interface Observation {
  readonly renewTime: string | undefined;
  readonly holder: string | undefined;
  readonly seenMs: number;
}

/**
 * Lets one of several processes lead at a time.
 *
 * @see https://kubernetes.io/docs/concepts/architecture/leases/#leader-election
 * @see https://pkg.go.dev/k8s.io/client-go/tools/leaderelection — the same algorithm
 */
export class LeaderElection {
  readonly #client: Client;
  readonly #key: ObjectKey;
  readonly #identity: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #times: LeaseTimes;
  #observation: Observation | undefined;
  #leading = false;

  constructor(given: { client: Client; key: ObjectKey; identity: string; clock: Clock; log: Log; times?: LeaseTimes }) {
    this.#client = given.client;
    this.#key = given.key;
    this.#identity = given.identity;
    this.#clock = given.clock;
    this.#log = given.log;
    this.#times = given.times ?? DEFAULT_LEASE_TIMES;
  }

  get isLeading(): boolean {
    return this.#leading;
  }

  /**
   * Calls `lead` whenever this process becomes the leader, with a signal that is aborted when it no longer
   * is, until `signal` is aborted; then waits for `lead` to end and releases the lease.
   */
  async run(lead: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const lease = await this.#acquire(signal);
      if (lease === undefined) return;
      this.#leading = true;
      this.#log.info('became the leader', { identity: this.#identity });
      const term = new AbortController();
      const ended = lead(AbortSignal.any([signal, term.signal]));
      await this.#keep(signal);
      term.abort(new Error('this process is no longer the leader'));
      this.#leading = false;
      await ended;
      if (signal.aborted) await this.#release();
      else this.#log.warn('lost the lease: waiting to become the leader again', { identity: this.#identity });
    }
  }

  async #acquire(signal: AbortSignal): Promise<Lease | undefined> {
    let told: string | undefined;
    while (!signal.aborted) {
      try {
        const lease = await this.#tryToHold(signal);
        if (holderOf(lease) === this.#identity) return lease;
        const holder = holderOf(lease);
        if (holder !== told) this.#log.info('standing by', { leader: holder });
        told = holder;
      } catch (error) {
        if (signal.aborted) return undefined;
        this.#log.warn('cannot take part in leader election, trying again', { cause: errorText(error) });
      }
      await pause({ clock: this.#clock, delayMs: this.#times.retryMs, signal });
    }
    return undefined;
  }

  /** Renews the lease; resolves when it is lost, or when `signal` is aborted. */
  async #keep(signal: AbortSignal): Promise<void> {
    let renewedMs = this.#nowMs();
    while (!signal.aborted) {
      await pause({ clock: this.#clock, delayMs: this.#times.retryMs, signal });
      if (signal.aborted) return;
      const leftMs = renewedMs + this.#times.renewDeadlineMs - this.#nowMs();
      // An attempt that hangs must not outlast the deadline, or somebody else would lead meanwhile.
      const deadline = new AbortController();
      const cancel = this.#clock.schedule(leftMs, () => deadline.abort(new Error('the renew deadline passed')));
      try {
        const lease = await this.#tryToHold(AbortSignal.any([signal, deadline.signal]));
        if (holderOf(lease) !== this.#identity) return;
        renewedMs = this.#nowMs();
      } catch (error) {
        if (signal.aborted) return;
        this.#log.warn('cannot renew the lease', { cause: errorText(error) });
        if (this.#nowMs() - renewedMs >= this.#times.renewDeadlineMs) return;
      } finally {
        cancel();
      }
    }
  }

  /** Takes or renews the lease if nobody else holds it. @returns the lease as it stands then. */
  async #tryToHold(signal: AbortSignal): Promise<Lease> {
    const lease = await this.#client.get(LEASE, this.#key, signal);
    if (lease === undefined) return this.#client.create(LEASE, { ...this.#emptyLease(), spec: this.#held(undefined) }, signal);
    this.#observe(lease);
    const holder = holderOf(lease);
    if (holder !== undefined && holder !== this.#identity && !this.#hasExpired(lease)) return lease;
    try {
      return await this.#client.replace(LEASE, { ...lease, spec: this.#held(lease) }, signal);
    } catch (error) {
      // Somebody else was faster.
      if (isConflict(error)) return lease.spec?.holderIdentity === this.#identity ? { ...lease, spec: {} } : lease;
      throw error;
    }
  }

  #observe({ spec }: Lease): void {
    const holder = spec?.holderIdentity;
    if (this.#observation?.renewTime === spec?.renewTime && this.#observation?.holder === holder) return;
    this.#observation = { renewTime: spec?.renewTime, holder, seenMs: this.#nowMs() };
  }

  #hasExpired({ spec }: Lease): boolean {
    const leaseMs = spec?.leaseDurationSeconds === undefined ? this.#times.leaseMs : spec.leaseDurationSeconds * 1000;
    return this.#observation !== undefined && this.#nowMs() - this.#observation.seenMs > leaseMs;
  }

  #held(before: Lease | undefined): NonNullable<Lease['spec']> {
    const now = microTime(this.#clock.now());
    const mine = before?.spec?.holderIdentity === this.#identity;
    return {
      holderIdentity: this.#identity,
      leaseDurationSeconds: Math.max(1, Math.round(this.#times.leaseMs / 1000)),
      acquireTime: mine ? (before.spec?.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: (before?.spec?.leaseTransitions ?? 0) + (before === undefined || mine ? 0 : 1),
    };
  }

  async #release(): Promise<void> {
    // The process is on its way out: its own signal is aborted, and this must not take long.
    const impatience = AbortSignal.timeout(2_000);
    try {
      const lease = await this.#client.get(LEASE, this.#key, impatience);
      if (lease === undefined || holderOf(lease) !== this.#identity) return;
      const now = microTime(this.#clock.now());
      const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: now };
      await this.#client.replace(LEASE, { ...lease, spec }, impatience);
      this.#log.info('released the lease', { identity: this.#identity });
    } catch (error) {
      this.#log.warn('could not release the lease: it will expire', { cause: errorText(error) });
    }
  }

  #emptyLease(): Pick<Lease, 'apiVersion' | 'kind'> & { metadata: ObjectKey } {
    return { apiVersion: LEASE.apiVersion, kind: LEASE.kind, metadata: { ...this.#key } };
  }

  #nowMs(): number {
    return this.#clock.now().getTime();
  }
}

const holderOf = ({ spec }: Lease): string | undefined =>
  spec?.holderIdentity === undefined || spec.holderIdentity === '' ? undefined : spec.holderIdentity;

/** The time as a Lease keeps it (metav1.MicroTime). */
const microTime = (time: Date): string => time.toISOString().replace('Z', '000Z');
