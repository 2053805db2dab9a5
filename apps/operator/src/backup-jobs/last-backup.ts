import { BACKUP_EXIT_CODES, runsBackupCommand } from '@eeveebot/contract';
import type { LastBackup } from '@eeveebot/crds';
import type { Job, Pod } from '../resource-types/kubernetes.ts';
import { jobOutcome, podsOf, type JobOutcome, type ToolResult } from './job-outcome.ts';
import { newestOutcome } from './newest-outcome.ts';

/** Maximum length of warnings or of a cause in a status. */
const MESSAGE_LIMIT = 2_000;

/** Result of a finished backup Job; undefined while it runs, and for Jobs that make no backup. */
export function backupOf(job: Job, pods: readonly Pod[]): LastBackup | undefined {
  if (!runsBackupCommand(job, 'backup')) return undefined;
  const outcome = jobOutcome(job, podsOf(job, pods));
  switch (outcome.phase) {
    case 'running':
      return undefined;
    case 'succeeded':
      return { time: outcome.time, result: 'Succeeded', ...facts(outcome.result), ...message(remarks(outcome.result)) };
    case 'failed':
      return outcome.exitCode === BACKUP_EXIT_CODES.incomplete
        ? { time: outcome.time, result: 'Incomplete', ...facts(outcome.result), ...message(incompleteRemarks(outcome)) }
        : { time: outcome.time, result: 'Failed', ...message([outcome.message]) };
  }
}

/** Known facts about the archive. */
function facts(result: ToolResult | undefined): Partial<LastBackup> {
  if (result === undefined) return {};
  const { id, key, sizeBytes, uncompressedBytes, allocatedBytes, durationSeconds, files, sha256 } = result;
  const doubt = result.doubt ?? damageText(result);
  const known = {
    id,
    key,
    sizeBytes,
    uncompressedBytes,
    allocatedBytes,
    durationSeconds,
    files,
    sha256,
    doubt: doubt?.slice(0, MESSAGE_LIMIT),
  };
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
}

const remarks = (result: ToolResult | undefined): readonly string[] => {
  const doubt = result && (result.doubt ?? damageText(result));
  return [...(doubt === undefined ? [] : [doubt]), ...(result?.warnings ?? [])];
};

function incompleteRemarks({ result, message: cause }: Extract<JobOutcome, { phase: 'failed' }>): readonly string[] {
  if (result === undefined) return [cause];
  const { leftOut = 0, warnings = [] } = result;
  const missing = leftOut === 0 ? 'files that could not be read are missing' : `${entries(leftOut)} could not be read and are missing`;
  return [result.doubt ?? missing, ...warnings];
}

const damageText = ({ damaged = 0 }: ToolResult): string | undefined =>
  damaged === 0 ? undefined : `${entries(damaged)} changed while being read`;

const entries = (count: number): string => `${count} ${count === 1 ? 'entry' : 'entries'}`;

const message = (texts: readonly string[]): Partial<LastBackup> => {
  const text = texts.filter((part) => part !== '').join('; ');
  return text === '' ? {} : { message: text.slice(0, MESSAGE_LIMIT) };
};

/** The newest finished backup, from these Jobs and the previously known one. */
export function lastBackup(given: {
  readonly known: LastBackup | undefined;
  readonly jobs: readonly Job[];
  readonly pods: readonly Pod[];
  readonly now: Date;
}): LastBackup | undefined {
  return newestOutcome(given.known, endedBackups(given.jobs, given.pods), given.now);
}

/** The newest finished backup that is complete: failed and incomplete ones do not count. */
export function lastSuccessfulBackup(given: Parameters<typeof lastBackup>[0]): LastBackup | undefined {
  const known = given.known?.result === 'Succeeded' ? given.known : undefined;
  return newestOutcome(
    known,
    endedBackups(given.jobs, given.pods).filter(({ result }) => result === 'Succeeded'),
    given.now,
  );
}

const endedBackups = (jobs: readonly Job[], pods: readonly Pod[]): readonly LastBackup[] =>
  jobs.map((job) => backupOf(job, pods)).filter((backup) => backup !== undefined);
