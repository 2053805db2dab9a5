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
 * Digest of the settings of a router. Replicas with the same configuration have the same one.
 *
 * @example
 * settingsDigest(DEFAULT_SETTINGS); // 'd0e2…', 16 characters
 */
export function settingsDigest({ blocklist, cooldownMs, maxQueued }: RoutingSettings): string {
  const entries = blocklist.map(({ pattern, scopes }) => [pattern.source, scopes.map(([field, scope]) => [field, scope.source])]);
  return createHash('sha256')
    .update(JSON.stringify([entries, cooldownMs, maxQueued]))
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

/**
 * Finds routers with other settings on the same bus. Each message is routed by one of them, so that a blocklist, for example, would apply to
 * some messages and not to others.
 *
 * Another router is reported at once, a replica of the same one only if its settings still differ after {@link SETTLE_MS}.
 */
export class OtherSettings {
  readonly #now: () => number;
  readonly #report: (other: RouterIdentity) => void;
  /** Since when the settings of a replica have differed, by its id. */
  readonly #differsSince = new Map<string, number>();
  readonly #reported = new Set<string>();

  /** @param now a monotonic clock, in milliseconds. */
  constructor({ now, report }: { readonly now: () => number; readonly report: (other: RouterIdentity) => void }) {
    this.#now = now;
    this.#report = report;
  }

  /** Compares the settings of another replica, each time that it announces itself. */
  heard(id: string, other: RouterIdentity, own: RouterIdentity): void {
    if (other.settings === own.settings) {
      this.#differsSince.delete(id);
      return;
    }
    const sinceMs = this.#differsSince.get(id) ?? this.#now();
    this.#differsSince.set(id, sinceMs);
    if (other.module === own.module && this.#now() - sinceMs < SETTLE_MS) return;
    const pair = JSON.stringify([own.settings, other]);
    if (this.#reported.has(pair)) return;
    this.#reported.add(pair);
    this.#report(other);
  }

  /** Forgets replicas that are gone. */
  keepOnly(ids: readonly string[]): void {
    for (const id of this.#differsSince.keys()) if (!ids.includes(id)) this.#differsSince.delete(id);
    // A router that is still there is reported again, once.
    if (ids.length === 0) this.#reported.clear();
  }
}
