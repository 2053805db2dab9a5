import type { BackupRestore } from '@eeveebot/crds';

type Ready = NonNullable<NonNullable<BackupRestore['status']>['conditions']>[number];

/** Ready of a restore. */
export const readyOf = ({ status }: BackupRestore): Ready | undefined => status?.conditions?.find(({ type }) => type === 'Ready');

/** Whether a restore has ended, for good: it is never run again. */
export const hasEnded = (restore: BackupRestore): boolean => {
  const reason = readyOf(restore)?.reason;
  return reason === 'Succeeded' || reason === 'Failed';
};

/**
 * The restore that has a module's volume to itself now: its module is kept at no replicas, its backups are
 * suspended. A restore says so in its own status before it begins, and for as long as it runs.
 */
export const holdingRestore = (restores: readonly BackupRestore[]): BackupRestore | undefined =>
  restores.find((restore) => {
    const reason = readyOf(restore)?.reason;
    return restore.metadata.deletionTimestamp === undefined && (reason === 'WaitingForModuleToStop' || reason === 'Running');
  });

/** Of the restores of one module that have not ended, the one that is first: the oldest, and of equals that whose name is first. */
export const firstRestore = (restores: readonly BackupRestore[]): BackupRestore | undefined =>
  restores
    .filter((restore) => !hasEnded(restore) && restore.metadata.deletionTimestamp === undefined)
    .toSorted((a, b) => ageOrder(a).localeCompare(ageOrder(b)))[0];

const ageOrder = ({ metadata }: BackupRestore): string => `${metadata.creationTimestamp ?? ''} ${metadata.name}`;

/** Index of BackupRestores by the BotModule they name. */
export const RESTORES_BY_MODULE = 'botModule';
