import { type NatsServer, startNatsServer } from '@eeveebot/testing';
import { type NatsConnection, connect } from 'nats';
import { afterEach, beforeEach, vi } from 'vitest';
import { log } from '../src/log/log.ts';
import { errorCounter } from '../src/metrics/registry.ts';
import { NatsClient } from '../src/nats/client.ts';

/** Token of the server. */
export const TOKEN = 'first-token';

/** Number of errors of an operation that were counted. */
export async function errorsCounted(operation: string, module: string): Promise<number> {
  const { values } = await errorCounter.get();
  return values.find(({ labels }) => labels.operation === operation && labels.module === module)?.value ?? 0;
}

/** A NATS server for each test, an observer on it, and clients that are closed at the end of the test. */
export function useNatsClients() {
  const bus = {} as { server: NatsServer; observer: NatsConnection; clients: NatsClient[] };

  beforeEach(async () => {
    bus.clients = [];
    bus.server = await startNatsServer({ token: TOKEN });
    bus.observer = await connect({ servers: bus.server.host, token: TOKEN, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
    for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(log, level).mockImplementation(() => {});
  });

  afterEach(async () => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    await Promise.all(bus.clients.map((client) => client.close()));
    await bus.observer.close();
    await bus.server.stop();
  });

  /** A client that is closed at the end of the test. */
  function newClient(options: Partial<ConstructorParameters<typeof NatsClient>[0]> = {}): NatsClient {
    const client = new NatsClient({ natsHost: bus.server.host, natsToken: TOKEN, ...options });
    bus.clients.push(client);
    return client;
  }

  async function connectedClient(options: Partial<ConstructorParameters<typeof NatsClient>[0]> = {}): Promise<NatsClient> {
    const client = newClient(options);
    await client.connect();
    return client;
  }

  return { bus, newClient, connectedClient };
}
