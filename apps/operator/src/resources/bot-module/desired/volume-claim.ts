import { KEEP_DATA_ANNOTATIONS, LABEL, labelValue, moduleVolumeClaimName } from '@eeveebot/contract';
import type { BotModule, Quantity } from '@eeveebot/crds';
import type { ClaimMarks } from '../../../backup/claim-marks.ts';
import { canonicalJson } from '../../../controller/json.ts';
import type { Desired } from '../../../controller/types.ts';
import type { PersistentVolumeClaim } from '../../../kubernetes.ts';
import { moduleLabels } from './metadata.ts';

type ClaimSpec = NonNullable<PersistentVolumeClaim['spec']>;

/** Size of a volume that the module does not give one. */
const DEFAULT_STORAGE = '1Gi';

/** Fields of a claim that are immutable. */
const FIXED_FIELDS = ['accessModes', 'storageClassName', 'volumeName', 'volumeMode', 'selector', 'dataSource', 'dataSourceRef'] as const;

/** The storage that a module asks for. */
export const claimRequest = ({ spec }: BotModule): Quantity =>
  spec.persistentVolumeClaim?.resources?.requests?.['storage'] ?? DEFAULT_STORAGE;

/**
 * The claim of a module's volume; `undefined` when it has none. It has no owner on purpose: deleting
 * the module keeps its data.
 *
 * Immutable fields of an existing claim are stated as they are, and so is its size: a refusal of these must not keep its marks and
 * labels from being applied. It is grown on its own.
 *
 * @param given.marks what says that nothing may be restored over it before a first start.
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

/** As {@link newClaimSpec}, with the values of the claim wherever it has others. Other requests than storage do not exist. */
function existingClaimSpec(module: BotModule, { spec: present = {} }: PersistentVolumeClaim): ClaimSpec {
  const wanted = newClaimSpec(module);
  const fixed = FIXED_FIELDS.filter((field) => wanted[field] !== undefined && present[field] !== undefined);
  const { storage = claimRequest(module) } = present.resources?.requests ?? {};
  return {
    ...Object.fromEntries(fixed.map((field) => [field, present[field]])),
    ...(wanted.volumeAttributesClassName === undefined ? {} : { volumeAttributesClassName: wanted.volumeAttributesClassName }),
    resources: { requests: { storage } },
  };
}

/** Immutable fields in which the spec and an existing claim differ. */
export function fixedFieldProblems(module: BotModule, { metadata, spec: present = {} }: PersistentVolumeClaim): readonly string[] {
  const stated: ClaimSpec = module.spec.persistentVolumeClaim ?? {};
  return FIXED_FIELDS.filter(
    (field) => stated[field] !== undefined && canonicalJson(stated[field]) !== canonicalJson(present[field] ?? null),
  ).map(
    (field) =>
      `spec.persistentVolumeClaim.${field} is ${JSON.stringify(stated[field])}, and volume claim ${metadata.name} has ${JSON.stringify(present[field] ?? null)}, which cannot be changed`,
  );
}
