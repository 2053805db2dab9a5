import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  binary,
  certificateAuthority,
  eventually,
  freePort,
  ServerFolder,
  ServerProcess,
  type CertificateAuthority,
} from '@eeveebot/testing';
import { connect, type NatsConnection } from 'nats';
import { afterEach, describe, expect, it } from 'vitest';
import { natsConf } from '../src/resources/ipc-config/desired/nats-conf.ts';

const TOPOLOGY = { stateful: true, replicas: 3, jetstream: { size: '1Gi', storageClassName: undefined } } as const;

interface Ports {
  readonly client: number;
  readonly management: number;
  readonly cluster: number;
}

/** How a server is started. */
interface ServerSettings {
  /** Token for clients. */
  readonly token: string;
  /** Authority of the certificate with which the server uses TLS, for its clients and its routes; without it, the server uses no TLS. */
  readonly authority?: CertificateAuthority | undefined;
}

/** Three real servers with the configuration from the operator, except for the ports and folders on one machine. */
class Cluster implements AsyncDisposable {
  readonly #folder = new ServerFolder('nats-cluster');
  readonly #servers: (ServerProcess | undefined)[] = [];
  readonly #ports: readonly Ports[];

  private constructor(ports: readonly Ports[]) {
    this.#ports = ports;
  }

  static async start(settings: ServerSettings): Promise<Cluster> {
    const ports = [];
    for (let ordinal = 0; ordinal < TOPOLOGY.replicas; ordinal++) {
      ports.push({ client: await freePort(), management: await freePort(), cluster: await freePort() });
    }
    const cluster = new Cluster(ports);
    await Promise.all(ports.map((_, ordinal) => cluster.restart(ordinal, settings)));
    await cluster.untilAllWhole();
    return cluster;
  }

