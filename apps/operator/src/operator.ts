import type { KubeConfig } from '@kubernetes/client-node';
import { defined, LEASE_NAME } from '@eeveebot/contract';
import type { ProxyVariables } from '@eeveebot/object-store';
import { ApiTokens } from './api-token/api-tokens.ts';
import { proxyEnvironment } from './backup-jobs/backup-tool.ts';
import { VolumeLocks } from './backup-jobs/volume-lock.ts';
import type { OperatorConfig } from './config.ts';
import { Client } from './controller/api/client.ts';
import { ApiEventRecorder } from './controller/api/events.ts';
import { Transport } from './controller/api/transport.ts';
import type { ReflectorTimes } from './controller/cache/reflector-times.ts';
import { type Clock, systemClock } from './controller/clock.ts';
import type { Leadership } from './controller/lease/leadership.ts';
import type { LeaseTimes } from './controller/lease/lease-times.ts';
import { Manager } from './controller/run/manager.ts';
import { moduleOperations } from './http/operations/module-operations.ts';
import { DESCRIBED_ANSWERS } from './http/server/measure-requests.ts';
import { closeHttp, httpApplication, listenHttp } from './http/server/server.ts';
import { oneOperator } from './one-operator.ts';
import { resourceControllers } from './resource-controllers.ts';
import { SecretMarks } from './secrets/secret-marks.ts';
import { SecretValues } from './secrets/secret-values.ts';
import { s3ObjectStores } from './stores/s3-object-stores.ts';
import type { Log } from './telemetry/log.ts';
import { createMetrics, metricsText, startApiAtZero, startRequestsAtZero, type Metrics } from './telemetry/metrics.ts';
import { resourceReadings } from './metric-readings/resource-readings.ts';
import { RestartCounts } from './metric-readings/restart-counts.ts';
import { registerResourceMetrics } from './telemetry/resource-metrics.ts';

/** Time that running reconciles get to end after SIGTERM. */
const SHUTDOWN_MS = 20_000;

/** Dependencies and settings of an operator. */
export interface OperatorInput {
  readonly config: OperatorConfig;
  readonly kubeConfig: KubeConfig;
  readonly log: Log;
  /** Returns 32 random bytes as hexadecimal digits. */
  readonly randomToken: () => string;
  /** Proxies for requests to S3 servers. */
  readonly proxies?: ProxyVariables;
  readonly clock?: Clock;
  readonly metrics?: Metrics;
  readonly reflectorTimes?: ReflectorTimes;
  readonly leaseTimes?: LeaseTimes;
}

/**
 * Runs the operator until `signal` is aborted, then stops running work, releases the lease and resolves.
 *
 * @throws Error when the HTTP port cannot be opened or the kubeconfig names no cluster. No response of the API
 * server makes it throw.
 */
