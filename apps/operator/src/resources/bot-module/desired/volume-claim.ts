import { defined, KEEP_DATA_ANNOTATIONS, LABEL, labelValue, moduleVolumeClaimName } from '@eeveebot/contract';
import type { BotModule, Quantity } from '@eeveebot/crds';
import type { ClaimMarks } from '../../../backup-jobs/claim-marks.ts';
import { equalJson } from '../../../controller/json.ts';
import type { Desired } from '../../../controller/objects/desired.ts';
import type { PersistentVolumeClaim } from '../../../resource-types/kubernetes.ts';
import { moduleLabels } from './metadata.ts';

type ClaimSpec = NonNullable<PersistentVolumeClaim['spec']>;

/** Default size of a volume. */
const DEFAULT_STORAGE = '1Gi';

/** Fields of a claim that are immutable. */
const FIXED_FIELDS = ['accessModes', 'storageClassName', 'volumeName', 'volumeMode', 'selector', 'dataSource', 'dataSourceRef'] as const;

/** The storage that a module requests. */
export const claimRequest = ({ spec }: BotModule): Quantity =>
  spec.persistentVolumeClaim?.resources?.requests?.['storage'] ?? DEFAULT_STORAGE;

/**
 * The claim of a module's volume; `undefined` when it has none. It has no owner on purpose: its data outlives the module.
 *
 * Immutable fields and the size of an existing claim keep their current values: a refusal of these must not keep marks and labels from
 * being applied. The claim is grown separately.
 *
 * @param given.marks annotations that keep a first start from restoring over the data.
 */
export function desiredVolumeClaim(
  module: BotModule,
  given: { readonly marks: ClaimMarks; readonly existing: PersistentVolumeClaim | undefined },
): Desired<PersistentVolumeClaim> | undefined {
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
      annotations: { ...KEEP_DATA_ANNOTATIONS, ...given.marks },
    },
    spec: given.existing === undefined ? newClaimSpec(module) : existingClaimSpec(module, given.existing),
  };
}

function newClaimSpec(module: BotModule): ClaimSpec {
  const claim = module.spec.persistentVolumeClaim;
  return {
    ...claim,
    accessModes: claim?.accessModes ?? ['ReadWriteOnce'],
    resources: { ...claim?.resources, requests: { ...claim?.resources?.requests, storage: claimRequest(module) } },
  };
}

/** Like {@link newClaimSpec}, but with the existing claim's values where they differ. Claims have no requests other than storage. */
function existingClaimSpec(module: BotModule, { spec: present = {} }: PersistentVolumeClaim): ClaimSpec {
  const wanted = newClaimSpec(module);
  const fixed = FIXED_FIELDS.filter((field) => wanted[field] !== undefined && present[field] !== undefined);
  const { storage = claimRequest(module) } = present.resources?.requests ?? {};
  return {
    ...Object.fromEntries(fixed.map((field) => [field, present[field]])),
    ...defined({ volumeAttributesClassName: wanted.volumeAttributesClassName }),
    resources: { requests: { storage } },
  };
}

/** Immutable fields in which the spec and an existing claim differ, as messages. */
export function fixedFieldProblems(module: BotModule, { metadata, spec: present = {} }: PersistentVolumeClaim): readonly string[] {
  const stated: ClaimSpec = module.spec.persistentVolumeClaim ?? {};
  return FIXED_FIELDS.filter((field) => stated[field] !== undefined && !equalJson(stated[field], present[field] ?? null)).map(
    (field) =>
      `spec.persistentVolumeClaim.${field} is ${JSON.stringify(stated[field])}, and volume claim ${metadata.name} has ${JSON.stringify(present[field] ?? null)}, which cannot be changed`,
  );
}
