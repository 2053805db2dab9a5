import { Counter, Gauge, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { metricsText } from './metrics.ts';

describe('metricsText', () => {
  it('is the text that the registry has of all its metrics', async () => {
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