export async function runOperator(input: OperatorInput, signal: AbortSignal): Promise<void> {
  const { config, log, clock = systemClock, metrics = createMetrics() } = input;
  startRequestsAtZero(metrics);
  startApiAtZero(metrics, DESCRIBED_ANSWERS);
  const transport = new Transport(input.kubeConfig, ({ method, code, seconds }) => {
    metrics.requests.inc({ method, code });
    metrics.requestSeconds.observe({ verb: method }, seconds);
  });
  const client = new Client(transport);
  // The cache and the event recorder outlive the controllers, which use both until they have ended.
  const background = new AbortController();
  const events = new ApiEventRecorder({ client, clock, log, signal: background.signal });
  const one = oneOperator(config, { client, clock, log, leaseTimes: input.leaseTimes, reflectorTimes: input.reflectorTimes });
  metrics.rivals.add(() => one.rivals());
  metrics.leaseObstacles.add(() => one.obstacles());
  const tokens = new ApiTokens(config.apiToken);
  const objectStores = s3ObjectStores(input.proxies ?? {});
  const proxies = proxyEnvironment(input.proxies ?? {});
  if (proxies.withheld.length > 0) {
    log.warn(
      `${proxies.withheld.join(', ')} contains a user or a password and is not passed on to the Jobs of the backup tool, because other users can read Jobs`,
    );
  }
  const secrets = new SecretValues();
  const volumeLocks = new VolumeLocks();
  const manager = new Manager(
    {
      client,
      namespaces: config.watchedNamespaces,
      events,
      log,
      clock,
      metrics,
      mayWrite: () => one.leadership.isLeading,
      rivalIn: (namespace) => one.rivalIn(namespace),
      rewrites: one.rewrites,
      secretMarks: new SecretMarks(),
      ...defined({ times: input.reflectorTimes }),
    },
    resourceControllers({
      secrets,
      volumeLocks,
      operatorApiUrl: config.apiUrl,
      natsImage: config.natsImage,
      backupTool: { image: config.backupImage, env: proxies.env },
      objectStores,
      clusterDomain: config.clusterDomain,
      randomToken: input.randomToken,
      concurrency: config.concurrency,
      apiTokens: watchesOthers(config)
        ? { namespace: config.namespace, apiTokenFor: (namespace) => tokens.forNamespace(namespace) }
        : undefined,
    }),
  );
  const restarts = new RestartCounts();
  registerResourceMetrics(
    metrics.registry,
    resourceReadings(manager.cache, restarts, () => clock.now()),
  );

  const app = httpApplication({
    unhealthy: () => manager.unhealthy(),
    unready: () => manager.unready() ?? one.unready(),
    metrics: async () => ({ contentType: metrics.registry.contentType, text: await metricsText(metrics.registry) }),
    now: () => clock.now(),
    log,
    clock,
    scopeOf: (token) => tokens.scopeOf(token),
    operations: moduleOperations({
      namespace: config.namespace,
      client,
      writer: manager.writer,
      cache: manager.cache.complete,
      clock,
      events,
      objectStores,
      secrets,
      volumeLocks,
      restarts,
      rivalIn: (namespace) => one.rivalIn(namespace),
    }),
    answered: ({ method, route, statusCode, seconds }) => {
      metrics.apiRequests.inc({ method, route, status_code: statusCode });
      metrics.apiRequestSeconds.observe({ method, route }, seconds);
    },
  });
  const server = await listenHttp(app, config.httpPort);
  log.info('operator started', {
    apiServer: client.server,
    watches: config.watchedNamespaces?.join(', ') ?? 'all namespaces',
    httpPort: config.httpPort,
    leaderElection: config.leaderElection,
  });

  const cacheEnded = Promise.all([manager.runCache(background.signal), one.run(background.signal)]);
  const controllersEnded = lead({ leadership: one.leadership, manager, metrics, signal });
  await untilAborted(signal);
  log.info('stopping');
  await Promise.race([controllersEnded.then(() => events.flush()), new Promise((resolve) => setTimeout(resolve, SHUTDOWN_MS).unref())]);
  background.abort();
  await cacheEnded;
  await closeHttp(server);
  await transport.close();
  log.info('stopped');
}

/** Runs the controllers while this process is the only operator that works here. */
async function lead(given: {
  readonly leadership: Leadership;
  readonly manager: Manager;
  readonly metrics: Metrics;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { leadership, manager, metrics, signal } = given;
  metrics.leader.set({ name: LEASE_NAME }, 0);
  const leading = async (term: AbortSignal) => {
    metrics.leader.set({ name: LEASE_NAME }, 1);
    await manager.runControllers(term);
    metrics.leader.set({ name: LEASE_NAME }, 0);
  };
  await leadership.run(leading, signal);
}

const watchesOthers = ({ watchedNamespaces, namespace }: OperatorConfig): boolean =>
  watchedNamespaces === undefined || watchedNamespaces.some((watched) => watched !== namespace);

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
