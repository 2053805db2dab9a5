import { defined, KEEP_DATA_ANNOTATIONS, LABEL, labelValue, moduleVolumeClaimName } from '@eeveebot/contract';
import type { BotModule, Quantity } from '@eeveebot/crds';
import type { ClaimMarks } from '../../../backup-jobs/claim-marks.ts';
import { equalJson } from '../../../controller/json.ts';
import { appliedFields } from '../../../controller/objects/field-ownership.ts';
import type { Desired } from '../../../controller/objects/desired.ts';
import { quantityValue } from '../../../pod-building/quantity.ts';
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

/**
 * Like {@link newClaimSpec}, but with the existing claim's values where they differ. Claims have no requests other than storage.
 *
 * An apply without a field that the operator has applied before would remove it, even if the spec no longer has it: the API server then
 * refuses the whole apply.
 */
function existingClaimSpec(module: BotModule, { metadata, spec: present = {} }: PersistentVolumeClaim): ClaimSpec {
  const wanted = newClaimSpec(module);
  const applied = appliedFields(metadata)?.['f:spec'] ?? {};
  const isApplied = (field: string) => applied[`f:${field}`] !== undefined && !isDefault(field, present);
  const fixed = FIXED_FIELDS.filter((field) => present[field] !== undefined && (wanted[field] !== undefined || isApplied(field)));
  const { requests: { storage = claimRequest(module) } = {}, limits } = present.resources ?? {};
  const isLimited = wanted.resources?.limits !== undefined || applied['f:resources']?.['f:limits'] !== undefined;
  return {
    ...Object.fromEntries(fixed.map((field) => [field, present[field]])),
    ...defined({ volumeAttributesClassName: wanted.volumeAttributesClassName }),
    resources: { requests: { storage }, ...(isLimited ? defined({ limits }) : {}) },
  };
}

/** Whether the server sets a field so by itself: the operator owns such fields of an object that it created, and need not apply them. */
const isDefault = (field: string, { volumeMode }: ClaimSpec): boolean =>
  field === 'dataSourceRef' || (field === 'volumeMode' && volumeMode === 'Filesystem');

/** Immutable fields in which the spec and an existing claim differ, as messages. */
export function fixedFieldProblems(module: BotModule, { metadata, spec: present = {} }: PersistentVolumeClaim): readonly string[] {
  const stated: ClaimSpec = module.spec.persistentVolumeClaim ?? {};
  const [limit, presentLimit] = [stated, present].map(({ resources }) => resources?.limits?.['storage']);
  const differing = FIXED_FIELDS.filter((field) => stated[field] !== undefined && !equalJson(stated[field], present[field] ?? null));
  return [
    ...differing.map((field) => [field, stated[field], present[field]] as const),
    // The API server may write the same size in another form.
    ...(limit === undefined || quantityValue(limit) === quantityValue(presentLimit ?? '')
      ? []
      : [['resources.limits.storage', limit, presentLimit] as const]),
  ].map(
    ([field, given, kept]) =>
      `spec.persistentVolumeClaim.${field} is ${JSON.stringify(given)}, and volume claim ${metadata.name} has ${JSON.stringify(kept ?? null)}, which cannot be changed`,
  );
}
