/**
 * Types and reasons for programs that read and write the resources. Types have no cost at run time; the schemas, which have one,
 * are not exported here.
 */
export type * from './generated/kubernetes-types.ts';
export type {
  BackupRestore,
  BackupRestoreInput,
  BackupRestoreSpec,
  BackupRestoreSpecInput,
  BackupRestoreStatus,
} from './backup-restore.ts';
export type {
  BackupSchedule,
  BackupScheduleInput,
  BackupScheduleSpec,
  BackupScheduleSpecInput,
  BackupScheduleStatus,
  BackupTarget,
  LastBackup,
  LastVerification,
} from './backup-schedule.ts';
export type { BotModule, BotModuleInput, BotModuleSpec, BotModuleSpecInput, BotModuleStatus } from './bot-module.ts';
export type { BotResources } from './bot-resources.ts';
export type { Condition } from './conditions.ts';
export type { ImagePullPolicy } from './fields.ts';
export type { IpcConfig, IpcConfigInput, IpcConfigSpec, IpcConfigSpecInput, IpcConfigStatus } from './ipc-config.ts';
export { EVENTS, type EventDescription } from './events.ts';
export * from './reasons/index.ts';
export type { Resource, ResourceInput, ResourceMeta } from './resource.ts';
export type { S3Store, S3StoreInput, S3StoreSpec, S3StoreSpecInput, S3StoreStatus } from './s3-store.ts';
