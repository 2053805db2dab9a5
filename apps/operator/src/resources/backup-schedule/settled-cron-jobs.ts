import type { BackupSchedule, BotModule, S3Store } from '@eeveebot/crds';
import type { CronJob } from '../../kubernetes.ts';

/** Everything that a CronJob of a target is made from. */
interface CronJobOrigin {
  readonly schedule: BackupSchedule;
  readonly store: S3Store;
  readonly module: BotModule;
  /** Further inputs of the decision. */
  readonly more: readonly unknown[];
}

/**
 * The CronJobs that are as they should be, so that a pass over hundreds of unchanged targets does not build each of them again to
 * compare it. Cached objects are frozen, and replaced when they change: a CronJob that is the same object has not changed.
 */
export class SettledCronJobs {
  readonly #origins = new WeakMap<CronJob, string>();

  isSettled(cronJob: CronJob | undefined, origin: CronJobOrigin): boolean {
    return cronJob !== undefined && this.#origins.get(cronJob) === textOf(origin);
  }

  /** Notes that `cronJob`, as it is cached, is what `origin` makes of it. */
  settle(cronJob: CronJob, origin: CronJobOrigin): void {
    this.#origins.set(cronJob, textOf(origin));
  }
}

const textOf = ({ schedule, store, module, more }: CronJobOrigin): string =>
  JSON.stringify([...[schedule, store, module].flatMap(({ metadata }) => [metadata.uid, metadata.generation]), ...more]);
