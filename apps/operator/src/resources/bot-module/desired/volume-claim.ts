import { LABEL, labelValue, moduleVolumeClaimName } from '@eeveebot/contract';
import type { BotModule } from '@eeveebot/crds';
import type { ClaimMarks } from '../../../backup/claim-marks.ts';
import type { Desired } from '../../../controller/types.ts';
import type { PersistentVolumeClaim } from '../../../kubernetes.ts';
import { moduleLabels } from './metadata.ts';

/** Size of a volume that the module does not give one. */
const DEFAULT_STORAGE = '1Gi';

/**
 * The claim of a module's volume; `undefined` when it has none. It has no owner on purpose: deleting
 * the module keeps its data.
 *
 * @param marks what says that nothing may be restored over it before a first start.
 */
export function desiredVolumeClaim(module: BotModule, marks: ClaimMarks): Desired<PersistentVolumeClaim> | undefined {
  const claim = module.spec.persistentVolumeClaim;
  if (claim === undefined) return undefined;
  const backupSchedule = module.spec.backupSchedule?.name;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: moduleVolumeClaimName(module.metadata.name),
      namespace: module.metadata.namespace,
      labels: {
        ...moduleLabels(module),
        ...(backupSchedule === undefined ? {} : { [LABEL.backupSchedule]: labelValue(backupSchedule) }),
      },
      ...(Object.keys(marks).length > 0 ? { annotations: marks } : {}),
    },
    spec: {
      ...claim,
      accessModes: claim.accessModes ?? ['ReadWriteOnce'],
      resources: { ...claim.resources, requests: { storage: DEFAULT_STORAGE, ...claim.resources?.requests } },
    },
  };
}
