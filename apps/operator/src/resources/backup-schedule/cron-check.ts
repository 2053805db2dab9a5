import type { BackupSchedule, BackupScheduleReason } from '@eeveebot/crds';
import { ApiError } from '../../controller/errors.ts';
import { readyOf } from '../../controller/objects/status.ts';
import type { ReconcileContext } from '../../controller/run/definition.ts';
import { setBounded } from '../../controller/set-bounded.ts';
import { CRON_JOB } from '../../resource-types/kubernetes.ts';
import { dryRunCronJob } from './desired/dry-run.ts';
import { neverComing } from './spec.ts';

/** Bound on the remembered verdicts: one for each different schedule, of which there are few. */
const REMEMBERED = 1_000;

/** Validity of a refusal: the API server may accept the expression after an upgrade, or once an admission rule is lifted. */
const REFUSED_MS = 3_600_000;

interface Verdict {
  readonly problems: readonly string[];
  /** By the monotonic clock. */
  readonly atMs: number;
}

type Context = Pick<ReconcileContext, 'writer' | 'signal' | 'now' | 'clock'>;

/** Reasons of Ready that imply that the API server has accepted the spec's schedules. */
const ACCEPTED: ReadonlySet<string> = new Set<BackupScheduleReason>([
  'CronJobsCreated',
  'BackupsFailing',
  'NoTargets',
  'S3StoreNotFound',
  'S3StoreNotReady',
  'Suspended',
]);

/**
 * Asks the API server whether it accepts the cron expressions and the time zone of BackupSchedules: a dry run uses its parser, even while
 * there is no module to back up. Each different expression is checked once, and again some time after it was refused.
 */
export class CronCheck {
  readonly #verdicts = new Map<string, Verdict>();

  /** Reasons why the schedules of a spec cannot be carried out: each text names the field and repeats the server's message. */
  async problems(schedule: BackupSchedule, context: Context): Promise<readonly string[]> {
    const fields = { 'spec.schedule': schedule.spec.schedule, 'spec.verification.schedule': schedule.spec.verification?.schedule };
    const found: string[] = [];
    for (const [field, cron] of Object.entries(fields)) {
      if (cron !== undefined) found.push(...(await this.#problemsOf({ schedule, field, cron }, context)));
    }
    return [...new Set(found)];
  }

  async #problemsOf(
    { schedule, field, cron }: { readonly schedule: BackupSchedule; readonly field: string; readonly cron: string },
    { writer, signal, now, clock }: Context,
  ): Promise<readonly string[]> {
    const key = JSON.stringify([field, cron, schedule.spec.timeZone]);
    const known = this.#known(key, clock.elapsedMs()) ?? (wasAccepted(schedule) ? [] : undefined);
    if (known !== undefined) return known;
    const refusals = await refusalsIn(field, writer.dryRun(CRON_JOB, dryRunCronJob(schedule, cron), signal));
    const problems = refusals.length > 0 ? refusals : neverComing(field, { schedule: cron, timeZone: schedule.spec.timeZone }, now);
    setBounded(this.#verdicts, [key, { problems, atMs: clock.elapsedMs() }], REMEMBERED);
    return problems;
  }

  #known(key: string, nowMs: number): readonly string[] | undefined {
    const verdict = this.#verdicts.get(key);
    const isOutdated = verdict !== undefined && verdict.problems.length > 0 && nowMs - verdict.atMs >= REFUSED_MS;
    return isOutdated ? undefined : verdict?.problems;
  }
}

/** Whether the same spec was accepted before this operator started. */
const wasAccepted = ({ metadata, status }: BackupSchedule): boolean =>
  status?.observedGeneration === metadata.generation && ACCEPTED.has(readyOf(status)?.reason ?? '');

/** Ignores refusals for other reasons, such as a policy for CronJobs: the CronJobs themselves report them. */
async function refusalsIn(field: string, answer: Promise<void>): Promise<readonly string[]> {
  try {
    await answer;
    return [];
  } catch (error) {
    if (!(error instanceof ApiError) || error.code >= 500 || error.code === 429) throw error;
    const fields: Readonly<Record<string, string>> = { 'spec.schedule': field, 'spec.timeZone': 'spec.timeZone' };
    return error.causes.flatMap((cause) => {
      const refused = fields[cause.field ?? ''];
      return refused === undefined ? [] : [`Kubernetes rejects ${refused}: ${cause.message ?? error.message}`];
    });
  }
}
