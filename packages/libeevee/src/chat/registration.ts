import { MODULE_HEADER, RECEIVER_HEADER } from '@eeveebot/contract';
import { inboxOf } from '../delivery/inbox.ts';
import type { NatsMetrics } from '../metrics/module-metrics.ts';
import { moduleIdentity } from '../nats/module-identity.ts';
import type { NatsClient, NatsSubscriptionResult } from '../nats/client.ts';
import { ignorable } from '../promises.ts';

/** A message by which a module announces something, repeated on request. */
interface Announcement {
  /** Subject of the announcement, e.g. `command:<uuid>`; a second one with the same key replaces the first. */
  key: string;
  subject: string;
  payload: unknown;
  /** Subjects on which it is requested again. Empty: if an earlier announcement answers requests, it now answers with this one. */
  askedOn: readonly string[];
  /** Subject on which the announced is delivered. */
  deliveredOn?: string;
  /** Label `type` of the count in `nats_publish_total`. */
  type: string;
  metrics?: NatsMetrics | undefined;
}

/** Current announcement of a key. */
interface ActiveAnnouncement {
  announcement: Announcement;
  readonly subscriptions: readonly Promise<NatsSubscriptionResult>[];
  readonly onReconnect: () => void;
}

/** Names of the modules whose definitions set them. */
const moduleNames = new WeakMap<NatsClient, string>();

/** Sets the module that the announcements of a client belong to, outside a cluster. */
export function announceFor(nats: NatsClient, module: string): void {
  moduleNames.set(nats, module);
}

/** The module that the announcements of a client belong to. */
const announcingModule = (nats: NatsClient): string => moduleIdentity(moduleNames.get(nats) ?? nats.name);

/** Current announcements of each client. */
const announced = new WeakMap<NatsClient, Map<string, ActiveAnnouncement>>();

/** The latest change in progress, by key. */
const underWay = new WeakMap<NatsClient, Map<string, Promise<unknown>>>();

function mapOf<Value>(maps: WeakMap<NatsClient, Map<string, Value>>, nats: NatsClient): Map<string, Value> {
  const map = maps.get(nats) ?? new Map<string, Value>();
  maps.set(nats, map);
  return map;
}

/** Serializes the changes of one key: two concurrent changes would leave the subscriptions of one behind. */
function inTurn<Result>(nats: NatsClient, key: string, change: () => Promise<Result>): Promise<Result> {
  const changes = mapOf(underWay, nats);
  const before = changes.get(key);
  const changed = before === undefined ? change() : before.then(change);
  const settled: Promise<unknown> = changed
    .catch(() => undefined)
    .finally(() => {
      if (changes.get(key) === settled) changes.delete(key);
    });
  changes.set(key, settled);
  return changed;
}

/** Publishes once and counts it. */
async function publishCounted(
  nats: NatsClient,
  { subject, payload, deliveredOn, type, metrics }: Omit<Announcement, 'key' | 'askedOn'>,
): Promise<boolean> {
  const json = JSON.stringify(payload);
  const receiver = deliveredOn === undefined ? undefined : inboxOf(nats).receiverOn(deliveredOn);
  const owner = [MODULE_HEADER, announcingModule(nats)] as const;
  const sent = await nats.publish(subject, json, owner, ...(receiver === undefined ? [] : [[RECEIVER_HEADER, receiver] as const]));
  if (sent) metrics?.recordNatsPublish?.(type);
  return sent;
}

/**
 * Publishes an announcement, again for every request on `askedOn`, and again after a reconnect: the collector of announcements may
 * have restarted during that time, and messages published while disconnected are lost.
 *
 * @returns the subscriptions to `askedOn`, each as `subscribe` returns it.
 */
export function announce(nats: NatsClient, announcement: Announcement): Promise<Promise<NatsSubscriptionResult>[]> {
  const { key, askedOn, metrics } = announcement;
  return ignorable(
    inTurn(nats, key, async () => {
      const active = mapOf(announced, nats);
      const previous = active.get(key);
      if (previous !== undefined && askedOn.length === 0) {
        previous.announcement = announcement;
        await publishCounted(nats, announcement);
        return [];
      }
      await end(nats, key);
      const publish = async (): Promise<void> => {
        const now = active.get(key);
        // The request may arrive while the announcement is being withdrawn.
        if (now !== undefined) await publishCounted(nats, now.announcement);
      };
      // Subscribes first, so that a request that arrives during the first publish is answered too.
      const subscriptions = askedOn.map((subject) => nats.subscribe(subject, publish));
      for (const subject of askedOn) metrics?.recordNatsSubscribe?.(subject);
      const onReconnect = (): void => void publish();
      nats.on('reconnect', onReconnect);
      active.set(key, { announcement, subscriptions, onReconnect });
      await Promise.all(subscriptions);
      await publish();
      return subscriptions;
    }),
  );
}

async function end(nats: NatsClient, key: string): Promise<void> {
  const active = mapOf(announced, nats);
  const previous = active.get(key);
  if (previous === undefined) return;
  active.delete(key);
  nats.off('reconnect', previous.onReconnect);
  await Promise.all(previous.subscriptions.map(async (subscription) => nats.unsubscribe(await subscription)));
}

/** Whether the connection is lost, but not closed permanently. */
const isReconnecting = (nats: NatsClient): boolean => nats.isClosed() && nats.nats?.isClosed() === false;

/** Withdraws the announcement of `key` and publishes that on `subject`: while NATS is disconnected, after the reconnect. */
export function revoke(nats: NatsClient, announcement: Omit<Announcement, 'askedOn'>): Promise<boolean> {
  const { key } = announcement;
  return ignorable(
    inTurn(nats, key, async () => {
      await end(nats, key);
      if (!isReconnecting(nats)) return publishCounted(nats, announcement);
      nats.once('reconnect', () => {
        // It may have been announced again.
        void inTurn(nats, key, async () => mapOf(announced, nats).has(key) || publishCounted(nats, announcement));
      });
      return false;
    }),
  );
}
