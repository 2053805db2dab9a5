import { ANNOTATION, defined, FINALIZER } from '@eeveebot/contract';
import type { BackupRestore } from '@eeveebot/crds';
import { endMark, hasFinalizer } from '../../backup-jobs/restores.ts';
import { unlessGone } from '../../controller/errors.ts';
import type { ReconcileContext } from '../../controller/run/definition.ts';
import { BACKUP_RESTORE } from '../../resource-types/kinds.ts';

/** Keeps a deleted resource until its Job and the Job's pods are gone. */
export async function addFinalizer(restore: BackupRestore, context: ReconcileContext): Promise<void> {
  if (!hasFinalizer(restore))
    await writeMetadata(restore, { finalizers: [...(restore.metadata.finalizers ?? []), FINALIZER.restore] }, context);
}

/** Lets the API server remove the resource, and records how the restore has ended, if it has. */
export async function removeFinalizer(restore: BackupRestore, context: ReconcileContext): Promise<void> {
  if (!hasFinalizer(restore)) return;
  const others = (restore.metadata.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER.restore);
  const mark = endMark(restore);
  const annotations = mark === undefined ? undefined : { [ANNOTATION.restoreEnded]: mark };
  // Nothing holds a resource that is gone.
  await writeMetadata(restore, { finalizers: others, ...defined({ annotations }) }, context).catch(unlessGone);
}

/** A merge patch replaces the list of finalizers: the resourceVersion keeps it from undoing another client's change. */
async function writeMetadata(
  { metadata }: BackupRestore,
  change: Pick<BackupRestore['metadata'], 'finalizers' | 'annotations'>,
  { writer, signal }: ReconcileContext,
): Promise<void> {
  const { namespace, name, resourceVersion } = metadata;
  await writer.patch(BACKUP_RESTORE, { namespace, name }, { metadata: { resourceVersion, ...change } }, signal);
}
