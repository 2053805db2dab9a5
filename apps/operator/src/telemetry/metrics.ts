import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** State of a queue. */
export interface QueueState {
  /** Name of the queue, and of its controller. */
  readonly name: string;
  /** Number of keys that wait for a worker. */
  readonly waiting: number;
  /** Time since the work on each key that is being processed began. */
  readonly workingSeconds: readonly number[];
}

/** In seconds: from a cached read to a slow request. */
const LATENCY_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Labels of a queue: its name, and that of its controller. */
const QUEUE_LABELS = ['name', 'controller'] as const;

/**
 * All instruments of the operator, in their own registry. The metrics of controllers, queues and the
 * API client have the names that controller-runtime and client-go use, so that dashboards for them work.
 *
 * @see https://book.kubebuilder.io/reference/metrics-reference
 */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Gauge({ name, help, labelNames, registers });
  const histogram = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Histogram({ name, help, labelNames, registers, buckets: LATENCY_BUCKETS });

  const rivals = new Set<() => number>();
  const leaseObstacles = new Set<() => number>();
  const queues = new Set<() => QueueState>();
  /** Computed on collection, like the ages of watches: the state changes several times with each key. */
  const queueGauge = (name: string, help: string, value: (state: QueueState) => number) =>
    new Gauge({
      name,
      help,
      labelNames: QUEUE_LABELS,
      registers,
      collect() {
        for (const source of queues) {
          const state = source();
          this.set({ name: state.name, controller: state.name }, value(state));
        }
      },
    });
  const watchAges = new Set<() => Iterable<{ readonly resource: string; readonly seconds: number }>>();

  return {
    registry,
    reconcileTotal: counter('controller_runtime_reconcile_total', 'Reconciles, by result.', ['controller', 'result']),
    reconcileErrors: counter('controller_runtime_reconcile_errors_total', 'Reconciles that failed.', ['controller']),
    reconcileSeconds: histogram('controller_runtime_reconcile_time_seconds', 'Duration of reconciles.', ['controller']),
    terminalReconcileErrors: counter(
      'controller_runtime_terminal_reconcile_errors_total',
      'Reconciles that the API server rejected; retried later.',
      ['controller'],
    ),
    reconcilePanics: counter('controller_runtime_reconcile_panics_total', 'Reconciles that failed because of a bug in the operator.', [
      'controller',
    ]),
    reconcileTimeouts: counter('controller_runtime_reconcile_timeouts_total', 'Reconciles that exceeded their timeout.', ['controller']),
    maxConcurrentReconciles: gauge('controller_runtime_max_concurrent_reconciles', 'Maximum number of concurrent reconciles.', [
      'controller',
    ]),
    activeWorkers: new Gauge({
      name: 'controller_runtime_active_workers',
      help: 'Reconciles in progress.',
      labelNames: ['controller'],
      registers,
      collect() {
        for (const source of queues) {
          const { name, workingSeconds } = source();
          this.set({ controller: name }, workingSeconds.length);
        }
      },
    }),
    queueDepth: queueGauge('workqueue_depth', 'Keys that wait for a worker.', ({ waiting }) => waiting),
    queueAdds: counter('workqueue_adds_total', 'Keys added.', QUEUE_LABELS),
    queueRetries: counter('workqueue_retries_total', 'Keys added again after a failure.', QUEUE_LABELS),
    queueWaitSeconds: histogram('workqueue_queue_duration_seconds', 'Time a key waited for a worker.', QUEUE_LABELS),
    queueWorkSeconds: histogram('workqueue_work_duration_seconds', 'Time a worker spent on a key.', QUEUE_LABELS),
    unfinishedWorkSeconds: queueGauge(
      'workqueue_unfinished_work_seconds',
      'Total time spent so far on the keys in progress.',
      ({ workingSeconds }) => workingSeconds.reduce((sum, each) => sum + each, 0),
    ),
    longestRunningSeconds: queueGauge(
      'workqueue_longest_running_processor_seconds',
      'Longest time spent so far on a key in progress.',
      ({ workingSeconds }) => Math.max(0, ...workingSeconds),
    ),
    queues,
    requests: counter('rest_client_requests_total', 'Requests to the API server, by method and status code.', ['method', 'code']),
    requestSeconds: histogram('rest_client_request_duration_seconds', 'Time to the first byte of the response.', ['verb']),
    watchEvents: counter('eevee_operator_k8s_resource_events_total', 'Changes seen by watches.', ['resource', 'type']),
    activeWatches: gauge('eevee_operator_k8s_active_watches', 'Open watches.', ['resource']),
    watchAgeSeconds: new Gauge({
      name: 'eevee_operator_watch_age_seconds',
      help: 'Time since a watch last received an event; the API server sends a bookmark every minute.',
      labelNames: ['resource'],
      registers,
      // Computed on collection, so that no timer is needed.
      collect() {
        for (const ages of watchAges) for (const { resource, seconds } of ages()) this.set({ resource }, seconds);
      },
    }),
    watchAges,
    rivals,
    rivalOperators: new Gauge({
      name: 'eevee_operator_rivals',
      help: 'Other operators that work in namespaces of this one, which writes nothing there.',
      registers,
      collect() {
        this.set([...rivals].reduce((sum, count) => sum + count(), 0));
      },
    }),
    leaseObstacles,
    leasesWithObstacles: new Gauge({
      name: 'eevee_operator_lease_obstacles',
      help: 'Leases for which permissions of this operator are missing, so that it does no work in their namespaces.',
      registers,
      collect() {
        this.set([...leaseObstacles].reduce((sum, count) => sum + count(), 0));
      },
    }),
    apiRequests: counter('eevee_operator_api_requests_total', 'Completed requests to the HTTP API.', ['method', 'route', 'status_code']),
    apiRequestSeconds: histogram('eevee_operator_api_request_duration_seconds', 'Duration of requests to the HTTP API.', [
      'method',
      'route',
    ]),
    leader: gauge('leader_election_master_status', '1 while this process is the leader.', ['name']),
  };
}

