import { defined } from '@eeveebot/contract';
import { Counter, Gauge, Histogram, register } from './prom-client.ts';
import { TalliedCounter } from './tallied-counter.ts';
import { TalliedHistogram } from './tallied-histogram.ts';

// The registry must be the one that modules get when they import prom-client directly.
export { Counter, Gauge, Histogram, register };

/** An instrument of that name created by another copy of this package, so that both share it. */
function existing<T>(name: string, kind: abstract new (...args: never[]) => T): T | undefined {
  const metric: unknown = register.getSingleMetric(name);
  return metric instanceof kind ? metric : undefined;
}

function counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
  return existing<Counter<Label>>(name, Counter) ?? new TalliedCounter({ name, help, labelNames });
}

function gauge<Label extends string>(name: string, help: string, labelNames: readonly Label[], collect?: () => void): Gauge<Label> {
  return existing<Gauge<Label>>(name, Gauge) ?? new Gauge({ name, help, labelNames, ...defined({ collect }) });
}

function histogram<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Histogram<Label> {
  return existing<Histogram<Label>>(name, Histogram) ?? new TalliedHistogram({ name, help, labelNames, buckets: SECONDS_BUCKETS });
}

/** Ranges from a cached answer to a slow web request. */
const SECONDS_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Modules of this process whose system metrics are exported. */
const systemModules = new Set<string>();

export const uptimeGauge = gauge('uptime_seconds', 'Seconds since the process started', ['module'], () => {
  for (const module of systemModules) uptimeGauge.set({ module }, process.uptime());
});

export const memoryUsageGauge = gauge('memory_usage_bytes', 'Memory of the process, by type', ['module', 'type'], () => {
  if (systemModules.size === 0) return;
  const usage = Object.entries(process.memoryUsage());
  for (const module of systemModules) for (const [type, bytes] of usage) memoryUsageGauge.set({ module, type }, bytes);
});

export const natsPublishCounter = counter('nats_publish_total', 'Messages published to NATS, by type', ['module', 'type']);
export const natsSubscribeCounter = counter('nats_subscribe_total', 'Subscriptions made on NATS', ['module', 'subject']);
export const errorCounter = counter('errors_total', 'Errors, by type and the operation they happened in', ['module', 'type', 'operation']);
export const messageCounter = counter('messages_total', 'Chat messages handled', ['module', 'platform', 'direction', 'result']);
export const messageProcessingTime = histogram('message_processing_seconds', 'Duration of handling chat messages in seconds', ['module']);
export const connectionCounter = counter('connections_total', 'Connection attempts, by result', ['module', 'result']);
export const connectionGauge = gauge('active_connections', 'Open connections', ['module']);
export const channelCounter = counter('channels_total', 'Channels joined and left', ['module', 'action']);
export const channelGauge = gauge('active_channels', 'Channels that the module has joined', ['module', 'channel']);
export const commandCounter = counter('commands_total', 'Commands handled', ['module', 'platform', 'network', 'channel', 'result']);
export const commandProcessingTime = histogram('command_processing_seconds', 'Duration of commands in seconds', ['module']);
export const commandDuration = histogram('command_duration_seconds', 'Duration of commands in seconds, by command and result', [
  'module',
  'command',
  'result',
]);
export const commandErrorCounter = counter('command_errors_total', 'Commands that failed, by type', ['module', 'type']);
export const httpRequestCounter = counter('http_requests_total', 'HTTP requests', ['module', 'method', 'route', 'status_code']);
export const httpRequestDuration = histogram('http_request_duration_seconds', 'Duration of HTTP requests in seconds', [
  'module',
  'method',
  'route',
]);

/**
 * Exports `uptime_seconds` and `memory_usage_bytes` of this process under the name of the module, measured at each scrape.
 *
 * @example
 * initializeSystemMetrics('echo');
 */
export function initializeSystemMetrics(module: string): void {
  systemModules.add(module);
}
