import { API_GROUP_VERSION, commonLabels, LABEL, labelValue } from '@eeveebot/contract';
import type { BotModule } from '@eeveebot/crds';
import type { OwnerReference } from '../../../controller/objects/kube-object.ts';

/** Labels of every object made for a module. */
export const moduleLabels = (module: BotModule): Record<string, string> => ({
  ...commonLabels({ name: 'bot-module', instance: module.metadata.name, component: 'module' }),
  [LABEL.module]: labelValue(module.metadata.name),
});

/** Owner reference that makes an object get deleted with its module. */
export const moduleOwner = (module: BotModule): OwnerReference => ({
  apiVersion: API_GROUP_VERSION,
  kind: 'BotModule',
  name: module.metadata.name,
  uid: module.metadata.uid ?? '',
  controller: true,
  blockOwnerDeletion: true,
});
