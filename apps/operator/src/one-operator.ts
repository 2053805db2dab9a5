import { defined, LEASE_NAME } from '@eeveebot/contract';
import type { OperatorConfig } from './config.ts';
import type { Client } from './controller/api/client.ts';
import { Rewrites } from './controller/apply/rewrites.ts';
import type { ReflectorTimes } from './controller/cache/reflector-times.ts';
import type { Clock } from './controller/clock.ts';
import { ForeignLeases } from './controller/lease/foreign-leases.ts';
import { Leadership } from './controller/lease/leadership.ts';
import { LeaseWatch } from './controller/lease/lease-watch.ts';
import type { LeaseTimes } from './controller/lease/lease-times.ts';
import { LeaderElection } from './controller/lease/lease.ts';
import type { Log } from './telemetry/log.ts';

/** Prevents two operators from working in the same namespaces. */
export interface OneOperator {
  readonly leadership: Leadership;
  readonly rewrites: Rewrites;
  /** Description of the other operator that works in a namespace, or why there could be one unnoticed. */
  rivalIn(namespace: string): string | undefined;
  /** Number of other operators that work where this one would. */
  rivals(): number;
  /** Number of Leases for which permissions are missing, so that this operator does no work in their namespaces. */
  obstacles(): number;
  /** Why this operator does no work: another release does it, or the permissions for a Lease are missing. */
  unready(): string | undefined;
  /** Watches the Leases until `signal` is aborted. */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * One operator works in a namespace at a time: the holder of the Lease there. An operator of several namespaces takes the Lease of each;
 * one of all namespaces takes that of its own namespace and yields where another operator holds one. With leader election, the Lease is
 * renewed continuously, because replicas wait for it; without, only after another process asks for it.
 */
export function oneOperator(
  config: OperatorConfig,
  given: {
    readonly client: Client;
    readonly clock: Clock;
    readonly log: Log;
    readonly leaseTimes?: LeaseTimes | undefined;
    readonly reflectorTimes?: ReflectorTimes | undefined;
  },
): OneOperator {
  const { client, clock, log, leaseTimes } = given;
  const { namespace: own, watchedNamespaces, leaderElection, release } = config;
  const namespaces = [...new Set([...(watchedNamespaces ?? [own]), ...(leaderElection ? [own] : [])])].toSorted();
  const watch = new LeaseWatch({ name: LEASE_NAME, namespaces: watchedNamespaces, client, clock, log, times: given.reflectorTimes });
  const isWatched = watchedNamespaces === undefined || !leaderElection;
  const elections = namespaces.map((namespace) => {
    const key = { namespace, name: LEASE_NAME };
    return new LeaderElection({
      client,
      key,
      identity: config.identity,
      clock,
      log,
      claim: { release, watchesAll: watchedNamespaces === undefined },
      changes: leaderElection ? undefined : watch.changesOf(key),
      // The Lease in the namespace of the operator excludes its replicas.
      isDispensable: leaderElection ? namespace !== own : namespaces.length > 1,
      ...defined({ times: leaseTimes }),
    });
  });
  const leadership = new Leadership(elections);
  const rewrites = new Rewrites({ clock, log });
  const foreign =
    watchedNamespaces === undefined ? new ForeignLeases({ watch, own: { namespace: own, name: LEASE_NAME }, clock, log }) : undefined;
  /** Why this operator works in none of its namespaces. */
  const everywhere = (): string | undefined => {
    const obstacles = (watchedNamespaces ?? []).map((namespace) => leadership.obstacleIn(namespace));
    return obstacles.includes(undefined) ? undefined : obstacles[0];
  };
  return {
    leadership,
    rewrites,
    rivalIn: (namespace) => leadership.rivalIn(namespace) ?? foreign?.rivalIn(namespace) ?? rewrites.rivalIn(namespace),
    rivals: () => leadership.rivals.length + (foreign?.rivals.length ?? 0) + rewrites.rivals.length,
    obstacles: () => leadership.obstacles.length,
    unready: () => leadership.rivals.find(({ isOfOtherRelease }) => isOfOtherRelease)?.text ?? leadership.obstacle ?? everywhere(),
    run: async (signal) => {
      if (isWatched) await watch.run(signal);
    },
  };
}
