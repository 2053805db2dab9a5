import { ANNOTATION, FINALIZER } from '@eeveebot/contract';
import type { BackupRestore } from '@eeveebot/crds';
import { readyOf } from '../controller/objects/status.ts';

/** Whether a restore has ended permanently: it is never run again. */
export const hasEnded = (restore: BackupRestore): boolean => endMark(restore) !== undefined;

/** Outcomes of a restore that is never run again. */
const OUTCOMES = ['Succeeded', 'Failed'] as const;

/** Value of the annotation that records how a restore has ended; `undefined` before its end. It names the restore, because users copy manifests. */
export function endMark({ metadata, status }: BackupRestore): string | undefined {
  const reason = readyOf(status)?.reason;
  return OUTCOMES.some((outcome) => outcome === reason) ? `${reason} ${metadata.name}` : undefined;
}

/**
 * How a restore had ended whose status was lost, as with tools that back up and restore resources: run again, it would overwrite what the
 * module has written since.
 */
export const recordedEnd = ({ metadata }: BackupRestore): (typeof OUTCOMES)[number] | undefined =>
  OUTCOMES.find((outcome) => metadata.annotations?.[ANNOTATION.restoreEnded] === `${outcome} ${metadata.name}`);

/**
 * Whether a restore has exclusive use of its module's volume: the module is kept at zero replicas and its backups are
 * suspended. A restore sets this in its own status before it begins and while it runs. If it is deleted while its Job
 * exists, it keeps the volume until nothing writes to it any more.
 */
export function isHolding(restore: BackupRestore): boolean {
  const reason = readyOf(restore.status)?.reason;
  if (reason !== 'WaitingForModuleToStop' && reason !== 'Running') return false;
  return restore.metadata.deletionTimestamp === undefined || hasFinalizer(restore);
}

/** Whether the resource remains until its Job and the Job's pods are gone. */
export const hasFinalizer = ({ metadata }: BackupRestore): boolean => metadata.finalizers?.includes(FINALIZER.restore) === true;

/** Index of BackupRestores by the BotModule they name. */
export const RESTORES_BY_MODULE = 'botModule';

/** Indexes a restore by the BotModule it names: `namespace/name`. */
export const byBotModule = ({ metadata, spec }: BackupRestore): readonly string[] => [`${metadata.namespace}/${spec.botModule.name}`];
