import { randomUUID } from 'node:crypto';
import type { Log } from '../../telemetry/log.ts';
import { type Clock, pause } from '../clock.ts';
import { errorText, isForbidden, isInEndingNamespace, isNotFound, NotLeaderError } from '../errors.ts';
import type { ObjectKey } from '../objects/object-key.ts';
import { rivalOf, type LeaseClaim, type Rival } from './lease-claim.ts';
import { contested, isUncontested, type LeaseChanges } from './lease-contest.ts';
import { LeaseHold, type LeaseClient } from './lease-hold.ts';
import { holderOf, type Lease } from './lease-object.ts';
import { LeaseObstacle } from './lease-obstacle.ts';
import { DEFAULT_LEASE_TIMES, ON_DEMAND_LEASE_TIMES, type LeaseTimes } from './lease-times.ts';

export type { Lease, LeaseClient };

/** Interval between attempts to take a lease that cannot exist at the moment. */
const WITHOUT_LEASE_MS = 5_000;

/**
 * Leader election: at most one of several processes leads at a time.
 *
 * The leader stops writing when it could not renew the lease for 10 s; others take over when they have not
 * seen a renewal for 15 s. In the 5 s between, every request in flight has arrived or was given up.
 *
 * Durations are measured by the monotonic clock. It may stop while a virtual machine is suspended, which is when others
 * take over, so the leader uses whichever of its clocks shows that more time has passed. Candidates use only the
 * monotonic clock: a time of day that is set forward would make them take a lease that is still valid.
 *
 * A namespace that is being deleted or does not exist has no lease. Nothing can be created there, so its lease counts as held: other
 * namespaces of the process must not wait for it, and what it holds in this one must be released. This does not apply to the lease that
 * excludes the replicas of the process.
 *
 * @see https://kubernetes.io/docs/concepts/architecture/leases/#leader-election
 * @see https://pkg.go.dev/k8s.io/client-go/tools/leaderelection — the same algorithm
 */
export class LeaderElection {
  readonly identity: string;
  readonly #key: ObjectKey;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #times: LeaseTimes;
  readonly #random: () => number;
  readonly #hold: LeaseHold;
  #isInTerm = false;
  readonly #claim: LeaseClaim;
  readonly #changes: LeaseChanges | undefined;
  /** No other process wants the lease, and a request of one would be seen: it need not be renewed. */
  #isUncontested = false;
  /** Other processes know the lease: without permissions, this process cannot know whether one of them has taken it since. */
  #hasHeld = false;
  /** The lease cannot be taken by any process at the moment, or not by this one, which works without it. */
  #isWithoutLease = false;
  readonly #obstacle: LeaseObstacle;
  readonly #isDispensable: boolean;
  #rival: Rival | undefined;

  /**
   * @param given.identity name of this process for users; it is made unique, because two processes may have the same host name.
   * @param given.claim properties that the lease records besides the identity.
   * @param given.isDispensable whether the process works without the lease if it cannot exist or permissions are missing: another lease
   *   excludes its replicas.
   * @param given.changes changes of the lease. With them, it is renewed on demand: no request while no other process wants it.
   */
  constructor(given: {
    client: LeaseClient;
    key: ObjectKey;
    identity: string;
    clock: Clock;
    log: Log;
    times?: LeaseTimes;
    random?: () => number;
    uniqueSuffix?: string;
    claim?: Omit<LeaseClaim, 'isOnDemand'>;
    changes?: LeaseChanges | undefined;
    isDispensable?: boolean;
  }) {
    this.identity = `${given.identity}_${given.uniqueSuffix ?? randomUUID()}`;
    this.#key = given.key;
    this.#clock = given.clock;
    this.#log = given.log;
    this.#changes = given.changes;
    this.#isDispensable = given.isDispensable ?? false;
    this.#obstacle = new LeaseObstacle({ key: given.key, log: given.log, isInNamespaceOnly: this.#isDispensable });
    this.#claim = { ...given.claim, isOnDemand: given.changes !== undefined };
    this.#times = given.times ?? (given.changes === undefined ? DEFAULT_LEASE_TIMES : ON_DEMAND_LEASE_TIMES);
    this.#random = given.random ?? Math.random;
    const { client, key, clock } = given;
    this.#hold = new LeaseHold({ client, key, clock, identity: this.identity, leaseMs: this.#times.leaseMs, claim: this.#claim });
  }

