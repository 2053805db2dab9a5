import { Histogram, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { TalliedHistogram } from './tallied-histogram.ts';

const settings = { name: 'work_seconds', help: 'Duration', labelNames: ['module', 'result'] as const, buckets: [0.001, 0.125, 1] };

/** A histogram of the library and a tallied one, for which the same is done. */
function both() {
  const registries = [new Registry(), new Registry()] as const;
  const [plain, tallied] = registries;
  const histograms = [
    new Histogram({ ...settings, buckets: [...settings.buckets], registers: [plain] }),
    new TalliedHistogram({ ...settings, registers: [tallied] }),
  ];
  return {
    each: (act: (histogram: Histogram<'module' | 'result'>) => unknown): void => {
      for (const histogram of histograms) act(histogram);
    },
    async areEqual(): Promise<void> {
      const [expected, found] = await Promise.all(registries.map((registry) => registry.metrics()));
      expect(found).toBe(expected);
      const [expectedJson, foundJson] = await Promise.all(registries.map((registry) => registry.getMetricsAsJSON()));
      expect(foundJson).toEqual(expectedJson);
    },
  };
}

describe('TalliedHistogram', () => {
  it('is read like a histogram of the library, whatever is observed', async () => {
    const { each, areEqual } = both();
    await areEqual();
    each((histogram) => {
      const child = histogram.labels('echo', 'success');
      // The sums of these are exact in any order.
      for (const value of [0, 0.001, 0.125, 0.5, 1, 5, -1]) child.observe(value);
      histogram.observe({ module: 'echo', result: 'success' }, 0.0625);
      histogram.labels({ result: 'success', module: 'echo' }).observe(0.0625);
      for (const value of [7, 8]) histogram.labels({ module: 'echo' }).observe(value);
      for (const value of [1, 2]) histogram.labels({}).observe(value);
    });
    await areEqual();
    each((histogram) => histogram.labels('echo', 'success').observe(0.25));
    await areEqual();
  });

  it('can be reset, zeroed and read without a series that was removed', async () => {
    const { each, areEqual } = both();
    const observe = (): void =>
      each((histogram) => {
        for (const result of ['success', 'error']) for (const value of [0.25, 0.5]) histogram.labels('echo', result).observe(value);
      });
    observe();
    each((histogram) => histogram.remove('echo', 'success'));
    await areEqual();
    observe();
    await areEqual();
    each((histogram) => histogram.zero({ module: 'echo', result: 'error' }));
    observe();
    await areEqual();
    each((histogram) => histogram.reset());
    await areEqual();
    observe();
    await areEqual();
  });

  it('rejects labels and values that the library rejects', () => {
    const { each } = both();
    each((histogram) => {
      expect(() => histogram.labels({ other: 'x' } as never)).toThrow('other');
      expect(() => histogram.labels('a', 'b', 'c')).toThrow();
      const child = histogram.labels('echo', 'success');
      child.observe(1);
      expect(() => child.observe(Number.NaN)).toThrow(TypeError);
    });
  });
});
