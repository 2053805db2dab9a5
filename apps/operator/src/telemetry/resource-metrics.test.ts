import { setImmediate } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { type Reading, registerResourceMetrics, type ResourceReadings } from './resource-metrics.ts';

/** Time that the computation of a reading takes. */
const READING_MS = 3;
const READINGS = 40;

function* slowReadings(): Iterable<Reading> {
  for (let index = 0; index < READINGS; index += 1) {
    const startedMs = performance.now();
    while (performance.now() - startedMs < READING_MS);
    yield { namespace: 'bots', name: `module-${index}`, value: index };
  }
}

it('lets other work run while the readings of many resources are taken, which are complete in each of two scrapes at once', async () => {
  const registry = new Registry();
  const none = (): readonly Reading[] => [];
  const readings: ResourceReadings = {
    ...{ modulesReady: none, lastBackupTimes: none, lastBackupSizesBytes: none, lastBackupResults: none, lastVerifiedTimes: none },
    ...{ lastVerificationResults: none, ipcConfigsReady: none, restoresFailed: none, storesUp: none, restarts: none },
    expectedBackupIntervalsSeconds: slowReadings,
  };
  registerResourceMetrics(registry, readings);
  const scrape = () => registry.getSingleMetricAsString('eevee_backup_expected_interval_seconds');
  let turns = 0;
  const state = { isDone: false };
  const both = Promise.all([scrape(), scrape()]).finally(() => (state.isDone = true));
  while (!state.isDone) {
    await setImmediate();
    turns += 1;
  }
  for (const text of await both) expect(text.match(/name="module-/g)).toHaveLength(READINGS);
  expect(turns).toBeGreaterThan(READINGS / 4);
});