  /**
   * Whether this process may act as the leader. Computed from the clock rather than set by a timer, which may fire late: a
   * process that was suspended knows as soon as it resumes that its lease has expired.
   */
  get isLeading(): boolean {
    return this.#isInTerm && this.#leftMs() > 0;
  }

  /** Namespace of the lease. */
  get namespace(): string {
    return this.#key.namespace;
  }

  /** Another holder of the lease that is not a replica of this operator: a second operator where only one is allowed. */
  get rival(): Rival | undefined {
    return this.#rival;
  }

  /** Why this process must not work in the namespace of the lease: its permissions are missing. */
  get obstacle(): string | undefined {
    return this.#obstacle.text;
  }

  /**
   * Calls `lead` whenever this process becomes the leader, until `signal` is aborted; then waits for `lead` to end
   * and releases the lease. The signal that `lead` gets is aborted with a NotLeaderError when this process no longer
   * leads.
   */
  async run(lead: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    while (await this.#acquire(signal)) {
      this.#isInTerm = true;
      if (this.obstacle === undefined) this.#log.info('became the leader', { identity: this.identity });
      await this.#serveTerm(lead, signal);
      this.#isInTerm = false;
      this.#isWithoutLease = false;
      if (!signal.aborted) this.#log.warn('lost the lease: waiting to become the leader again', { identity: this.identity });
    }
    await this.#release();
  }

