/**
 * Decides whether this process may write: watched Lease (`lease-watch.ts`) → election (`lease.ts`) → held and renewed (`lease-hold.ts`)
 * under its claim (`lease-claim.ts`) until another process asks for it or takes it (`lease-contest.ts`). `leadership.ts` combines the
 * Leases of several namespaces, and `foreign-leases.ts` reports the holders of those that are not taken here.
 */
import type { Rival } from './lease-claim.ts';
import type { LeaderElection } from './lease.ts';

/**
 * Ensures one operator per watched namespace: this process works while it holds the Leases of all of them. All operators take them in
 * the same order, so that no two wait for each other.
 */
export class Leadership {
  readonly #elections: readonly LeaderElection[];

  /** @param elections in the order of their Leases' namespaces. */
  constructor(elections: readonly LeaderElection[]) {
    this.#elections = elections;
  }

  /** Whether this process may write. */
  get isLeading(): boolean {
    return this.#elections.every(({ isLeading }) => isLeading);
  }

  /** Other operators that keep this one from working. */
  get rivals(): readonly Rival[] {
    return this.#elections.flatMap(({ rival }) => (rival === undefined ? [] : [rival]));
  }

  /** Why this process must not work in a namespace: another operator does, or its permissions for a Lease are missing. */
  rivalIn(namespace: string): string | undefined {
    return this.obstacleIn(namespace) ?? this.obstacle ?? (this.isLeading ? undefined : this.rivals[0]?.text);
  }

  /** Why this process must not work in a namespace whose Lease it takes: its permissions for the Lease are missing. */
  obstacleIn(namespace: string): string | undefined {
    return this.#elections.find((election) => election.namespace === namespace)?.obstacle;
  }

  /** Why this process may write nowhere; `undefined` if it may, or if another process does. */
  get obstacle(): string | undefined {
    return this.#elections.find(({ isLeading, obstacle }) => !isLeading && obstacle !== undefined)?.obstacle;
  }

  /** Leases for which permissions are missing, so that this process does no work in their namespaces. */
  get obstacles(): readonly string[] {
    return this.#elections.flatMap(({ obstacle }) => (obstacle === undefined ? [] : [obstacle]));
  }

  /** Calls `lead` whenever all Leases are held, until `signal` is aborted. @see LeaderElection.run */
  async run(lead: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    await this.#runFrom(0, lead, signal);
  }

  async #runFrom(index: number, lead: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    const election = this.#elections[index];
    await (election === undefined ? lead(signal) : election.run((term) => this.#runFrom(index + 1, lead, term), signal));
  }
}
