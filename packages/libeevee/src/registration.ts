import type { Subscription } from 'nats';
import type { NatsMetrics } from './module-metrics.ts';
import type { NatsClient } from './nats.ts';

/** Something a module tells the bot about itself, and tells again whenever it is asked to. */
interface Announcement {
  /** What it is about, e.g. `command:<uuid>`; announcing again under the same key replaces the first. */
  key: string;
  subject: string;
  payload: unknown;
  /** Subjects on which it is asked for again. */
  askedOn: readonly string[];
  /** The `type` of the count in `nats_publish_total`. */
  type: string;
  metrics?: NatsMetrics | undefined;
}

interface Standing {
  subscriptions: readonly (Subscription | false)[];
  onReconnect: () => void;
}

/** What each client announces now. */
const announced = new WeakMap<NatsClient, Map<string, Standing>>();

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
 * @returns the subscriptions to `askedOn`.
 */
export async function announce(nats: NatsClient, announcement: Announcement): Promise<(Subscription | false)[]> {
  await withdraw(nats, announcement.key);
  const publish = (): Promise<boolean> => publishCounted(nats, announcement);
  // Listening comes first: a question asked while the first answer is on its way is answered too.
  const subscriptions = await Promise.all(announcement.askedOn.map((subject) => nats.subscribe(subject, publish)));
  for (const subject of announcement.askedOn) announcement.metrics?.recordNatsSubscribe?.(subject);
  const onReconnect = (): void => void publish();
  nats.on('reconnect', onReconnect);
  const standing = announced.get(nats) ?? new Map<string, Standing>();
  announced.set(nats, standing);
  standing.set(announcement.key, { subscriptions, onReconnect });
  await publish();
  return subscriptions;
}

/** Stops announcing what stands under `key`. */
export async function withdraw(nats: NatsClient, key: string): Promise<void> {
  const standing = announced.get(nats);
  const previous = standing?.get(key);
  if (previous === undefined) return;
  standing?.delete(key);
  nats.off('reconnect', previous.onReconnect);
  await Promise.all(previous.subscriptions.map((subscription) => nats.unsubscribe(subscription)));
}

/** Stops announcing what stands under `key` and says so on `subject`. */
export async function revoke(nats: NatsClient, announcement: Omit<Announcement, 'askedOn'>): Promise<boolean> {
  await withdraw(nats, announcement.key);
  return publishCounted(nats, announcement);
}