/** @see createMetrics */
export type Metrics = ReturnType<typeof createMetrics>;

/**
 * All metrics of a registry as Prometheus text. Each is made in a turn of the event loop of its own: those of resources have a series for
 * each module.
 */
export async function metricsText(registry: Registry): Promise<string> {
  const texts: string[] = [];
  for (const { name } of registry.getMetricsAsArray()) {
    texts.push(await registry.getSingleMetricAsString(name));
    await new Promise((resolve) => setImmediate(resolve));
  }
  return `${texts.join('\n\n')}\n`;
}

/** Methods of requests to the API server. */
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/**
 * Creates the series of requests to the API server before the first one: those without an answer (`<error>`), and the durations by method.
 * Status codes are chosen by the server, so their series are created with the first response.
 */
export function startRequestsAtZero(metrics: Metrics): void {
  for (const method of METHODS) {
    metrics.requests.inc({ method, code: '<error>' }, 0);
    metrics.requestSeconds.zero({ verb: method });
  }
}

/** Creates the series of the HTTP API for the given answers before the first request. */
export function startApiAtZero(
  metrics: Metrics,
  answers: readonly { readonly method: string; readonly route: string; readonly statusCode: number }[],
): void {
  for (const { method, route, statusCode } of answers) {
    metrics.apiRequests.inc({ method, route, status_code: statusCode }, 0);
    metrics.apiRequestSeconds.zero({ method, route });
  }
}

/** Values of the label `result` of `controller_runtime_reconcile_total`. */
const RESULTS = ['success', 'requeue', 'requeue_after', 'postponed', 'error', 'terminal_error', 'rejected', 'aborted', 'standby'] as const;

/** Creates the series of a controller before its first reconcile: `increase()` does not see an increase from a missing series to 1. */
export function startAtZero(metrics: Metrics, controller: string): void {
  for (const result of RESULTS) metrics.reconcileTotal.inc({ controller, result }, 0);
  for (const counter of [metrics.reconcileErrors, metrics.terminalReconcileErrors, metrics.reconcilePanics, metrics.reconcileTimeouts])
    counter.inc({ controller }, 0);
  metrics.reconcileSeconds.zero({ controller });
  const queue = { name: controller, controller };
  for (const counter of [metrics.queueAdds, metrics.queueRetries]) counter.inc(queue, 0);
  for (const histogram of [metrics.queueWaitSeconds, metrics.queueWorkSeconds]) histogram.zero(queue);
}
