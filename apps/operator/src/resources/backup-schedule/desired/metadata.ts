import { API_GROUP_VERSION } from '@eeveebot/contract';
import type { BackupSchedule } from '@eeveebot/crds';
import type { OwnerReference } from '../../../controller/objects/kube-object.ts';

/** Owner reference that makes an object get deleted with its schedule. */
export const scheduleOwner = ({ metadata }: BackupSchedule): OwnerReference => ({
  apiVersion: API_GROUP_VERSION,
  kind: 'BackupSchedule',
  name: metadata.name,
  uid: metadata.uid ?? '',
  controller: true,
  blockOwnerDeletion: true,
});
