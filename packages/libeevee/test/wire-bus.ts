import { type NatsServer, eventually, startNatsServer } from '@eeveebot/testing';
import { type NatsConnection, connect } from 'nats';
import { afterEach, beforeEach, vi } from 'vitest';
import { log } from '../src/log/log.ts';
import { NatsClient, type NatsSubscriptionResult } from '../src/nats/client.ts';

/** A message as received from the bus. */
export interface Heard {
  subject: string;
  payload: unknown;
}

/** Token of the server. */
export const TOKEN = 'wire-token';

/** Subscriptions of a registration, once all of them are made. */
export const made = async (subscriptions: Promise<Promise<NatsSubscriptionResult>[]>) => Promise.all(await subscriptions);

/** Place of an answer. */
export const where = { platform: 'irc', network: 'libera', instance: 'main', channel: '#eevee' };

/** A NATS server for each test, an observer that hears what is published, and a connected client. */
export function useWire() {
  const bus = {} as { server: NatsServer; observer: NatsConnection; nats: NatsClient; heard: Heard[] };

  beforeEach(async () => {
    for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(log, level).mockImplementation(() => {});
    bus.server = await startNatsServer({ token: TOKEN });
    bus.observer = await connect({
      servers: bus.server.host,
      token: TOKEN,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 20,
      reconnectJitter: 0,
    });
    bus.heard = [];
    bus.observer.subscribe('>', {
      callback: (_error, msg) => {
        if (!/^(control\.|_INBOX|stats\.)/.test(msg.subject)) bus.heard.push({ subject: msg.subject, payload: msg.json() });
      },
    });
    await bus.observer.flush();
    bus.nats = new NatsClient({ natsHost: bus.server.host, natsToken: TOKEN, name: 'wire' });
    await bus.nats.connect();
  });

  afterEach(async () => {
    vi.restoreAllMocks();
    await bus.nats.close();
    await bus.observer.close();
    await bus.server.stop();
  });

  /** Waits for a total number of messages. */
  const afterMessages = (count: number): Promise<Heard[]> =>
    eventually(() => (bus.heard.length >= count ? bus.heard : false), { what: `${count} messages` });

  /** Waits until everything sent before has been received, and nothing else is in transit. */
  async function quiet(): Promise<Heard[]> {
    await bus.nats.nats?.flush();
    await bus.observer.flush();
    return bus.heard;
  }

  return { bus, afterMessages, quiet };
}
