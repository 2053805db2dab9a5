import { API_GROUP_VERSION, APP, LABEL, PLURALS } from '@eeveebot/contract';
import type { BotModule, IpcConfig } from '@eeveebot/crds';
import type { ResourceType } from '../controller/types.ts';
import { POD, type Pod } from '../kubernetes.ts';

export const BOT_MODULE: ResourceType<BotModule> = { apiVersion: API_GROUP_VERSION, kind: 'BotModule', plural: PLURALS.BotModule };
export const IPC_CONFIG: ResourceType<IpcConfig> = { apiVersion: API_GROUP_VERSION, kind: 'IpcConfig', plural: PLURALS.IpcConfig };

/** Pods of modules. Pods of anything else are not looked at. */
export const MODULE_POD: ResourceType<Pod> = { ...POD, labelSelector: `${LABEL.app}=${APP},${LABEL.module}` };
/** Pods of managed NATS servers. */
export const NATS_POD: ResourceType<Pod> = { ...POD, labelSelector: `${LABEL.natsServer}=true,${LABEL.ipcConfig}` };
