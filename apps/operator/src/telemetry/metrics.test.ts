import { readFileSync } from 'node:fs';
import { Counter, Gauge, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { createMetrics, type Metrics, metricsText, startApiAtZero, startRequestsAtZero } from './metrics.ts';
import { registerResourceMetrics, type ResourceReadings } from './resource-metrics.ts';

describe('docs/http-api.md', () => {
  it('names every metric of the operator with its labels, and no other', () => {
    const { registry } = createMetrics();
    registerResourceMetrics(registry, new Proxy({}, { get: () => () => [] }) as ResourceReadings);
    const known = registry
      .getMetricsAsArray()
      .filter(({ name }) => !/^(process|nodejs)_/.test(name))
      .map((metric) => [metric.name, 'labelNames' in metric ? metric.labelNames : []]);
    const text = readFileSync(new URL('../../../../docs/http-api.md', import.meta.url), 'utf8');
    const rows = [...text.matchAll(/^\| `(?<name>[a-z0-9]+(?:_[a-z0-9]+)+)` \|(?<labels>[^|]*)\|/gm)];
    const documented = rows.map(({ groups }) => [
      groups?.['name'],
      [...(groups?.['labels'] ?? '').matchAll(/`(\w+)`/g)].map(([, label]) => label),
    ]);
    const byName = (entries: readonly (readonly unknown[])[]) => entries.toSorted(([a], [b]) => String(a).localeCompare(String(b)));
    expect(byName(documented)).toEqual(byName(known));
  });
});

describe('metricsText', () => {
  it("equals the registry's own text of all metrics", async () => {
    const registry = new Registry();
    const registers = [registry];
    new Counter({ name: 'requests_total', help: 'Requests.', labelNames: ['code'], registers }).inc({ code: '200' }, 3);
    new Gauge({ name: 'depth', help: 'Depth.', registers }).set(7);
    expect(await metricsText(registry)).toBe(await registry.metrics());
  });

  it('lets other work run between two metrics', async () => {
    const registry = new Registry();
    const turns: string[] = [];
    const gauge = (name: string) => new Gauge({ name, help: name, registers: [registry], collect: () => void turns.push(name) });
    for (const name of ['one', 'two']) gauge(name);
    const text = metricsText(registry);
    setImmediate(() => turns.push('other work'));
    await text;
    expect(turns).toEqual(['one', 'other work', 'two']);
  });
});

describe('series of requests', () => {
  const samples = async (metrics: Metrics, name: string) =>
    (await metrics.registry.getSingleMetricAsString(name)).split('\n').filter((line) => line.startsWith(name) && !line.includes('_bucket'));

  it('to the API server exist at zero for each method, and count for those without an answer', async () => {
    const metrics = createMetrics();
    startRequestsAtZero(metrics);
    const [requests, times] = [
      await samples(metrics, 'rest_client_requests_total'),
      await samples(metrics, 'rest_client_request_duration_seconds'),
    ];
    expect(requests).toContain('rest_client_requests_total{method="PATCH",code="<error>"} 0');
    expect(times).toContain('rest_client_request_duration_seconds_count{verb="GET"} 0');
    expect([...requests, ...times].every((line) => line.endsWith(' 0'))).toBe(true);
  });

  it('to the HTTP API exist at zero, and are the ones that a request adds to', async () => {
    const metrics = createMetrics();
    const answer = { method: 'POST', route: '/api/action/backup-now', statusCode: 409 };
    startApiAtZero(metrics, [answer]);
    const name = 'eevee_operator_api_requests_total';
    const series = `${name}{method="POST",route="/api/action/backup-now",status_code="409"}`;
    expect(await samples(metrics, name)).toEqual([`${series} 0`]);
    metrics.apiRequests.inc({ method: answer.method, route: answer.route, status_code: 409 });
    expect(await samples(metrics, name)).toEqual([`${series} 1`]);
    expect(await samples(metrics, 'eevee_operator_api_request_duration_seconds')).toContain(
      'eevee_operator_api_request_duration_seconds_count{method="POST",route="/api/action/backup-now"} 0',
    );
  });
});
