/**
 * Composition of the kinds. In each folder of `resources/`, `controller.ts` lists the watched objects, `observe.ts` reads them from the cache, `plan.ts` or
 * small checks decide, `desired/` builds objects, `status.ts` reports, and `reconcile.ts` connects these steps to the frame
 * that all kinds share (`reconcile-resource.ts`).
 */
import { apiTokenController, type ApiTokenSettings } from './api-token/controller.ts';
import type { ControllerDefinition } from './controller/run/definition.ts';
import { BackupSearch } from './stores/search.ts';
import { backupRestoreController } from './resources/backup-restore/controller.ts';
import { backupScheduleController } from './resources/backup-schedule/controller.ts';
import type { ScheduleSettings } from './resources/backup-schedule/reconcile.ts';
import { botModuleController } from './resources/bot-module/controller.ts';
import type { ModuleSettings } from './resources/bot-module/reconcile.ts';
import { ipcConfigController } from './resources/ipc-config/controller.ts';
import type { IpcSettings } from './resources/ipc-config/settings.ts';
import { s3StoreController } from './resources/s3-store/controller.ts';
import type { StoreSettings } from './resources/s3-store/reconcile.ts';

/** Settings of the reconcilers of all kinds. */
export interface ResourceSettings extends Omit<ModuleSettings, 'backupSearch'>, IpcSettings, StoreSettings, ScheduleSettings {
  /** Source of the tokens for modules outside the operator's namespace; `undefined` when no other namespace is watched. */
  readonly apiTokens: ApiTokenSettings | undefined;
  /** Resources of one kind that are reconciled concurrently. */
  readonly concurrency: number;
}

/** The controllers of all kinds. */
export function resourceControllers(given: ResourceSettings): readonly ControllerDefinition[] {
  const settings = {
    ...given,
    backupSearch: new BackupSearch(given.objectStores, given.secrets),
  };
  return [
    botModuleController(settings),
    ipcConfigController(settings),
    s3StoreController(settings),
    backupScheduleController(settings),
    backupRestoreController(settings),
    ...(settings.apiTokens === undefined ? [] : [apiTokenController(settings.apiTokens)]),
  ].map((definition) => ({ concurrency: settings.concurrency, ...definition }));
}
