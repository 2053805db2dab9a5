import { API_GROUP_VERSION, commonLabels, natsSelector } from '@eeveebot/contract';
import type { IpcConfig } from '@eeveebot/crds';
import type { OwnerReference } from '../../../controller/objects/kube-object.ts';

/** Labels of every object made for an IpcConfig. */
export const natsLabels = (ipcConfig: IpcConfig): Record<string, string> => ({
  ...commonLabels({ name: 'nats', instance: ipcConfig.metadata.name, component: 'ipc' }),
  ...natsSelector(ipcConfig.metadata.name),
});

/** Owner reference that makes an object get deleted with its IpcConfig. */
export const ipcOwner = (ipcConfig: IpcConfig): OwnerReference => ({
  apiVersion: API_GROUP_VERSION,
  kind: 'IpcConfig',
  name: ipcConfig.metadata.name,
  uid: ipcConfig.metadata.uid ?? '',
  controller: true,
  blockOwnerDeletion: true,
});
