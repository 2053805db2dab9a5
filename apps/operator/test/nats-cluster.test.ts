import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { binary, eventually, freePort, ServerFolder, ServerProcess } from '@eeveebot/testing';
import { connect, type NatsConnection } from 'nats';
import { afterEach, describe, expect, it } from 'vitest';
import { natsConf } from '../src/resources/ipc-config/desired/nats-conf.ts';

const TOPOLOGY = { stateful: true, replicas: 3, jetstream: { size: '1Gi', storageClassName: undefined } } as const;

interface Ports {
  readonly client: number;
  readonly management: number;
  readonly cluster: number;
}

/** Three real servers with the configuration from the operator, except for the ports and folders on one machine. */
class Cluster implements AsyncDisposable {
  readonly #folder = new ServerFolder('nats-cluster');
  readonly #servers: (ServerProcess | undefined)[] = [];
  readonly #ports: readonly Ports[];

  private constructor(ports: readonly Ports[]) {
    this.#ports = ports;
  }

  static async start(token: string): Promise<Cluster> {
    const ports = [];
    for (let ordinal = 0; ordinal < TOPOLOGY.replicas; ordinal++) {
      ports.push({ client: await freePort(), management: await freePort(), cluster: await freePort() });
    }
    const cluster = new Cluster(ports);
    await Promise.all(ports.map((_, ordinal) => cluster.restart(ordinal, token)));
    return cluster;
  }

  /** Starts or restarts a server with this token for its clients. */
  async restart(ordinal: number, token: string): Promise<void> {
    await this.stop(ordinal);
    const folder = join(this.#folder.path, String(ordinal));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'nats.conf'), this.#configuration(ordinal, folder, token));
    this.#servers[ordinal] = await ServerProcess.start({
      name: `nats-${ordinal}`,
      command: binary('nats-server'),
      args: ['--config', join(folder, 'nats.conf')],
      folder,
      env: { SERVER_NAME: `nats-${ordinal}` },
      isReady: () => this.healthz(ordinal, 'js-server-only=true'),
    });
  }

  async stop(ordinal: number): Promise<void> {
    await this.#servers[ordinal]?.stop();
    this.#servers[ordinal] = undefined;
  }

  /** Whether a health check of a server passes. */
  healthz = async (ordinal: number, query = ''): Promise<boolean> => (await fetch(`${this.#management(ordinal)}/healthz?${query}`)).ok;

  /** Waits until JetStream of a server is healthy: the cluster has a leader, and the server has caught up. */
  untilWhole = (ordinal: number): Promise<unknown> =>
    eventually(() => this.healthz(ordinal), { what: `server ${ordinal} to be a whole member of the cluster` });

  connect(ordinal: number, token: string): Promise<NatsConnection> {
    return connect({ servers: `127.0.0.1:${this.#ports[ordinal]?.client}`, token, reconnect: false });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#servers.map((server) => server?.stop()));
    this.#folder.remove();
  }

  #management = (ordinal: number): string => `http://127.0.0.1:${this.#ports[ordinal]?.management}`;

  #configuration(ordinal: number, folder: string, token: string): string {
    const own = this.#ports[ordinal];
    const cluster = { routes: this.#ports.map((_, other) => `server-${other}`), password: 'of the routes' };
    const conf = natsConf({ token, topology: TOPOLOGY, tls: false, cluster })
      .replace('port: 4222', `host: 127.0.0.1\nport: ${own?.client}`)
      .replace('http_port: 8222', `http: "127.0.0.1:${own?.management}"`)
      .replace('port: 6222', `listen: "127.0.0.1:${own?.cluster}"`)
      .replace('"/data/jetstream"', JSON.stringify(join(folder, 'jetstream')))
      .replace('"/var/run/nats/nats.pid"', JSON.stringify(join(folder, 'nats.pid')));
    return this.#ports.reduce((text, { cluster: port }, other) => text.replace(`@server-${other}:6222`, `@127.0.0.1:${port}`), conf);
  }
}

describe('JetStream cluster', () => {
  let cluster: Cluster | undefined;
  afterEach(() => cluster?.[Symbol.asyncDispose]());

  it('keeps its majority and its messages while the token is rotated one server at a time', async () => {
    cluster = await Cluster.start('old');
    for (const ordinal of [0, 1, 2]) await cluster.untilWhole(ordinal);
    const before = await cluster.connect(0, 'old');
    await (await before.jetstreamManager()).streams.add({ name: 'kept', subjects: ['kept.>'], num_replicas: 3 });
    await before.jetstream().publish('kept.1');

    for (const ordinal of [2, 1]) {
      await cluster.restart(ordinal, 'new');
      // Servers that still require the old token from clients accept it as a member.
      await cluster.untilWhole(ordinal);
      const rolled = await cluster.connect(ordinal, 'new');
      const heard = before.subscribe('hello', { max: 1 });
      await before.flush();
      await eventually(async () => {
        rolled.publish('hello');
        await rolled.flush();
        return heard.getReceived() > 0;
      });
      await before.jetstream().publish(`kept.${ordinal}`);
      await rolled.close();
    }
    await before.close();
    await cluster.restart(0, 'new');
    for (const ordinal of [0, 1, 2]) await cluster.untilWhole(ordinal);
    const after = await cluster.connect(0, 'new');
    expect((await (await after.jetstreamManager()).streams.info('kept')).state.messages).toBe(3);
    await expect(cluster.connect(0, 'old')).rejects.toThrow(/authorization/i);
    await after.close();
  });

  it('serves core NATS without a majority, and its health checks pass', async () => {
    cluster = await Cluster.start('token');
    for (const ordinal of [0, 1, 2]) await cluster.untilWhole(ordinal);
    await cluster.stop(1);
    await cluster.stop(2);
    const { healthz } = cluster;
    await eventually(async () => !(await healthz(0)), { what: 'JetStream to miss its majority' });
    expect(await healthz(0, 'js-server-only=true')).toBe(true);
    expect(await healthz(0, 'js-enabled-only=true')).toBe(true);
    const connection = await cluster.connect(0, 'token');
    const heard = connection.subscribe('hello', { max: 1 });
    connection.publish('hello');
    await connection.flush();
    expect(heard.getReceived()).toBe(1);
    await connection.close();
  });
});
