import { pairNumber } from '@eeveebot/contract';
import type { BackupSchedule, BotModule } from '@eeveebot/crds';
import { laterSchedules, scheduleFor, windowMinutes } from '../../backup-jobs/start-window.ts';
import { setBounded } from '../../controller/set-bounded.ts';

/** Bound on the remembered combinations of schedule and window: one for each different BackupSchedule. */
const REMEMBERED = 100;

/** Spreads the backups of a schedule over its start window. */
export class StartTimes {
  readonly #known = new Map<string, readonly string[]>();

  /** Cron expression for the backups of a module. */
  of({ metadata, spec }: BackupSchedule, module: BotModule): string {
    if (spec.startWindow === undefined) return spec.schedule;
    return scheduleFor(this.#schedules(spec.schedule, spec.startWindow), pairNumber(metadata.name, module.metadata.name));
  }

  #schedules(schedule: string, startWindow: string): readonly string[] {
    const key = `${startWindow} ${schedule}`;
    const schedules = this.#known.get(key) ?? laterSchedules(schedule, windowMinutes(startWindow));
    setBounded(this.#known, [key, schedules], REMEMBERED);
    return schedules;
  }
}
