import { FINALIZER } from '@eeveebot/contract';
import type { BackupRestore } from '@eeveebot/crds';

type Ready = NonNullable<NonNullable<BackupRestore['status']>['conditions']>[number];

/** Ready of a restore. */
export const readyOf = ({ status }: Pick<BackupRestore, 'status'>): Ready | undefined =>
  status?.conditions?.find(({ type }) => type === 'Ready');

/** Message of a restore whose Job runs as it should. */
export const JOB_IS_RUNNING = 'the Job is running';

/** Why the Job of a restore makes no progress; `undefined` when it does, or there is none. */
export function hindranceOf(restore: Pick<BackupRestore, 'status'>): string | undefined {
  const ready = readyOf(restore);
  return ready?.reason === 'Running' && ready.message !== JOB_IS_RUNNING ? ready.message : undefined;
}

/** Whether a restore has ended, for good: it is never run again. */
export const hasEnded = (restore: BackupRestore): boolean => {
  const reason = readyOf(restore)?.reason;
  return reason === 'Succeeded' || reason === 'Failed';
};

/**
 * Whether a restore has its module's volume to itself now: the module is kept at no replicas and its backups are
 * suspended. A restore says so in its own status before it begins, and for as long as it runs; when it is deleted while its Job
 * exists, until nothing writes to the volume any more.
 */
export function isHolding(restore: BackupRestore): boolean {
  const reason = readyOf(restore)?.reason;
  if (reason !== 'WaitingForModuleToStop' && reason !== 'Running') return false;
  return restore.metadata.deletionTimestamp === undefined || hasFinalizer(restore);
}

/** Whether the resource remains until its Job and the pods of it are gone. */
export const hasFinalizer = ({ metadata }: BackupRestore): boolean => metadata.finalizers?.includes(FINALIZER.restore) === true;

/** Index of BackupRestores by the BotModule they name. */
export const RESTORES_BY_MODULE = 'botModule';

/** Indexes a restore by the BotModule it names: `namespace/name`. */
export const byBotModule = ({ metadata, spec }: BackupRestore): readonly string[] => [`${metadata.namespace}/${spec.botModule.name}`];
