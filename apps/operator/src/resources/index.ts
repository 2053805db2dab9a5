import type { ControllerDefinition } from '../controller/types.ts';
import { botModuleController } from './bot-module/controller.ts';
import type { ModuleSettings } from './bot-module/reconcile.ts';
import { ipcConfigController } from './ipc-config/controller.ts';
import type { IpcSettings } from './ipc-config/settings.ts';

/** What the kinds' reconcilers must know of the operator's configuration. */
export interface ResourceSettings extends ModuleSettings, IpcSettings {
  /** Resources of one kind worked on at once. */
  readonly concurrency: number;
}

/** The controllers of all kinds. */
export const resourceControllers = (settings: ResourceSettings): readonly ControllerDefinition[] =>
  [botModuleController(settings), ipcConfigController(settings)].map((definition) => ({
    ...definition,
    concurrency: settings.concurrency,
  }));
