import type { BackupSchedule } from './backup-schedule.ts';
import type { BotModule } from './bot-module.ts';
import type { IpcConfig } from './ipc-config.ts';

/** Resources of a bot in a namespace: what it runs, and when it is backed up. */
export interface BotResources {
  readonly ipcConfigs: readonly IpcConfig[];
  readonly modules: readonly BotModule[];
  readonly schedules: readonly BackupSchedule[];
}
