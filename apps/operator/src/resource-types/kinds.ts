import { API_GROUP_VERSION, APP, BACKUP_APP_NAME, LABEL, PLURALS } from '@eeveebot/contract';
import type { BackupRestore, BackupSchedule, BotModule, IpcConfig, S3Store } from '@eeveebot/crds';
import type { KubeObject } from '../controller/objects/kube-object.ts';
import type { ResourceType } from '../controller/objects/resource-type.ts';
import { JOB, POD, type Job, type Pod } from './kubernetes.ts';
import { REQUIRED_FIELDS, withRequiredFields } from './required-fields.ts';

/** A kind of this project, cached with every field that its definition requires. */
const kindOf = <T extends KubeObject & { readonly spec: unknown }>(kind: keyof typeof REQUIRED_FIELDS): ResourceType<T> => ({
  apiVersion: API_GROUP_VERSION,
  kind,
  plural: PLURALS[kind],
  cached: (object) => {
    const spec = withRequiredFields(object.spec, REQUIRED_FIELDS[kind]);
    return spec === object.spec ? object : { ...object, spec };
  },
});

export const BOT_MODULE = kindOf<BotModule>('BotModule');
export const IPC_CONFIG = kindOf<IpcConfig>('IpcConfig');
export const S3_STORE = kindOf<S3Store>('S3Store');
export const BACKUP_SCHEDULE = kindOf<BackupSchedule>('BackupSchedule');
export const BACKUP_RESTORE = kindOf<BackupRestore>('BackupRestore');

/** Pods of modules. Other pods are not watched. */
export const MODULE_POD: ResourceType<Pod> = { ...POD, labelSelector: `${LABEL.app}=${APP},${LABEL.module}` };
/** Pods of managed NATS servers. */
export const NATS_POD: ResourceType<Pod> = { ...POD, labelSelector: `${LABEL.natsServer}=true,${LABEL.ipcConfig}` };
/** Jobs that back up or restore a module's volume, whichever client created them. */
export const BACKUP_JOB: ResourceType<Job> = { ...JOB, labelSelector: `app.kubernetes.io/name=${BACKUP_APP_NAME}` };
/** Pods of these Jobs. */
export const BACKUP_POD: ResourceType<Pod> = { ...POD, labelSelector: `app.kubernetes.io/name=${BACKUP_APP_NAME}` };

/** Whether a pod with the label of a module runs the module, and not one of its Jobs. */
export const isModulePod = ({ metadata }: Pod): boolean => metadata.labels?.[LABEL.app] === APP;
/** Whether it is one of a Job of the backup tool. */
export const isBackupPod = ({ metadata }: Pod): boolean => metadata.labels?.['app.kubernetes.io/name'] === BACKUP_APP_NAME;
