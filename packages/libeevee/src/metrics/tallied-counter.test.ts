import { Counter, Registry } from 'prom-client';
import { describe, expect, it, vi } from 'vitest';
import { TalliedCounter } from './tallied-counter.ts';

function world() {
  const registry = new Registry();
  const counter = new TalliedCounter({ name: 'lines_total', help: 'Lines', labelNames: ['result', 'place'], registers: [registry] });
  const series = async () => (await registry.metrics()).split('\n').filter((line) => line.startsWith('lines_total{'));
  return { registry, counter, series };
}

describe('TalliedCounter', () => {
  it('counts through children and directly', async () => {
    const { counter, series } = world();
    const child = counter.labels({ result: 'routed', place: 'here' });
    for (let n = 0; n < 3; n++) child.inc();
    child.inc(10);
    counter.inc({ result: 'routed', place: 'here' }, 100);
    counter.labels('blocked', 'here').inc();
    expect(await series()).toEqual(['lines_total{result="routed",place="here"} 113', 'lines_total{result="blocked",place="here"} 1']);
    child.inc();
    child.inc(0);
    expect(await series()).toContain('lines_total{result="routed",place="here"} 114');
  });

  it('looks up the labels of a child only for its first increment, until it is read', async () => {
    const { counter } = world();
    const add = vi.spyOn(counter, 'inc');
    const child = counter.labels({ result: 'routed' });
    for (let n = 0; n < 1_000; n++) child.inc();
    expect(add).toHaveBeenCalledTimes(1);
    expect((await counter.get()).values).toEqual([{ value: 1_000, labels: { result: 'routed' } }]);
    expect(add).toHaveBeenCalledTimes(2);
    await counter.get();
    expect(add).toHaveBeenCalledTimes(2);
  });

  it('forgets unread increments when it is reset', async () => {
    const { registry, counter, series } = world();
    const child = counter.labels('routed', 'here');
    child.inc(5);
    child.inc(7);
    registry.resetMetrics();
    expect(await series()).toEqual([]);
    child.inc();
    expect(await series()).toEqual(['lines_total{result="routed",place="here"} 1']);
  });

  it('forgets unread increments of removed labels', async () => {
    const { counter, series } = world();
    const child = counter.labels('routed', 'here');
    child.inc(5);
    child.inc(7);
    counter.remove('routed', 'here');
    expect(await series()).toEqual([]);
  });

  it('refuses invalid labels and values as the counter of the library does', async () => {
    const { counter, series } = world();
    const child = counter.labels('routed', 'here');
    child.inc();
    for (const value of [Number.NaN, Infinity, -1]) {
      const own = new Counter({ name: 'own', help: 'own', labelNames: ['result', 'place'], registers: [] }).labels('routed', 'here');
      let expected: unknown;
      try {
        own.inc(value);
      } catch (error) {
        expected = error;
      }
      if (expected === undefined) child.inc(value);
      else expect(() => child.inc(value)).toThrow((expected as Error).message);
    }
    expect(() => counter.labels('routed').inc()).toThrow('Invalid number of arguments');
    expect(() => counter.labels({ other: 'routed' } as never).inc()).toThrow('label "other"');
    expect(await series()).toHaveLength(1);
  });
});
