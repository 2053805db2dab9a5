import type { BackupSchedule, BotModule, S3Store } from '@eeveebot/crds';
import type { CronJob } from '../../resource-types/kubernetes.ts';

/** All inputs of a target's CronJob. */
interface CronJobOrigin {
  readonly schedule: BackupSchedule;
  readonly store: S3Store;
  readonly module: BotModule;
  /** Further inputs of the decision. */
  readonly more: readonly unknown[];
}

/**
 * The CronJobs that are in the desired state, so that a reconcile of hundreds of unchanged targets does not build each of them again for a
 * comparison. Cached objects are frozen, and replaced when they change: a CronJob that is the same object has not changed.
 */
export class SettledCronJobs {
  readonly #origins = new WeakMap<CronJob, string>();

  isSettled(cronJob: CronJob | undefined, origin: CronJobOrigin): boolean {
    return cronJob !== undefined && this.#origins.get(cronJob) === textOf(origin);
  }

  /** Records that `cronJob`, as cached, is the desired state for `origin`. */
  settle(cronJob: CronJob, origin: CronJobOrigin): void {
    this.#origins.set(cronJob, textOf(origin));
  }
}

const textOf = ({ schedule, store, module, more }: CronJobOrigin): string =>
  JSON.stringify([...[schedule, store, module].flatMap(({ metadata }) => [metadata.uid, metadata.generation]), ...more]);
