import { afterAll, beforeAll } from 'vitest';
import { type ControlPlane, type ControlPlaneOptions, DEFINITIONS, startControlPlane } from './kubernetes/control-plane.ts';
import { type Kwok, type KwokOptions, startKwok } from './kubernetes/kwok.ts';
import { type NatsServer, type NatsServerOptions, startNatsServer } from './servers/nats-server.ts';
import { type S3Server, type S3ServerOptions, startS3Server } from './servers/s3-server.ts';

/** Servers of a {@link World}; those that are not requested are not started. */
export interface WorldOptions {
  /** Options of the control plane, which is always started. */
  readonly controlPlane?: ControlPlaneOptions;
  /** Whether the definitions of the kinds are installed. Default true. */
  readonly definitions?: boolean;
  /** Simulated nodes that run pods; implies a scheduler. */
  readonly nodes?: true | KwokOptions;
  readonly nats?: true | NatsServerOptions;
  /** Default with `true`: the bucket `backups`. */
  readonly s3?: true | S3ServerOptions;
}

/** The servers of a test file. */
export interface World {
  readonly kube: ControlPlane;
  /** @throws Error unless requested with `nodes`. */
  readonly kwok: Kwok;
  /** @throws Error unless requested with `nats`. */
  readonly nats: NatsServer;
  /** @throws Error unless requested with `s3`. */
  readonly s3: S3Server;
  /** Creates a namespace that no other test uses, and returns its name. */
  newNamespace(): Promise<string>;
}

interface Servers {
  kube?: ControlPlane;
  kwok?: Kwok;
  nats?: NatsServer;
  s3?: S3Server;
}

/**
 * Starts servers before the tests of the surrounding `describe` (or file), shares them between these tests, and stops them afterwards.
 * Tests do not disturb each other when each uses a namespace of its own.
 *
 * @example
 * const world = useWorld({ nodes: true, s3: true });
 * it('runs', async () => {
 *   const namespace = await world.newNamespace();
 *   await world.kube.apply(botModule('echo', namespace));
 * });
 */
export function useWorld(options: WorldOptions = {}): World {
  const servers: Servers = {};
  let namespaces = 0;
  beforeAll(() => startServers(servers, options));
  afterAll(() => stopServers(servers));
  return {
    get kube() {
      return requested(servers.kube, 'kube');
    },
    get kwok() {
      return requested(servers.kwok, 'nodes');
    },
    get nats() {
      return requested(servers.nats, 'nats');
    },
    get s3() {
      return requested(servers.s3, 's3');
    },
    async newNamespace() {
      const name = `world-${++namespaces}`;
      await requested(servers.kube, 'kube').createNamespace(name);
      return name;
    },
  };
}

/** Fills `servers` one by one, so that those that run are stopped even if another one does not start. */
async function startServers(servers: Servers, { controlPlane, definitions = true, nodes, nats, s3 }: WorldOptions): Promise<void> {
  const started = await Promise.allSettled([
    startKubernetes(servers, { controlPlane, definitions, nodes }),
    nats && startNatsServer(nats === true ? {} : nats).then((server) => (servers.nats = server)),
    s3 && startS3Server(s3 === true ? { buckets: ['backups'] } : s3).then((server) => (servers.s3 = server)),
  ]);
  for (const each of started) if (each.status === 'rejected') throw each.reason;
}

async function startKubernetes(
  servers: Servers,
  { controlPlane, definitions, nodes }: { [Key in 'controlPlane' | 'definitions' | 'nodes']: WorldOptions[Key] | undefined },
): Promise<void> {
  servers.kube = await startControlPlane({
    ...(nodes !== undefined && { scheduler: true }),
    ...(definitions === true && { definitions: DEFINITIONS }),
    ...controlPlane,
  });
  if (nodes !== undefined) servers.kwok = await startKwok(servers.kube, nodes === true ? {} : nodes);
}

async function stopServers({ kube, kwok, nats, s3 }: Servers): Promise<void> {
  await Promise.all([kwok?.stop(), nats?.stop(), s3?.stop()]);
  await kube?.stop();
}

function requested<T>(server: T | undefined, option: string): T {
  if (server === undefined) throw new Error(`useWorld: request this server with the option ${option}, and use it only inside of tests`);
  return server;
}
