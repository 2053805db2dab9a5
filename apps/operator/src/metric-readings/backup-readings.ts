import type { BackupSchedule, BotModule } from '@eeveebot/crds';
import { expectedIntervalSeconds } from '../backup-jobs/schedule-interval.ts';
import { isAhead } from '../backup-jobs/newest-outcome.ts';
import type { CacheReader } from '../controller/cache/cache-reader.ts';
import { BACKUP_SCHEDULE, BOT_MODULE } from '../resource-types/kinds.ts';
import type { Reading, ResourceReadings } from '../telemetry/resource-metrics.ts';

/** Readings of backups and verifications from the statuses of modules, and expected intervals from their schedules. */
export function backupReadings(
  cache: CacheReader,
  now: () => Date,
): Pick<ResourceReadings, 'lastBackupResults' | 'expectedBackupIntervalsSeconds' | 'lastVerifiedTimes' | 'lastVerificationResults'> {
  function* scheduled(valueOf: (module: BotModule, schedule: BackupSchedule) => number | undefined): Iterable<Reading> {
    for (const module of cache.store(BOT_MODULE).list()) {
      const schedule = scheduleOf(module, cache);
      const value = schedule && valueOf(module, schedule);
      if (value !== undefined) yield { namespace: module.metadata.namespace, name: module.metadata.name, value };
    }
  }
  return {
    lastBackupResults: () => scheduled(({ status }) => (status?.lastBackup?.result === 'Succeeded' ? 1 : 0)),
    expectedBackupIntervalsSeconds: () => {
      const time = now();
      return scheduled((_, schedule) => intervalOf(schedule, time));
    },
    lastVerifiedTimes: () => {
      const time = now();
      return scheduled(({ status }, { spec }) => (spec.verification === undefined ? undefined : secondsOf(status?.lastVerifiedTime, time)));
    },
    lastVerificationResults: () =>
      scheduled(({ status }, { spec }) => {
        const result = spec.verification === undefined ? undefined : status?.lastVerified?.result;
        return result && (result === 'Succeeded' ? 1 : 0);
      }),
  };
}

function scheduleOf({ metadata, spec }: BotModule, cache: CacheReader): BackupSchedule | undefined {
  const name = spec.backupSchedule?.name;
  return name === undefined ? undefined : cache.store(BACKUP_SCHEDULE).get({ namespace: metadata.namespace, name });
}

/** No backup is expected while the schedule is suspended. */
const intervalOf = ({ spec }: BackupSchedule, now: Date): number | undefined =>
  spec.suspend ? 0 : expectedIntervalSeconds({ schedule: spec.schedule, timeZone: spec.timeZone }, now);

/** Seconds since 1970; 0 for no time, or for one that is ahead of the clock, which would keep an alert silent until then. */
function secondsOf(time: string | undefined, now: Date): number {
  const ms = Date.parse(time ?? '');
  return Number.isNaN(ms) || isAhead(time ?? '', now) ? 0 : ms / 1000;
}
