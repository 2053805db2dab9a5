import { createHash } from 'node:crypto';
import type { Log } from '@eeveebot/libeevee';
import type { RoutingSettings } from '@eeveebot/libeevee/routing';
import { count } from './router-metrics.ts';

/** Time for an edit of the configuration to reach all replicas of a router, in milliseconds: the kubelet needs up to two minutes. */
export const SETTLE_MS = 180_000;

/** A router, and a digest of its settings. */
export interface RouterIdentity {
  /** Name that the replicas of a router have in common. */
  readonly module: string;
  readonly settings: string;
}

/**
 * Digest of the settings of a router, by their effect: the order of the blocklist, and entries that it contains twice, have none. Patterns
 * are compared as they are written, because their compiled form may differ between releases.
 *
 * @example
 * settingsDigest(DEFAULT_SETTINGS); // 'd0e2…', 16 characters
 */
export function settingsDigest({ blocklist, cooldownMs, maxQueued }: RoutingSettings): string {
  const entries = blocklist.map(({ pattern, scopes }) =>
    JSON.stringify([pattern.source, scopes.map(([field, scope]) => JSON.stringify([field, scope.source])).toSorted()]),
  );
  return createHash('sha256')
    .update(JSON.stringify([[...new Set(entries)].toSorted(), cooldownMs, maxQueued]))
    .digest('hex')
    .slice(0, 16);
}

/** Logs and counts that another router on the bus has other settings. */
export function reportOtherSettings(log: Log, { module }: RouterIdentity, { module: otherModule }: RouterIdentity): void {
  count.error('other_settings');
  log.error('another router on this bus has a different configuration: each message is routed by one of them', {
    ...{ module, otherModule },
    hint: 'give both the same moduleConfig, remove one, or give each bot an IpcConfig of its own',
  });
}

interface Difference {
  /** Since when the settings have differed. */
  readonly sinceMs: number;
  /** Own settings, and those of the replica, that were reported last. */
  readonly reported: string | undefined;
}

/**
 * Finds routers with other settings on the same bus. Each message is routed by one of them, so that a blocklist, for example, would apply to
 * some messages and not to others.
 *
 * Another router is reported at once, a replica of the same one only if its settings still differ after {@link SETTLE_MS}.
 */
export class OtherSettings {
  readonly #now: () => number;
  readonly #report: (other: RouterIdentity) => void;
  /** Replicas with other settings, by their ids. */
  readonly #differing = new Map<string, Difference>();

  /** @param now a monotonic clock, in milliseconds. */
  constructor({ now, report }: { readonly now: () => number; readonly report: (other: RouterIdentity) => void }) {
    this.#now = now;
    this.#report = report;
  }

  /** Compares the settings of another replica, each time that it announces itself. */
  heard(id: string, other: RouterIdentity, own: RouterIdentity): void {
    if (other.settings === own.settings) {
      this.#differing.delete(id);
      return;
    }
    const { sinceMs, reported } = this.#differing.get(id) ?? { sinceMs: this.#now(), reported: undefined };
    const isSettling = other.module === own.module && this.#now() - sinceMs < SETTLE_MS;
    const pair = JSON.stringify([own.settings, other]);
    // The replicas of a router are reported once.
    const isKnown = [...this.#differing.values()].some((difference) => difference.reported === pair);
    this.#differing.set(id, { sinceMs, reported: isSettling ? reported : pair });
    if (!isSettling && !isKnown) this.#report(other);
  }

  /** Forgets replicas that are gone: if they come back, they are reported again. */
  keepOnly(ids: readonly string[]): void {
    for (const id of this.#differing.keys()) if (!ids.includes(id)) this.#differing.delete(id);
  }
}
