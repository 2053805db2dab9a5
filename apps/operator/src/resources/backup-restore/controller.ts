import { LABEL, restoreJobName } from '@eeveebot/contract';
import type { BackupRestore } from '@eeveebot/crds';
import { BY_MODULE, byModuleLabel } from '../../backup-jobs/indexes.ts';
import { byBotModule, RESTORES_BY_MODULE } from '../../backup-jobs/restores.ts';
import type { CacheReader } from '../../controller/cache/cache-reader.ts';
import type { KubeObject } from '../../controller/objects/kube-object.ts';
import type { ObjectKey } from '../../controller/objects/object-key.ts';
import { type ControllerDefinition, defineWatch } from '../../controller/run/definition.ts';
import { BACKUP_JOB, BACKUP_POD, BACKUP_RESTORE, BOT_MODULE, MODULE_POD, S3_STORE } from '../../resource-types/kinds.ts';
import { CRON_JOB, DEPLOYMENT, PERSISTENT_VOLUME_CLAIM } from '../../resource-types/kubernetes.ts';
import { causeWatches } from '../cause-watches.ts';
import { namedObject, removingLeftovers } from '../leftovers.ts';
import { inNamespaceOf, keyOf, modulesByLabel } from '../watching.ts';
import { backupRestoreReconciler } from './reconcile.ts';
import type { RestoreSettings } from './step.ts';

/** Index of BackupRestores by the S3Store they name. */
const BY_STORE = 's3Store';

/** Controller of BackupRestores; all objects of the module that a restore names affect it. */
export function backupRestoreController(settings: RestoreSettings): ControllerDefinition {
  return {
    name: 'backuprestore',
    type: BACKUP_RESTORE,
    indexes: {
      [RESTORES_BY_MODULE]: byBotModule,
      [BY_STORE]: (restore: BackupRestore) => [inNamespaceOf(restore, restore.spec.s3Store.name)],
    },
    watches: [
      defineWatch({ type: BACKUP_RESTORE, keysFor: (restore, cache) => restoresOf(restore, restore.spec.botModule.name, cache) }),
      defineWatch({ type: BOT_MODULE, keysFor: (module, cache) => restoresOf(module, module.metadata.name, cache) }),
      defineWatch({
        type: S3_STORE,
        keysFor: (store, cache) => cache.store(BACKUP_RESTORE).byIndex(BY_STORE, inNamespaceOf(store, store.metadata.name)).map(keyOf),
      }),
      defineWatch({ type: DEPLOYMENT, keysFor: restoresByLabel }),
      defineWatch({ type: PERSISTENT_VOLUME_CLAIM, keysFor: restoresByLabel }),
      defineWatch({ type: CRON_JOB, indexes: { [BY_MODULE]: byModuleLabel }, keysFor: restoresByLabel }),
      defineWatch({ type: MODULE_POD, indexes: { [BY_MODULE]: byModuleLabel }, keysFor: restoresByLabel }),
      defineWatch({ type: BACKUP_JOB, indexes: { [BY_MODULE]: byModuleLabel }, keysFor: restoresByLabel }),
      defineWatch({ type: BACKUP_POD, indexes: { [BY_MODULE]: byModuleLabel }, keysFor: restoresByLabel }),
      ...causeWatches({ pods: [BACKUP_POD], workloads: [BACKUP_JOB], keysFor: restoresByLabel }),
    ],
    reconcile: removingLeftovers(backupRestoreReconciler(settings), {
      type: BACKUP_RESTORE,
      objects: (resource, cache) => [namedObject(BACKUP_JOB, { resource, name: restoreJobName(resource.metadata.name) }, cache)],
    }),
    // Two restores of one module must not both find its volume free.
    exclusiveBy: (key, cache) => {
      const restore = cache.store(BACKUP_RESTORE).get(key);
      return restore && inNamespaceOf(restore, restore.spec.botModule.name);
    },
  };
}

const restoresOf = (object: KubeObject, module: string, cache: CacheReader): readonly ObjectKey[] =>
  cache.store(BACKUP_RESTORE).byIndex(RESTORES_BY_MODULE, inNamespaceOf(object, module)).map(keyOf);

function restoresByLabel(object: KubeObject, cache: CacheReader): readonly ObjectKey[] {
  if (object.metadata.labels?.[LABEL.module] === undefined) return [];
  return modulesByLabel(object, cache).flatMap(({ name }) => restoresOf(object, name, cache));
}
