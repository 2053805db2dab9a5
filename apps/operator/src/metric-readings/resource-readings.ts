import { labelValue } from '@eeveebot/contract';
import type { BackupRestore, BotModule, IpcConfig, LastBackup, S3Store } from '@eeveebot/crds';
import { BY_MODULE } from '../backup-jobs/indexes.ts';
import { backupOf } from '../backup-jobs/last-backup.ts';
import { isAhead } from '../backup-jobs/newest-outcome.ts';
import type { CacheReader } from '../controller/cache/cache-reader.ts';
import { isReady, readyOf } from '../controller/objects/status.ts';
import { BACKUP_JOB, BACKUP_POD, BACKUP_RESTORE, BOT_MODULE, IPC_CONFIG, S3_STORE } from '../resource-types/kinds.ts';
import type { Reading, ResourceReadings } from '../telemetry/resource-metrics.ts';
import { backupReadings } from './backup-readings.ts';
import type { RestartCounts } from './restart-counts.ts';

/** Readings of the cached resources. Until the first lists are complete, some resources may be missing. */
export function resourceReadings(cache: CacheReader, restarts: RestartCounts, now: () => Date): ResourceReadings {
  const modules = () => cache.store(BOT_MODULE).list();
  // A time ahead of the clock would keep the alert on missing backups silent until then.
  const backups = (valueOf: (backup: LastBackup) => number | undefined, time = now()): readonly Reading[] =>
    modules().flatMap((module) => {
      const { namespace, name } = module.metadata;
      const value = newest(
        successes(module, cache).filter((backup) => valueOf(backup) !== undefined && !isAhead(backup.time, time)),
        valueOf,
      );
      return value === undefined ? [] : [{ namespace, name, value }];
    });
  return {
    // A disabled module is in its desired state, so it is left out and raises no alert.
    modulesReady: () =>
      modules()
        .filter(({ spec }) => spec.enabled)
        .map(readyReading),
    lastBackupTimes: () => {
      const known = backups(({ time }) => seconds(time));
      const names = new Set(known.map(nameOf));
      return [
        ...known,
        ...modules()
          .filter(isScheduled)
          .map(creationReading)
          .filter((reading) => !names.has(nameOf(reading))),
      ];
    },
    lastBackupSizesBytes: () => backups(({ sizeBytes }) => sizeBytes),
    ...backupReadings(cache, now),
    ipcConfigsReady: () => cache.store(IPC_CONFIG).list().map(readyReading),
    restoresFailed: () => cache.store(BACKUP_RESTORE).list().map(failureReading),
    storesUp: () => cache.store(S3_STORE).list().map(readyReading),
    restarts: () => restarts.readings(modules()),
  };
}

const nameOf = ({ namespace, name }: Reading): string => `${namespace}/${name}`;

const isScheduled = ({ spec }: BotModule): boolean => spec.backupSchedule !== undefined;

/** A module that was never backed up is as old as its data. */
const creationReading = ({ metadata: { namespace, name, creationTimestamp = '' } }: BotModule): Reading => ({
  namespace,
  name,
  value: seconds(creationTimestamp) ?? 0,
});

const failureReading = (restore: BackupRestore): Reading => ({
  namespace: restore.metadata.namespace,
  name: restore.metadata.name,
  value: readyOf(restore.status)?.reason === 'Failed' ? 1 : 0,
});

function readyReading({ metadata: { namespace, name }, status }: BotModule | IpcConfig | S3Store): Reading {
  return { namespace, name, value: isReady(status) ? 1 : 0 };
}

/** Known successful backups of a module: the last one in its status, and those whose Jobs still exist. */
function successes({ metadata, status }: BotModule, cache: CacheReader): readonly LastBackup[] {
  const byModule = `${metadata.namespace}/${labelValue(metadata.name)}`;
  const pods = cache.store(BACKUP_POD).byIndex(BY_MODULE, byModule);
  const ended = cache
    .store(BACKUP_JOB)
    .byIndex(BY_MODULE, byModule)
    .map((job) => backupOf(job, pods));
  return [status?.lastBackup, ...ended].filter((backup) => backup !== undefined).filter(({ result }) => result === 'Succeeded');
}

const newest = (backups: readonly LastBackup[], valueOf: (backup: LastBackup) => number | undefined): number | undefined =>
  backups.toSorted((a, b) => b.time.localeCompare(a.time)).map(valueOf)[0];

function seconds(time: string): number | undefined {
  const ms = Date.parse(time);
  return Number.isNaN(ms) ? undefined : ms / 1000;
}
