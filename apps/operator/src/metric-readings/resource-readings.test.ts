import { expect, it } from 'vitest';
import type { BotModule, BotModuleStatus } from '@eeveebot/crds';
import { botModule } from '../../test/fixtures/bot-modules.ts';
import { BY_MODULE, byModuleLabel } from '../backup-jobs/indexes.ts';
import { Cache } from '../controller/cache/cache.ts';
import { BACKUP_JOB, BACKUP_POD, BACKUP_SCHEDULE, BOT_MODULE } from '../resource-types/kinds.ts';
import { resourceReadings } from './resource-readings.ts';
import { RestartCounts } from './restart-counts.ts';

const silent = () => undefined;
const now = new Date('2026-03-01T12:00:00Z');

/** Readings of a module with this status, which a schedule with verification backs up. */
function readingsOf(status: Partial<BotModuleStatus>) {
  const cache = new Cache({ debug: silent, info: silent, warn: silent, error: silent }, ['bots']);
  const stores = [BACKUP_JOB, BACKUP_POD, BACKUP_SCHEDULE, BOT_MODULE].map((type) => cache.ensureStore(type));
  for (const store of stores) {
    store.addIndexes({ [BY_MODULE]: byModuleLabel });
    store.relist('bots').end('1');
  }
  const module = botModule({ backupSchedule: { name: 'daily' } });
  const metadata = { ...module.metadata, creationTimestamp: '2026-01-01T00:00:00Z', resourceVersion: '2' };
  cache.ensureStore(BOT_MODULE).set({ ...module, metadata, status } as BotModule);
  const schedule = { schedule: '@daily', verification: {} };
  cache.ensureStore(BACKUP_SCHEDULE).set({
    apiVersion: BACKUP_SCHEDULE.apiVersion,
    kind: BACKUP_SCHEDULE.kind,
    metadata: { name: 'daily', namespace: metadata.namespace, resourceVersion: '3' },
    spec: schedule,
  } as Parameters<ReturnType<typeof cache.ensureStore>['set']>[0]);
  const readings = resourceReadings(cache, new RestartCounts(), () => now);
  return [...readings.lastBackupTimes(), ...readings.lastVerifiedTimes()].map(({ value }) => value);
}

const seconds = (time: string): number => Date.parse(time) / 1000;

it('the times of the last backup and verification are those in the status', () => {
  const time = '2026-03-01T11:00:00Z';
  expect(readingsOf({ lastBackup: { time, result: 'Succeeded' }, lastVerifiedTime: time })).toEqual([seconds(time), seconds(time)]);
});

it('times in the future do not keep the alerts on missing backups silent', () => {
  const time = '2027-03-01T11:00:00Z';
  expect(readingsOf({ lastBackup: { time, result: 'Succeeded' }, lastVerifiedTime: time })).toEqual([seconds('2026-01-01T00:00:00Z'), 0]);
});
