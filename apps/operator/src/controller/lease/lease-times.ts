/** Duration of a lease, deadline for its renewal by the leader, and interval between attempts. */
export interface LeaseTimes {
  readonly leaseMs: number;
  readonly renewDeadlineMs: number;
  readonly retryMs: number;
}

/** Default times of Kubernetes' own controllers. */
export const DEFAULT_LEASE_TIMES: LeaseTimes = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };

/** Times for a lease that is renewed on demand: a process that restarts after a kill must not wait long for its own lease. */
export const ON_DEMAND_LEASE_TIMES: LeaseTimes = { leaseMs: 5_000, renewDeadlineMs: 3_000, retryMs: 500 };
