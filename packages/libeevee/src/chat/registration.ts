import type { NatsMetrics } from '../metrics/module-metrics.ts';
import type { NatsClient, NatsSubscriptionResult } from '../nats/client.ts';
import { ignorable } from '../promises.ts';

/** Something a module tells the bot about itself, and tells again whenever it is asked to. */
interface Announcement {
  /** What it is about, e.g. `command:<uuid>`; announcing again under the same key replaces the first. */
  key: string;
  subject: string;
  payload: unknown;
  /** Subjects on which it is asked for again. None: where an earlier announcement answers, it answers with this one. */
  askedOn: readonly string[];
  /** The `type` of the count in `nats_publish_total`. */
  type: string;
  metrics?: NatsMetrics | undefined;
}

/** What is announced now under a key. */
interface Standing {
  announcement: Announcement;
  readonly subscriptions: readonly Promise<NatsSubscriptionResult>[];
  readonly onReconnect: () => void;
}

/** What each client announces now. */
const announced = new WeakMap<NatsClient, Map<string, Standing>>();

/** The last change of each key that is under way. */
const underWay = new WeakMap<NatsClient, Map<string, Promise<unknown>>>();

function mapOf<Value>(maps: WeakMap<NatsClient, Map<string, Value>>, nats: NatsClient): Map<string, Value> {
  const map = maps.get(nats) ?? new Map<string, Value>();
  maps.set(nats, map);
  return map;
}

/** Changes of one key take place one after the other: two at once would leave the subscriptions of one behind. */
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
  { subject, payload, type, metrics }: Omit<Announcement, 'key' | 'askedOn'>,
): Promise<boolean> {
  const sent = await nats.publish(subject, JSON.stringify(payload));
  if (sent) metrics?.recordNatsPublish?.(type);
  return sent;
}

/**
 * Publishes an announcement, again whenever one of `askedOn` is heard, and again when a lost connection
 * is back: whoever collects the announcements may have been restarted meanwhile, and what was published
 * while the connection was gone is lost.
 *
 * @returns the subscriptions to `askedOn`, each as subscribing gives it.
 */
export function announce(nats: NatsClient, announcement: Announcement): Promise<Promise<NatsSubscriptionResult>[]> {
  const { key, askedOn, metrics } = announcement;
  return ignorable(
    inTurn(nats, key, async () => {
      const standing = mapOf(announced, nats);
      const previous = standing.get(key);
      if (previous !== undefined && askedOn.length === 0) {
        previous.announcement = announcement;
        await publishCounted(nats, announcement);
        return [];
      }
      await end(nats, key);
      const publish = async (): Promise<void> => {
        const now = standing.get(key);
        // Asked in the moment in which it is withdrawn.
        if (now !== undefined) await publishCounted(nats, now.announcement);
      };
      // Listening comes first: a question asked while the first answer is on its way is answered too.
      const subscriptions = askedOn.map((subject) => nats.subscribe(subject, publish));
      for (const subject of askedOn) metrics?.recordNatsSubscribe?.(subject);
      const onReconnect = (): void => void publish();
      nats.on('reconnect', onReconnect);
      standing.set(key, { announcement, subscriptions, onReconnect });
      await Promise.all(subscriptions);
      await publish();
      return subscriptions;
    }),
  );
}

async function end(nats: NatsClient, key: string): Promise<void> {
  const standing = mapOf(announced, nats);
  const previous = standing.get(key);
  if (previous === undefined) return;
  standing.delete(key);
  nats.off('reconnect', previous.onReconnect);
  await Promise.all(previous.subscriptions.map(async (subscription) => nats.unsubscribe(await subscription)));
}

/** Stops announcing what stands under `key` and says so on `subject`. */
export function revoke(nats: NatsClient, announcement: Omit<Announcement, 'askedOn'>): Promise<boolean> {
  return ignorable(
    inTurn(nats, announcement.key, async () => {
      await end(nats, announcement.key);
      return publishCounted(nats, announcement);
    }),
  );
}
