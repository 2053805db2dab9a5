import { KubeConfig } from '@kubernetes/client-node';
import { eventually, type ControlPlane } from '@eeveebot/testing';
import { Client } from '../../src/controller/api/client.ts';
import { ApiEventRecorder } from '../../src/controller/api/events.ts';
import { Transport } from '../../src/controller/api/transport.ts';
import { DEFAULT_REFLECTOR_TIMES, type ReflectorTimes } from '../../src/controller/cache/reflector-times.ts';
import { systemClock } from '../../src/controller/clock.ts';
import type { LeaseTimes } from '../../src/controller/lease/lease-times.ts';
import { LeaderElection } from '../../src/controller/lease/lease.ts';
import type { ControllerDefinition } from '../../src/controller/run/definition.ts';
import { Manager } from '../../src/controller/run/manager.ts';
import type { Log } from '../../src/telemetry/log.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { SecretMarks } from '../../src/secrets/secret-marks.ts';

/** Number of requests to the API server, from the metrics. */
export interface CountedRequests {
  readonly reads: number;
  readonly writes: number;
}

export interface RuntimeInput {
  readonly kubeconfig: string;
  readonly controllers: readonly ControllerDefinition[];
  readonly namespace?: string;
  /** URL to use instead of the kubeconfig's, such as that of a proxy for the API server. `http:` URLs get no credentials. */
  readonly server?: string;
  readonly times?: Partial<ReflectorTimes>;
  /** Takes part in leader election under this name. */
  readonly identity?: string;
  readonly leaseTimes?: LeaseTimes;
}

/** Cache and controllers in the test's own process, with a real API server. */
export class Runtime implements AsyncDisposable {
  readonly manager: Manager;
  readonly metrics = createMetrics();
  /** `level message cause` of all log lines. */
  readonly log: string[] = [];
  readonly events: ApiEventRecorder;
  readonly election: LeaderElection | undefined;
  readonly #transport: Transport;
  readonly #background = new AbortController();
  readonly #stop = new AbortController();
  readonly #controllers: Promise<void>;
  readonly #cache: Promise<void>;

  constructor(input: RuntimeInput) {
    const clock = systemClock;
    const logger = this.#logger();
    this.#transport = new Transport(kubeConfigOf(input), ({ method, code }) => this.metrics.requests.inc({ method, code }));
    const client = new Client(this.#transport);
    this.events = new ApiEventRecorder({ client, clock, log: logger, signal: this.#background.signal });
    this.election =
      input.identity === undefined
        ? undefined
        : new LeaderElection({
            client,
            key: { namespace: input.namespace ?? 'default', name: 'leader' },
            identity: input.identity,
            clock,
            log: logger,
            ...(input.leaseTimes && { times: input.leaseTimes }),
          });
    this.manager = new Manager(
      {
        client,
        namespaces: input.namespace === undefined ? undefined : [input.namespace],
        events: this.events,
        log: logger,
        clock,
        metrics: this.metrics,
        mayWrite: () => this.election?.isLeading ?? true,
        secretMarks: new SecretMarks(),
        times: { ...DEFAULT_REFLECTOR_TIMES, retryLongestMs: 1_000, mendedByPeopleMs: 500, ...input.times },
      },
      input.controllers,
    );
    this.#cache = this.manager.runCache(this.#background.signal);
    const lead = (term: AbortSignal): Promise<void> => this.manager.runControllers(term);
    this.#controllers = this.election === undefined ? lead(this.#stop.signal) : this.election.run(lead, this.#stop.signal);
  }

  /** Waits until everything that is watched has been listed. */
  async synced(): Promise<this> {
    await eventually(() => this.manager.isSynced, { what: `the caches (${this.manager.unready() ?? ''})` });
    return this;
  }

  /** Waits until this number of watches is open: a connection that is opened later is not affected by a proxy that stalls. */
  async watching(count: number): Promise<void> {
    const open = async () => (await this.metrics.activeWatches.get()).values.reduce((sum, { value }) => sum + value, 0);
    await eventually(async () => (await open()) === count, { what: `${count} watches to be open` });
  }

  async requests(): Promise<CountedRequests> {
    const { values } = await this.metrics.requests.get();
    const sum = (isWanted: (method: string) => boolean) =>
      values.filter(({ labels }) => isWanted(String(labels.method))).reduce((total, { value }) => total + value, 0);
    return { reads: sum((method) => method === 'GET'), writes: sum((method) => method !== 'GET') };
  }

  async reconciles(result: string): Promise<number> {
    const { values } = await this.metrics.reconcileTotal.get();
    return values.filter(({ labels }) => labels.result === result).reduce((total, { value }) => total + value, 0);
  }

  /** Whether everything was listed, and no reconcile runs or waits for a worker. */
  async isIdle(): Promise<boolean> {
    const busy = [...(await this.metrics.queueDepth.get()).values, ...(await this.metrics.activeWorkers.get()).values];
    return this.manager.isSynced && busy.every(({ value }) => value === 0);
  }

  /** Waits until no reconcile runs or waits, and nothing was sent during that time. */
  async settled(): Promise<void> {
    let before = '';
    await eventually(
      async () => {
        const now = JSON.stringify([await this.requests(), await this.reconciles('success')]);
        const isSame = now === before && (await this.isIdle());
        before = now;
        return isSame;
      },
      { what: 'the controllers to come to rest', intervalMs: 300 },
    );
  }

  /** Stops it as SIGTERM does. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('SIGTERM'));
    await this.#controllers;
    await this.events.flush();
    this.#background.abort(new Error('stopped'));
    await this.#cache;
    await this.#transport.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #logger(): Log {
    const line = (level: string) => (message: string, fields?: Readonly<Record<string, unknown>>) => {
      const cause = fields?.['cause'];
      this.log.push(typeof cause === 'string' ? `${level} ${message} ${cause}` : `${level} ${message}`);
    };
    return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
  }
}

let namespaces = 0;

/** A namespace that no other test uses. */
export async function newNamespace(kube: ControlPlane): Promise<string> {
  namespaces += 1;
  const name = `widgets-${process.pid}-${namespaces}`;
  await kube.createNamespace(name);
  return name;
}

export function kubeConfigOf({ kubeconfig, server }: Pick<RuntimeInput, 'kubeconfig' | 'server'>): KubeConfig {
  const loaded = new KubeConfig();
  loaded.loadFromFile(kubeconfig);
  const [cluster, user] = [loaded.getCurrentCluster(), loaded.getCurrentUser()];
  if (server === undefined || cluster === null || user === null) return loaded;
  const throughProxy = new KubeConfig();
  if (server.startsWith('http:'))
    throughProxy.loadFromClusterAndUser({ name: 'proxy', server, skipTLSVerify: true }, { name: 'anonymous' });
  else throughProxy.loadFromClusterAndUser({ ...cluster, server }, user);
  return throughProxy;
}