  async #serveTerm(lead: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    const term = new AbortController();
    const stop = () => term.abort(signal.reason);
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    const ended = lead(term.signal).catch((error: unknown) => {
      this.#log.error('leading ended with an error', { cause: errorText(error) });
    });
    await this.#keep(signal);
    term.abort(new NotLeaderError('this process is no longer the leader'));
    await ended;
    signal.removeEventListener('abort', stop);
  }

  /** Resolves to true once the lease is held, or to false when `signal` is aborted. */
  async #acquire(signal: AbortSignal): Promise<boolean> {
    let told: string | undefined;
    let failure: string | undefined;
    while (!signal.aborted) {
      let delayMs = this.#times.retryMs * (0.5 + this.#random() / 2);
      try {
        const lease = await this.#tryToHold(signal);
        const holder = holderOf(lease);
        this.#rival = holder === this.identity ? undefined : rivalOf(lease, this.#claim);
        if (holder === this.identity) return true;
        if (holder !== undefined && holder !== told) this.#standBy(holder);
        told = holder;
        await this.#hold.ask(lease, signal);
        this.#obstacle.end();
        failure = undefined;
        // Retries as soon as the lease of a dead leader expires.
        delayMs = Math.min(delayMs, Math.max(this.#hold.expiresInMs(), 1));
      } catch (error) {
        if (signal.aborted) return false;
        if (this.#worksWithout(error)) {
          this.#rival = undefined;
          return true;
        }
        const cause = errorText(error);
        if (isForbidden(error)) this.#obstacle.begin(cause);
        else if (cause !== failure) this.#log.warn('cannot take part in leader election, trying again', { cause });
        failure = cause;
      }
      await pause({ clock: this.#clock, delayMs, signal });
    }
    return false;
  }

  /** Keeps the lease; resolves when it is lost or `signal` is aborted. */
  async #keep(signal: AbortSignal): Promise<void> {
    let isHeld = false;
    do {
      if (this.#isWithoutLease && !(await this.#untilTaken(signal))) return;
      if (this.#changes !== undefined) await this.#untilContested(this.#changes, signal);
      isHeld = await this.#renew(signal);
    } while ((isHeld || this.#isWithoutLease) && !signal.aborted);
  }

  /**
   * Renews the lease until it is lost, until it cannot exist any more, or until `signal` is aborted.
   *
   * @returns whether it is held and need not be renewed any more.
   */
  async #renew(signal: AbortSignal): Promise<boolean> {
    for (;;) {
      await pause({ clock: this.#clock, delayMs: Math.min(this.#times.retryMs, this.#leftMs()), signal });
      if (signal.aborted || this.#leftMs() <= 0) return false;
      // An attempt that hangs must not outlast the deadline, or another process could already be leading.
      const deadline = new AbortController();
      const cancel = this.#clock.schedule(this.#leftMs(), () =>
        deadline.abort(new NotLeaderError('the lease could not be renewed in time')),
      );
      try {
        const lease = await this.#tryToHold(AbortSignal.any([signal, deadline.signal]));
        if (holderOf(lease) !== this.identity) return false;
        if (this.#changes !== undefined && isUncontested(this.#changes, lease, this.identity)) return true;
      } catch (error) {
        if (signal.aborted || this.#worksWithout(error)) return false;
        this.#log.warn('cannot renew the lease', { cause: errorText(error) });
      } finally {
        cancel();
      }
    }
  }

  /** Takes or renews the lease if no other process holds it. */
  async #tryToHold(signal: AbortSignal): Promise<Lease> {
    const lease = await this.#hold.tryToHold(signal);
    if (holderOf(lease) !== this.identity) return lease;
    this.#hasHeld = true;
    this.#isWithoutLease = false;
    this.#obstacle.end();
    return lease;
  }

  /** Whether `error` means that the lease is missing, and that this process works without it until another one holds it. */
  #worksWithout(error: unknown): boolean {
    const isMissing = this.#isMissing(error);
    if (isMissing && !this.#isWithoutLease && this.obstacle === undefined)
      this.#log.warn('the Lease of a namespace cannot be taken: working without it until it can', {
        lease: `${this.#key.namespace}/${this.#key.name}`,
        cause: errorText(error),
      });
    this.#isWithoutLease ||= isMissing;
    return isMissing;
  }

  /** Whether `error` means that the lease cannot exist at the moment, or that only this process cannot take it and must not wait for that. */
  #isMissing(error: unknown): boolean {
    // Otherwise this lease excludes replicas, which could all work without it.
    const excludesNoReplicas = this.#isDispensable || this.#changes !== undefined;
    if (!excludesNoReplicas) return false;
    if (isInEndingNamespace(error) || isNotFound(error)) {
      this.#obstacle.end();
      return true;
    }
    if (!isForbidden(error) || this.#hold.isTaken) return false;
    if (!this.#hasHeld) return true;
    // Another process may take it now. Only the namespaces of the other leases must not wait.
    if (this.#isDispensable) this.#obstacle.begin(errorText(error));
    return this.#isDispensable;
  }

  /** Tries to take a lease that could not exist. @returns whether it is now held; false if another process holds it, or when aborted. */
  async #untilTaken(signal: AbortSignal): Promise<boolean> {
    for (;;) {
      await pause({ clock: this.#clock, delayMs: WITHOUT_LEASE_MS, signal });
      if (signal.aborted) return false;
      try {
        if (holderOf(await this.#tryToHold(signal)) === this.identity) return true;
      } catch (error) {
        if (!signal.aborted && !this.#worksWithout(error)) this.#log.warn('cannot take the lease', { cause: errorText(error) });
      }
      if (!this.#hold.isTaken) continue;
      this.#isWithoutLease = false;
      return false;
    }
  }

  /** Waits without renewing the lease until another process wants it. */
  async #untilContested(changes: LeaseChanges, signal: AbortSignal): Promise<void> {
    this.#isUncontested = true;
    const outcome = await contested(changes, { identity: this.identity, version: this.#hold.version, clock: this.#clock, signal });
    this.#hold.setHeld(outcome === 'asked');
    this.#isUncontested = false;
  }

  #standBy(leader: string): void {
    if (this.#rival === undefined) this.#log.info('standing by', { leader });
    else this.#log.warn(this.#rival.text, { lease: `${this.#key.namespace}/${this.#key.name}`, leader });
  }

  /** Time until this process must stop acting as the leader. */
  #leftMs(): number {
    if (this.#isUncontested || this.#isWithoutLease) return Number.POSITIVE_INFINITY;
    return this.#times.renewDeadlineMs - this.#hold.sinceHeldMs();
  }

  async #release(): Promise<void> {
    try {
      if (await this.#hold.release()) this.#log.info('released the lease', { identity: this.identity });
    } catch (error) {
      this.#log.warn('could not release the lease: it will expire', { cause: errorText(error) });
    }
  }
}
