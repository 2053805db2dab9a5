import { KubeConfig } from '@kubernetes/client-node';
import { eventually, freePort } from '@eeveebot/testing';
import { parseConfig } from '../src/config.ts';
import type { ReflectorTimes } from '../src/controller/cache/reflector-times.ts';
import type { Clock } from '../src/controller/clock.ts';
import type { LeaseTimes } from '../src/controller/lease/lease-times.ts';
import { runOperator } from '../src/operator.ts';
import type { Log } from '../src/telemetry/log.ts';
import { createMetrics } from '../src/telemetry/metrics.ts';

/** An operator in the test's own process, with a real API server. */
export interface RunningOperator extends AsyncDisposable {
  /** URL of its HTTP server. */
  readonly url: string;
  /** Lines logged at `warn` and above. */
  readonly warnings: readonly string[];
  /** Requests sent to the API server so far, except for the lists and watches that fill the cache. */
  writes(): Promise<number>;
  /** All requests sent to the API server so far, including lists and watches. */
  requests(): Promise<number>;
  /** Reconciles that have ended so far. */
  reconciles(): Promise<number>;
  /** Resolves when no key waits for a worker and no reconcile is running. */
  idle(): Promise<void>;
  /** Value of a series at `/metrics`, by its name and all its labels; NaN when it does not exist. */
  metric(name: string, labels: Readonly<Record<string, string>>): Promise<number>;
  /** Stops it as SIGTERM does. */
  stop(): Promise<void>;
}

/** Starts an operator and waits until its cache is complete, or only until it listens. */
export async function startOperator(given: {
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly env?: Readonly<Record<string, string>>;
  /** URL to use instead of the kubeconfig's, such as that of a proxy for the API server with its own credentials. */
  readonly server?: string;
  readonly clock?: Clock;
  readonly reflectorTimes?: ReflectorTimes;
  readonly leaseTimes?: LeaseTimes;
  /** Default: `/readyz`. */
  readonly until?: '/readyz' | '/health';
}): Promise<RunningOperator> {
  const port = await freePort();
  const environment = { NAMESPACE: given.namespace, HTTP_API_PORT: String(port), ...given.env };
  const kubeConfig = new KubeConfig();
  if (given.server === undefined) kubeConfig.loadFromFile(given.kubeconfig);
  else kubeConfig.loadFromClusterAndUser({ name: 'proxy', server: given.server, skipTLSVerify: true }, { name: 'anonymous' });
  const metrics = createMetrics();
  const stop = new AbortController();
  const warnings: string[] = [];
  const remember = (message: string, fields?: object) => void warnings.push(`${message} ${JSON.stringify(fields ?? {})}`);
  const log: Log = { debug: () => undefined, info: () => undefined, warn: remember, error: remember };
  let tokens = 0;
  const running = runOperator(
    {
      config: parseConfig(environment, { interactive: false, hostName: `test-${port}` }),
      kubeConfig,
      log,
      metrics,
      randomToken: () => `token-${++tokens}`,
      ...(given.clock && { clock: given.clock }),
      ...(given.reflectorTimes && { reflectorTimes: given.reflectorTimes }),
      ...(given.leaseTimes && { leaseTimes: given.leaseTimes }),
    },
    stop.signal,
  );
  const url = `http://127.0.0.1:${port}`;
  await Promise.race([passed(`${url}${given.until ?? '/readyz'}`), running]);
  const end = async () => {
    stop.abort(new Error('the test is over'));
    await running;
  };
  const requests = async (isCounted: (method: string) => boolean) => {
    const { values } = await metrics.requests.get();
    return values.filter(({ labels }) => isCounted(String(labels.method))).reduce((sum, { value }) => sum + value, 0);
  };
  return {
    url,
    warnings,
    writes: () => requests((method) => method !== 'GET'),
    requests: () => requests(() => true),
    idle: async () => {
      const busy = async () => [...(await metrics.queueDepth.get()).values, ...(await metrics.activeWorkers.get()).values];
      await eventually(async () => (await busy()).every(({ value }) => value === 0), { what: 'the operator to be idle', intervalMs: 5 });
    },
    reconciles: async () => (await metrics.reconcileTotal.get()).values.reduce((sum, { value }) => sum + value, 0),
    metric: async (name, labels) => {
      const text = await (await fetch(`${url}/metrics`)).text();
      const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
      const line = text.split('\n').find((candidate) => candidate.startsWith(`${name}{${pairs.join(',')}} `));
      return Number(line?.split(' ').at(-1) ?? Number.NaN);
    },
    stop: end,
    [Symbol.asyncDispose]: end,
  };
}

async function passed(probe: string): Promise<void> {
  await eventually(async () => (await fetch(probe)).ok, { what: `${probe} to pass`, intervalMs: 20 });
}
