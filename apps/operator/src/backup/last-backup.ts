import type { LastBackup } from '@eeveebot/crds';
import type { Job, Pod } from '../kubernetes.ts';
import { jobOutcome, podsOf } from './job-outcome.ts';

/** Longest text of warnings or of a cause that a status carries. */
const MESSAGE_LIMIT = 2_000;

/** What an ended backup Job gave; undefined while it runs. */
export function backupOf(job: Job, pods: readonly Pod[]): LastBackup | undefined {
  const outcome = jobOutcome(job, podsOf(job, pods));
  if (outcome.phase === 'running') return undefined;
  if (outcome.phase === 'failed') return { time: outcome.time, result: 'Failed', message: outcome.message.slice(0, MESSAGE_LIMIT) };
  const { warnings = [], id, key, sizeBytes, durationSeconds, files, sha256 } = outcome.result ?? {};
  return {
    time: outcome.time,
    result: 'Succeeded',
    ...(id === undefined ? {} : { id }),
    ...(key === undefined ? {} : { key }),
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
    ...(files === undefined ? {} : { files }),
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(warnings.length === 0 ? {} : { message: warnings.join('; ').slice(0, MESSAGE_LIMIT) }),
  };
}

/**
 * The newest of the ended backups: of these Jobs, and the one that was known before, since Jobs and their
 * pods are cleared away in time. Of one backup, what was told when its pod was still there is kept.
 */
export function lastBackup(given: {
  readonly known: LastBackup | undefined;
  readonly jobs: readonly Job[];
  readonly pods: readonly Pod[];
}): LastBackup | undefined {
  const { known, jobs, pods } = given;
  const seen = jobs.map((job) => backupOf(job, pods)).filter((backup) => backup !== undefined);
  return seen.reduce<LastBackup | undefined>((newest, backup) => {
    if (newest === undefined || backup.time > newest.time) return backup;
    const isTheSame = backup.time === newest.time && backup.result === newest.result;
    return isTheSame && Object.keys(backup).length > Object.keys(newest).length ? backup : newest;
  }, known);
}
