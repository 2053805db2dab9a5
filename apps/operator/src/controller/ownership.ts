import { FIELD_MANAGER } from '@eeveebot/contract';
import { isRecord } from './json.ts';
import type { FieldSet, ManagedFields, ObjectMeta } from './types.ts';

/** Fields of `metadata` that identify an object: nobody is said to own them. */
const IDENTIFYING: ReadonlySet<string> = new Set(['name', 'namespace']);

/**
 * The fields that the operator owns of an object: by its applies or, before the first of them, since it created the object.
 * `undefined` when it did neither.
 */
export function appliedFields({ managedFields = [] }: ObjectMeta): FieldSet | undefined {
  return ownEntry(managedFields)?.fieldsV1;
}

/** The entry of the operator's applies, else that of the creation. */
export const ownEntry = (managedFields: readonly ManagedFields[]): ManagedFields | undefined =>
  managedFields.find(isOwnApply) ?? managedFields.find(isOwnCreation);

/** Whether the operator created the object and has not applied it since. */
export const isOnlyCreated = ({ managedFields = [] }: ObjectMeta): boolean => {
  const own = ownEntry(managedFields);
  return own !== undefined && isOwnCreation(own);
};

/** Whether an entry is of an object that the operator created. Its patches have another manager. */
const isOwnCreation = ({ manager, operation, subresource = '' }: ManagedFields): boolean =>
  manager === FIELD_MANAGER && operation === 'Update' && subresource === '';

/** Whether an entry is of the operator's applies, and not of its writes of a subresource. */
export const isOwnApply = ({ manager, operation, subresource = '' }: ManagedFields): boolean =>
  manager === FIELD_MANAGER && operation === 'Apply' && subresource === '';

/**
 * Whether `fields` holds every field that `desired` speaks of.
 *
 * Server-side apply keeps book of who set which field. Whoever changes a field takes it over, and who
 * removes one takes it from everybody. So as long as the operator still owns all that it applied, nobody
 * has touched it: this tells without the values, which the server may write otherwise than they were sent
 * (`1000m` becomes `1`), and which of Secrets are not even held.
 *
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */
export function ownsAll(
  fields: FieldSet,
  desired: { readonly metadata: object },
  { isOnlyCreated: lenient = false }: { readonly isOnlyCreated?: boolean } = {},
): boolean {
  const owns = lenient ? ownsCreatedField : ownsField;
  return Object.entries(desired).every(([name, value]) => {
    if (name === 'apiVersion' || name === 'kind') return true;
    if (name !== 'metadata') return owns(fields, name, value);
    const metadata = fields['f:metadata'];
    return Object.entries(desired.metadata).every(
      ([field, stated]) => IDENTIFYING.has(field) || (metadata !== undefined && owns(metadata, field, stated)),
    );
  });
}

type OwnsField = (fields: FieldSet, name: string, value: unknown) => boolean;

function ownsField(fields: FieldSet, name: string, value: unknown): boolean {
  // What is not stated need not be owned.
  if (value === undefined || value === null) return true;
  const inner = fields[`f:${name}`];
  return inner !== undefined && ownsValue(inner, value, ownsField);
}

/** Maps that are owned as a whole. */
const ATOMIC: ReadonlySet<string> = new Set([
  ...['selector', 'matchLabels', 'labelSelector', 'namespaceSelector', 'nodeSelector'],
  ...['secretKeyRef', 'configMapKeyRef', 'fieldRef', 'resourceFieldRef'],
]);

/**
 * As {@link ownsField}, of an object that was created and has not been applied yet. Empty values are not recorded then, since the
 * server does not keep them; and a map is recorded beside what is in it, so that it remains when everything in it was taken over.
 */
function ownsCreatedField(fields: FieldSet, name: string, value: unknown): boolean {
  if (value === undefined || value === null || isEmpty(value)) return true;
  const inner = fields[`f:${name}`];
  if (inner === undefined) return false;
  if (isRecord(value) && isWhole(inner)) return ATOMIC.has(name);
  return ownsValue(inner, value, ownsCreatedField);
}

function isEmpty(value: unknown): boolean {
  if (value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return isRecord(value) && Object.values(value).every((inner) => inner === undefined || isEmpty(inner));
}

/** Whether nothing is recorded below: of a scalar, or of a map or list that is owned as a whole. */
const isWhole = (fields: FieldSet): boolean => Object.keys(fields).every((path) => path === '.');

function ownsValue(fields: FieldSet, value: unknown, owns: OwnsField): boolean {
  if (isWhole(fields)) return true;
  if (Array.isArray(value)) return value.every((element) => ownsElement(fields, element, owns));
  return !isRecord(value) || Object.entries(value).every(([name, inner]) => owns(fields, name, inner));
}

function ownsElement(fields: FieldSet, element: unknown, owns: OwnsField): boolean {
  if (!isRecord(element)) return fields[`v:${JSON.stringify(element)}`] !== undefined;
  for (const [keys, inner] of listElements(fields)) {
    // The server adds defaults to the keys, such as a port's protocol.
    if (keys.every(([name, value]) => element[name] === undefined || element[name] === value)) return ownsValue(inner, element, owns);
  }
  return false;
}

type ListElements = readonly (readonly [keys: readonly (readonly [name: string, value: unknown])[], fields: FieldSet])[];

/** Keys are JSON inside JSON, and field sets are shared between objects: they are parsed once. */
const parsedElements = new WeakMap<FieldSet, ListElements>();

function listElements(fields: FieldSet): ListElements {
  const known = parsedElements.get(fields);
  if (known !== undefined) return known;
  const elements = Object.entries(fields)
    .filter(([path]) => path.startsWith('k:'))
    .map(([path, inner]) => [Object.entries(JSON.parse(path.slice(2)) as object), inner] as const);
  parsedElements.set(fields, elements);
  return elements;
}
