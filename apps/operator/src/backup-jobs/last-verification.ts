import { ANNOTATION, defined, runsBackupCommand, VERIFICATION_MODES } from '@eeveebot/contract';
import type { LastVerification } from '@eeveebot/crds';
import type { Job, Pod } from '../resource-types/kubernetes.ts';
import { jobOutcome, podsOf, type ToolResult } from './job-outcome.ts';
import { latestTime, newestOutcome } from './newest-outcome.ts';

/** Maximum length of a cause in a status. */
const MESSAGE_LIMIT = 2_000;

/** Recorded verifications of a module. */
export interface KnownVerifications {
  readonly lastVerified?: LastVerification;
  /** Time of the last successful verification. */
  readonly lastVerifiedTime?: string;
}

/** Result of a finished verification Job; undefined while it runs, and for Jobs that verify nothing. */
export function verificationOf(job: Job, pods: readonly Pod[]): LastVerification | undefined {
  if (!runsBackupCommand(job, 'verify')) return undefined;
  const outcome = jobOutcome(job, podsOf(job, pods));
  if (outcome.phase === 'running') return undefined;
  const { [ANNOTATION.backupId]: wantedId, [ANNOTATION.verificationMode]: wantedMode } = job.metadata.annotations ?? {};
  const id = (outcome.phase === 'failed' ? outcome.backupId : outcome.result?.id) ?? wantedId;
  const mode = outcome.result?.mode ?? VERIFICATION_MODES.find((candidate) => candidate === wantedMode);
  const message = outcome.phase === 'failed' ? outcome.message : successText(outcome.result);
  return {
    time: outcome.time,
    ...defined({ id, mode }),
    result: outcome.phase === 'failed' ? 'Failed' : 'Succeeded',
    ...(message === '' ? {} : { message: message.slice(0, MESSAGE_LIMIT) }),
  };
}

function successText(result: ToolResult | undefined): string {
  if (result === undefined) return '';
  const { files, uncompressedBytes, databases, warnings = [] } = result;
  const counts = [
    ...countText(files, 'entry', 'entries'),
    ...countText(uncompressedBytes, 'byte', 'bytes'),
    ...countText(databases, 'SQLite database', 'SQLite databases'),
  ];
  return [...(counts.length === 0 ? [] : [`${counts.join(', ')} checked`]), ...warnings].join('; ');
}

const countText = (count: number | undefined, one: string, many: string): readonly string[] =>
  count === undefined ? [] : [`${count} ${count === 1 ? one : many}`];

/** Verifications of a module: those of these Jobs, and those known before. */
export function knownVerifications(given: {
  readonly known: KnownVerifications;
  readonly jobs: readonly Job[];
  readonly pods: readonly Pod[];
  readonly now: Date;
}): KnownVerifications {
  const seen = given.jobs.map((job) => verificationOf(job, given.pods)).filter((verification) => verification !== undefined);
  const lastVerified = newestOutcome(given.known.lastVerified, seen, given.now);
  const successes = seen.filter(({ result }) => result === 'Succeeded').map(({ time }) => time);
  const lastVerifiedTime = latestTime([given.known.lastVerifiedTime, ...successes], given.now);
  return {
    ...defined({ lastVerified, lastVerifiedTime }),
  };
}
