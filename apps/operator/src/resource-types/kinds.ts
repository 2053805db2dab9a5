import { API_GROUP_VERSION, APP, BACKUP_APP_NAME, LABEL, PLURALS } from '@eeveebot/contract';
import type { BackupRestore, BackupSchedule, BotModule, IpcConfig, S3Store } from '@eeveebot/crds';
import type { ResourceType } from '../controller/objects/resource-type.ts';
import { JOB, POD, type Job, type Pod } from './kubernetes.ts';

export const BOT_MODULE: ResourceType<BotModule> = { apiVersion: API_GROUP_VERSION, kind: 'BotModule', plural: PLURALS.BotModule };
export const IPC_CONFIG: ResourceType<IpcConfig> = { apiVersion: API_GROUP_VERSION, kind: 'IpcConfig', plural: PLURALS.IpcConfig };
export const S3_STORE: ResourceType<S3Store> = { apiVersion: API_GROUP_VERSION, kind: 'S3Store', plural: PLURALS.S3Store };
export const BACKUP_SCHEDULE: ResourceType<BackupSchedule> = {
  apiVersion: API_GROUP_VERSION,
  kind: 'BackupSchedule',
  plural: PLURALS.BackupSchedule,
};
export const BACKUP_RESTORE: ResourceType<BackupRestore> = {
  apiVersion: API_GROUP_VERSION,
  kind: 'BackupRestore',
  plural: PLURALS.BackupRestore,
};

/** Pods of modules. Other pods are not watched. */
export const MODULE_POD: ResourceType<Pod> = { ...POD, labelSelector: `${LABEL.app}=${APP},${LABEL.module}` };
/** Pods of managed NATS servers. */
export const NATS_POD: ResourceType<Pod> = { ...POD, labelSelector: `${LABEL.natsServer}=true,${LABEL.ipcConfig}` };
/** Jobs that back up or restore a module's volume, whichever client created them. */
export const BACKUP_JOB: ResourceType<Job> = { ...JOB, labelSelector: `app.kubernetes.io/name=${BACKUP_APP_NAME}` };
/** Pods of these Jobs. */
export const BACKUP_POD: ResourceType<Pod> = { ...POD, labelSelector: `app.kubernetes.io/name=${BACKUP_APP_NAME}` };
