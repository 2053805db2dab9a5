import { FINALIZER } from '@eeveebot/contract';
import type { BackupRestore } from '@eeveebot/crds';
import { hasFinalizer } from '../../backup-jobs/restores.ts';
import type { ReconcileContext } from '../../controller/run/definition.ts';
import { BACKUP_RESTORE } from '../../resource-types/kinds.ts';

/** Keeps a deleted resource until its Job and the Job's pods are gone. */
export async function addFinalizer(restore: BackupRestore, context: ReconcileContext): Promise<void> {
  if (!hasFinalizer(restore)) await writeFinalizers(restore, [...(restore.metadata.finalizers ?? []), FINALIZER.restore], context);
}

/** Lets the API server remove the resource. */
export async function removeFinalizer(restore: BackupRestore, context: ReconcileContext): Promise<void> {
  if (!hasFinalizer(restore)) return;
  const others = (restore.metadata.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER.restore);
  await writeFinalizers(restore, others, context);
}

/** A merge patch replaces the list: the resourceVersion keeps it from undoing another client's change. */
async function writeFinalizers(
  { metadata }: BackupRestore,
  finalizers: readonly string[],
  { writer, signal }: ReconcileContext,
): Promise<void> {
  const { namespace, name, resourceVersion } = metadata;
  await writer.patch(BACKUP_RESTORE, { namespace, name }, { metadata: { resourceVersion, finalizers } }, signal);
}
