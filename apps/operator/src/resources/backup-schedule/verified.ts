import { runsBackupCommand } from '@eeveebot/contract';
import type { BackupTarget, VerifiedReason } from '@eeveebot/crds';
import { jobOutcome, podsOf } from '../../backup-jobs/job-outcome.ts';
import { targetVerdict } from '../../backup-jobs/target.ts';
import { boundedMessage } from '../../controller/message.ts';
import type { NewCondition } from '../../controller/objects/status.ts';
import type { ObservedSchedule, ObservedTarget } from './observe.ts';

type Verified = Pick<NewCondition, 'status' | 'message'> & { readonly reason: VerifiedReason };

/**
 * Condition `Verified`: whether the last verification of every module that the schedule backs up succeeded. None for a schedule without
 * `verification`.
 *
 * @param listed the targets in the new status.
 */
export function verifiedConditions(observed: ObservedSchedule, listed: readonly BackupTarget[]): readonly NewCondition[] {
  if (observed.schedule.spec.verification === undefined) return [];
  const eligible = new Set(observed.targets.filter((target) => targetVerdict(target).eligible).map(({ module }) => module.metadata.name));
  const targets = listed.filter(({ module }) => eligible.has(module));
  return [{ type: 'Verified', ...verified(observed, targets) }];
}

function verified(observed: ObservedSchedule, targets: readonly BackupTarget[]): Verified {
  if (targets.length === 0) return { status: 'Unknown', reason: 'NoTargets', message: 'no module is backed up by this schedule' };
  const obstacles = observed.targets.flatMap((target) => obstacleTo(target, observed));
  const failed = targets.flatMap(failureOf);
  if (failed.length > 0) return { status: 'False', reason: 'VerificationFailed', message: boundedMessage([...failed, ...obstacles]) };
  const missing = targets.filter(({ lastVerified }) => lastVerified === undefined).map(({ module }) => `BotModule ${module}`);
  if (missing.length > 0) {
    return {
      status: 'Unknown',
      reason: 'NotVerifiedYet',
      message: boundedMessage([`not verified yet: ${missing.join(', ')}`, ...obstacles]),
    };
  }
  const count = targets.length === 1 ? 'one module' : `all ${targets.length} modules`;
  return { status: 'True', reason: 'Verified', message: boundedMessage([`the last verification of ${count} succeeded`, ...obstacles]) };
}

function failureOf({ module, lastVerified }: BackupTarget): readonly string[] {
  if (lastVerified?.result !== 'Failed') return [];
  const which = lastVerified.id === undefined ? 'verification' : `verification of backup ${lastVerified.id}`;
  return [`BotModule ${module}: ${which} failed: ${lastVerified.message ?? 'the cause is unknown'}`];
}

/** The obstacle that keeps a running verification from making progress. */
function obstacleTo({ module, jobs, pods }: ObservedTarget, { eventCauses }: ObservedSchedule): readonly string[] {
  return jobs
    .filter((job) => runsBackupCommand(job, 'verify'))
    .map((job) => jobOutcome(job, podsOf(job, pods), eventCauses))
    .flatMap((outcome) => (outcome.phase === 'running' && outcome.message !== '' ? [outcome.message] : []))
    .map((message) => `the verification of BotModule ${module.metadata.name} makes no progress: ${message}`);
}
