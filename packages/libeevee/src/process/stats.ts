import { SUBJECT } from '@eeveebot/contract';
import type { Msg } from 'nats';
import type { Registry } from 'prom-client';
import { log } from '../log/log.ts';
import { register } from '../metrics/registry.ts';
import type { NatsMetrics } from '../metrics/module-metrics.ts';
import type { NatsClient, NatsSubscriptionResult } from '../nats/client.ts';
import { formatUptime } from './uptime.ts';

const PRODUCER = 'stats';

/** For {@link registerStatsHandlers}. */
export interface StatsHandlersOptions {
  nats: NatsClient;
  moduleName: string;
  /** Start time of the module: a Date, or milliseconds as of `Date.now()`. */
  startTime: number | Date;
  /** Version of the module. Default `unknown`. */
  version?: string | undefined;
  /** Registry with the metrics to report. Default: the shared registry. */
  prometheusRegister?: Pick<Registry, 'metrics'> | undefined;
  metrics?: NatsMetrics | undefined;
  /** Called for each answer: more fields of `stats`, e.g. the connections of a connector. */
  moreStats?: (() => Readonly<Record<string, unknown>>) | undefined;
}

const megabytes = (bytes: number): number => Math.round((bytes / 1024 / 1024) * 100) / 100;

/** The subject to answer on, or `undefined` when the request names none. */
function replyChannel(msg: Msg): string | undefined {
  let question: unknown;
  try {
    question = msg.json();
  } catch (error) {
    log.debug('ignored a request that is not JSON', { producer: PRODUCER, subject: msg.subject, error });
  }
  const asked: unknown = typeof question === 'object' && question !== null ? Reflect.get(question, 'replyChannel') : undefined;
  if (typeof asked === 'string' && asked !== '') return asked;
  return msg.reply === undefined || msg.reply === '' ? undefined : msg.reply;
}

const bytesInJson = (text: string): number => Buffer.byteLength(JSON.stringify(text));

/**
 * As many whole metrics of an exposition as fit into `maxBytes` of JSON, and a comment with the number of omitted ones. A truncated metric
 * would be read as a wrong one.
 */
export function fittingExposition(exposition: string, maxBytes: number): string {
  if (bytesInJson(exposition) <= maxBytes) return exposition;
  const families = exposition.split('\n\n').filter((family) => family !== '');
  const note = (leftOut: number): string => `# ${leftOut} metrics omitted: they do not fit into one message\n`;
  const separatorBytes = 4; // two line feeds, escaped
  let remaining = maxBytes - bytesInJson(note(families.length));
  const fitting: string[] = [];
  for (const family of families) {
    const bytes = bytesInJson(family) + separatorBytes;
    if (bytes > remaining) continue;
    fitting.push(family);
    remaining -= bytes;
  }
  return [...fitting, note(families.length - fitting.length)].join('\n\n');
}

/**
 * Answers requests for the state of the module, on `stats.uptime` and `stats.emit.request`. Each answer goes to the `replyChannel` that
 * the request names, or else to its NATS reply subject. Metrics that do not fit into one NATS message are omitted, and a comment states
 * how many.
 *
 * @returns both subscriptions, each as {@link NatsClient.subscribe} returns it; they do not have to be awaited.
 * @example
 * registerStatsHandlers({ nats, moduleName: 'echo', startTime: Date.now(), version: '1.2.3' });
 */
export function registerStatsHandlers(options: StatsHandlersOptions): Promise<NatsSubscriptionResult>[] {
  const { nats, moduleName, version = 'unknown', prometheusRegister = register, metrics, moreStats } = options;
  const startTimeMs = Number(options.startTime);

  function uptimeAnswer(): string {
    const uptime = Date.now() - startTimeMs;
    return JSON.stringify({ module: moduleName, version, uptime, uptimeFormatted: formatUptime(uptime) });
  }

  async function statsAnswer(): Promise<string> {
    const exposition = await prometheusRegister.metrics();
    const uptimeMs = Date.now() - startTimeMs;
    const { rss, heapUsed } = process.memoryUsage();
    const stats = {
      version,
      uptime_seconds: Math.floor(uptimeMs / 1000),
      uptime_formatted: formatUptime(uptimeMs),
      memory_rss_mb: megabytes(rss),
      memory_heap_used_mb: megabytes(heapUsed),
      ...moreStats?.(),
      prometheus_metrics: '',
    };
    const room = nats.maxPayloadBytes - Buffer.byteLength(JSON.stringify({ module: moduleName, stats }));
    return JSON.stringify({ module: moduleName, stats: { ...stats, prometheus_metrics: fittingExposition(exposition, room) } });
  }

  function subscribe(subject: string, answer: () => string | Promise<string>): Promise<NatsSubscriptionResult> {
    metrics?.recordNatsSubscribe?.(subject);
    return nats.subscribe(subject, async (_subject, msg) => {
      const channel = replyChannel(msg);
      if (channel === undefined) {
        log.warn(`ignored a request on ${subject} without a replyChannel`, { producer: PRODUCER });
        return;
      }
      if (await nats.publish(channel, await answer())) metrics?.recordNatsPublish?.(subject);
    });
  }

  return [subscribe(SUBJECT.statsUptime, uptimeAnswer), subscribe(SUBJECT.statsEmitRequest, statsAnswer)];
}
