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

/** Whether the schedules of a spec can be carried out. */
export interface CronVerdict {
  /** Reasons why not: each text names the field and repeats the server's message. */
  readonly problems: readonly string[];
  /** Time until the API server is asked again, if it refused any. */
  readonly retryAfterMs?: number;
}

/** Answer of the API server about one expression. */
interface Answer {
  readonly problems: readonly string[];
  /** By the monotonic clock. */
  readonly atMs: number;
}

const ACCEPTANCE: Answer = { problems: [], atMs: 0 };

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
  readonly #answers = new Map<string, Answer>();

  async verdict(schedule: BackupSchedule, context: Context): Promise<CronVerdict> {
    const fields = { 'spec.schedule': schedule.spec.schedule, 'spec.verification.schedule': schedule.spec.verification?.schedule };
    const refused: Answer[] = [];
    for (const [field, cron] of Object.entries(fields)) {
      const answer = cron === undefined ? ACCEPTANCE : await this.#answer({ schedule, field, cron }, context);
      if (answer.problems.length > 0) refused.push(answer);
    }
    if (refused.length === 0) return { problems: [] };
    const nowMs = context.clock.elapsedMs();
    return {
      problems: [...new Set(refused.flatMap(({ problems }) => problems))],
      retryAfterMs: Math.min(...refused.map(({ atMs }) => atMs + REFUSED_MS - nowMs)),
    };
  }

  async #answer(
    { schedule, field, cron }: { readonly schedule: BackupSchedule; readonly field: string; readonly cron: string },
    { writer, signal, now, clock }: Context,
  ): Promise<Answer> {
    const key = JSON.stringify([field, cron, schedule.spec.timeZone]);
    const known = this.#known(key, clock.elapsedMs()) ?? (wasAccepted(schedule) ? ACCEPTANCE : undefined);
    if (known !== undefined) return known;
    const refusals = await refusalsIn(field, writer.dryRun(CRON_JOB, dryRunCronJob(schedule, cron), signal));
    const problems = refusals.length > 0 ? refusals : neverComing(field, { schedule: cron, timeZone: schedule.spec.timeZone }, now);
    const answer = { problems, atMs: clock.elapsedMs() };
    setBounded(this.#answers, [key, answer], REMEMBERED);
    return answer;
  }

  #known(key: string, nowMs: number): Answer | undefined {
    const answer = this.#answers.get(key);
    const isOutdated = answer !== undefined && answer.problems.length > 0 && nowMs - answer.atMs >= REFUSED_MS;
    return isOutdated ? undefined : answer;
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