  /** Starts or restarts a server. */
  async restart(ordinal: number, settings: ServerSettings): Promise<void> {
    await this.stop(ordinal);
    const folder = join(this.#folder.path, String(ordinal));
    mkdirSync(folder, { recursive: true });
    if (settings.authority !== undefined) await writeCertificate(folder, settings.authority);
    writeFileSync(join(folder, 'nats.conf'), this.#configuration(ordinal, folder, settings));
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

  untilAllWhole = (): Promise<unknown> => Promise.all(this.#ports.map((_, ordinal) => this.untilWhole(ordinal)));

  /** Number of connections of a server to the others. */
  async routes(ordinal: number): Promise<number> {
    const answer = (await (await fetch(`${this.#management(ordinal)}/routez`)).json()) as { readonly num_routes: number };
    return answer.num_routes;
  }

  /** Whether a server requires TLS from another one that opens a route to it. */
  async requiresTls(ordinal: number): Promise<boolean> {
    const answer = (await (await fetch(`${this.#management(ordinal)}/varz`)).json()) as {
      readonly cluster: { readonly tls_required?: boolean; readonly tls_verify?: boolean };
    };
    return answer.cluster.tls_required === true && answer.cluster.tls_verify === true;
  }

  logOf = (ordinal: number): string => this.#servers[ordinal]?.logTail(200) ?? '';

  connect(ordinal: number, { token, authority }: ServerSettings): Promise<NatsConnection> {
    const tls = authority && { tls: { ca: authority.certificate } };
    return connect({ servers: `127.0.0.1:${this.#ports[ordinal]?.client}`, token, ...tls, reconnect: false });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#servers.map((server) => server?.stop()));
    this.#folder.remove();
  }

  #management = (ordinal: number): string => `http://127.0.0.1:${this.#ports[ordinal]?.management}`;

  #configuration(ordinal: number, folder: string, { token, authority }: ServerSettings): string {
    const own = this.#ports[ordinal];
    const tls = authority !== undefined;
    const cluster = { routes: this.#ports.map((_, other) => `server-${other}`), password: 'of the routes', tls };
    const conf = natsConf({ token, topology: TOPOLOGY, tls, cluster })
      .replaceAll('"/etc/nats-tls/', `"${folder}/`)
      .replace('port: 4222', `host: 127.0.0.1\nport: ${own?.client}`)
      .replace('http_port: 8222', `http: "127.0.0.1:${own?.management}"`)
      .replace('port: 6222', `listen: "127.0.0.1:${own?.cluster}"`)
      .replace('"/data/jetstream"', JSON.stringify(join(folder, 'jetstream')))
      .replace('"/var/run/nats/nats.pid"', JSON.stringify(join(folder, 'nats.pid')));
    return this.#ports.reduce((text, { cluster: port }, other) => text.replace(`@server-${other}:6222`, `@127.0.0.1:${port}`), conf);
  }
}

/** The files of the Secret with the certificate, as a server has them. */
async function writeCertificate(folder: string, authority: CertificateAuthority): Promise<void> {
  const { certificate, key } = await authority.issue({ commonName: 'nats', hosts: ['127.0.0.1', 'localhost'] });
  writeFileSync(join(folder, 'tls.crt'), certificate);
  writeFileSync(join(folder, 'tls.key'), key);
  writeFileSync(join(folder, 'ca.crt'), authority.certificate);
}

/** On a busy machine, a request may wait for a new leader for longer than the client does. All requests here can be repeated. */
const answered = <Answer>(request: () => Promise<Answer>): Promise<Answer> => eventually(request, { what: 'JetStream to answer' });

describe('JetStream cluster', () => {
  let cluster: Cluster | undefined;
  afterEach(() => cluster?.[Symbol.asyncDispose]());

  it('keeps its majority and its messages while the token is rotated one server at a time', async () => {
    cluster = await Cluster.start({ token: 'old' });
    const before = await cluster.connect(0, { token: 'old' });
    const publish = (ordinal: number) =>
      answered(() => before.jetstream().publish(`kept.${ordinal}`, undefined, { msgID: String(ordinal) }));
    const { streams } = await answered(() => before.jetstreamManager());
    await answered(() => streams.add({ name: 'kept', subjects: ['kept.>'], num_replicas: 3 }));
    await publish(0);

    for (const ordinal of [2, 1]) {
      await cluster.restart(ordinal, { token: 'new' });
      // Servers that still require the old token from clients accept it as a member.
      await cluster.untilWhole(ordinal);
      const rolled = await cluster.connect(ordinal, { token: 'new' });
      const heard = before.subscribe('hello', { max: 1 });
      await before.flush();
      await eventually(async () => {
        rolled.publish('hello');
        await rolled.flush();
        return heard.getReceived() > 0;
      });
      await publish(ordinal);
      await rolled.close();
    }
    await before.close();
    await cluster.restart(0, { token: 'new' });
    await cluster.untilAllWhole();
    const after = await cluster.connect(0, { token: 'new' });
    const manager = await answered(() => after.jetstreamManager());
    expect((await answered(() => manager.streams.info('kept'))).state.messages).toBe(3);
    await expect(cluster.connect(0, { token: 'old' })).rejects.toThrow(/authorization/i);
    await after.close();
  });

  it('serves core NATS without a majority, and its health checks pass', async () => {
    cluster = await Cluster.start({ token: 'token' });
    await cluster.stop(1);
    await cluster.stop(2);
    const { healthz } = cluster;
    await eventually(async () => !(await healthz(0)), { what: 'JetStream to miss its majority' });
    expect(await healthz(0, 'js-server-only=true')).toBe(true);
    expect(await healthz(0, 'js-enabled-only=true')).toBe(true);
    const connection = await cluster.connect(0, { token: 'token' });
    const heard = connection.subscribe('hello', { max: 1 });
    connection.publish('hello');
    await connection.flush();
    expect(heard.getReceived()).toBe(1);
    await connection.close();
  });

  it('uses TLS between its servers, and refuses one with a certificate of another authority', async () => {
    const secure = { token: 'token', authority: await certificateAuthority('of the cluster') };
    cluster = await Cluster.start(secure);
    expect(await Promise.all([0, 1, 2].map((ordinal) => cluster?.requiresTls(ordinal)))).toEqual([true, true, true]);
    const [first, second] = [await cluster.connect(0, secure), await cluster.connect(1, secure)];
    const heard = first.subscribe('hello', { max: 1 });
    await first.flush();
    await eventually(async () => {
      second.publish('hello');
      await second.flush();
      return heard.getReceived() > 0;
    });
    await Promise.all([first.close(), second.close()]);

    await cluster.restart(2, { token: 'token', authority: await certificateAuthority('stranger') });
    const { logOf } = cluster;
    await eventually(() => /tls.*handshake error/i.test(logOf(0)), { what: 'a server to refuse the certificate' });
    expect(await cluster.routes(2)).toBe(0);
    await cluster.restart(2, secure);
    await cluster.untilAllWhole();
  });

  it('keeps its messages while TLS is turned on one server at a time', async () => {
    const secure = { token: 'token', authority: await certificateAuthority('of the cluster') };
    cluster = await Cluster.start({ token: 'token' });
    const before = await cluster.connect(0, { token: 'token' });
    const { streams } = await answered(() => before.jetstreamManager());
    await answered(() => streams.add({ name: 'kept', subjects: ['kept.>'], num_replicas: 3 }));
    // The id keeps a repeated message from being stored twice.
    await answered(() => before.jetstream().publish('kept.1', undefined, { msgID: 'first' }));
    await before.close();
    for (const ordinal of [2, 1, 0]) await cluster.restart(ordinal, secure);
    await cluster.untilAllWhole();
    const after = await cluster.connect(2, secure);
    // The stream elects its own leader.
    await answered(() => after.jetstream().publish('kept.2', undefined, { msgID: 'second' }));
    const manager = await answered(() => after.jetstreamManager());
    expect((await answered(() => manager.streams.info('kept'))).state.messages).toBe(2);
    await after.close();
  });
});
