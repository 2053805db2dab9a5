import { FIELD_MANAGER } from '@eeveebot/contract';
import { isRecord } from '../json.ts';
import type { FieldSet, ManagedFields, ObjectMeta } from './kube-object.ts';

/** Fields of `metadata` that identify an object: the server records no owner for them. */
const IDENTIFYING: ReadonlySet<string> = new Set(['name', 'namespace']);

/** Fields of an object that have no owner; those of `metadata` have owners of their own. */
const UNOWNED: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata']);

/**
 * Fields of an object that the operator owns: by its applies or, before the first apply, by having created the object.
 * `undefined` if it did neither.
 */
export function appliedFields({ managedFields = [] }: ObjectMeta): FieldSet | undefined {
  return ownEntry(managedFields)?.fieldsV1;
}

/** Entry of the operator's applies, otherwise that of the creation. */
export const ownEntry = (managedFields: readonly ManagedFields[]): ManagedFields | undefined =>
  managedFields.find(isOwnApply) ?? managedFields.find(isOwnCreation);

/** Whether the operator created the object and has not applied it since. */
export const isOnlyCreated = ({ managedFields = [] }: ObjectMeta): boolean => {
  const own = ownEntry(managedFields);
  return own !== undefined && isOwnCreation(own);
};

/** Whether an entry records the operator's creation of the object. Its patches have another manager. */
export const isOwnCreation = ({ manager, operation, subresource = '' }: ManagedFields): boolean =>
  manager === FIELD_MANAGER && operation === 'Update' && subresource === '';

/** Whether an entry records the operator's applies, as opposed to its writes of a subresource. */
export const isOwnApply = ({ manager, operation, subresource = '' }: ManagedFields): boolean =>
  manager === FIELD_MANAGER && operation === 'Apply' && subresource === '';

/**
 * Whether `fields` contains every field that `desired` states.
 *
 * Server-side apply records the owner of each field. A client that changes a field takes it over, and a client
 * that removes a field takes it from all owners. So while the operator still owns everything that it applied, no
 * other client has changed it. This needs no values, which the server may normalize (`1000m` becomes `1`) and which
 * are not cached for Secrets.
 *
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */
export function ownsAll(
  fields: FieldSet,
  desired: { readonly metadata: object },
  { isOnlyCreated: lenient = false }: { readonly isOnlyCreated?: boolean } = {},
): boolean {
  const owns = lenient ? ownsCreatedField : ownsField;
  const ownsRest: OwnsField = (held, name, value) => UNOWNED.has(name) || owns(held, name, value);
  const ownsMetadata: OwnsField = (held, name, value) => IDENTIFYING.has(name) || owns(held, name, value);
  return ownsEach(fields, desired, ownsRest) && ownsEach(fields['f:metadata'] ?? NOTHING, desired.metadata, ownsMetadata);
}

type OwnsField = (fields: FieldSet, name: string, value: unknown) => boolean;

const NOTHING: FieldSet = {};

/** Whether each field of `object` is owned. Makes no lists, because this runs for each object that is written. */
function ownsEach(fields: FieldSet, object: object, owns: OwnsField): boolean {
  const values = object as Readonly<Record<string, unknown>>;
  for (const name in values) if (!owns(fields, name, values[name])) return false;
  return true;
}

function ownsField(fields: FieldSet, name: string, value: unknown): boolean {
  // Fields that are not stated need not be owned.
  if (value === undefined || value === null) return true;
  const inner = fields[`f:${name}`];
  return inner !== undefined && ownsValue(inner, value, ownsField);
}

/** Maps that are owned as a whole (atomic). */
const ATOMIC: ReadonlySet<string> = new Set([
  ...['selector', 'matchLabels', 'labelSelector', 'namespaceSelector', 'nodeSelector'],
  ...['secretKeyRef', 'configMapKeyRef', 'fieldRef', 'resourceFieldRef'],
]);

/** Lists with keys whose elements are owned as a whole: without elements, all of them were taken over. Other lists are atomic. */
const KEYED: ReadonlySet<string> = new Set(['ownerReferences', 'imagePullSecrets']);

/**
 * Like {@link ownsField}, but for an object that was created and not applied yet. The server does not keep empty values, so it does not
 * record them; and it records a map in addition to its entries, so the map remains when all its entries were taken over.
 */
function ownsCreatedField(fields: FieldSet, name: string, value: unknown): boolean {
  if (value === undefined || value === null || isEmpty(value)) return true;
  const inner = fields[`f:${name}`];
  if (inner === undefined) return false;
  if (isWhole(inner) && (isRecord(value) || KEYED.has(name))) return ATOMIC.has(name);
  return ownsValue(inner, value, ownsCreatedField);
}

function isEmpty(value: unknown): boolean {
  if (value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  if (!isRecord(value)) return false;
  for (const name in value) if (value[name] !== undefined && !isEmpty(value[name])) return false;
  return true;
}

/** Whether nothing is recorded below: for a scalar, or for a map or list that is owned as a whole. */
function isWhole(fields: FieldSet): boolean {
  for (const path in fields) if (path !== '.') return false;
  return true;
}

function ownsValue(fields: FieldSet, value: unknown, owns: OwnsField): boolean {
  if (isWhole(fields)) return true;
  if (Array.isArray(value)) return value.every((element) => ownsElement(fields, element, owns));
  return !isRecord(value) || ownsEach(fields, value, owns);
}

function ownsElement(fields: FieldSet, element: unknown, owns: OwnsField): boolean {
  if (!isRecord(element)) return fields[`v:${JSON.stringify(element)}`] !== undefined;
  const { keyNames, byKey } = listElements(fields);
  // The server adds defaults to the keys, such as the protocol of a port.
  const stated = keyNames.find((name) => element[name] !== undefined);
  if (stated === undefined) return false;
  const found = byKey
    .get(keyText(stated, element[stated]))
    ?.find(({ keys }) => keys.every(([name, value]) => element[name] === undefined || element[name] === value));
  return found !== undefined && ownsValue(found.fields, element, owns);
}

interface ListElement {
  readonly keys: readonly (readonly [name: string, value: unknown])[];
  readonly fields: FieldSet;
}

interface ListElements {
  readonly keyNames: readonly string[];
  /** The elements by each of their keys: searching a list of thousands for each of its elements would take seconds. */
  readonly byKey: ReadonlyMap<string, readonly ListElement[]>;
}

/** Caches parsed keys, because they are JSON inside JSON and objects share field sets. */
const parsedElements = new WeakMap<FieldSet, ListElements>();

const keyText = (name: string, value: unknown): string => `${name}=${JSON.stringify(value)}`;

function listElements(fields: FieldSet): ListElements {
  const known = parsedElements.get(fields);
  if (known !== undefined) return known;
  const byKey = new Map<string, ListElement[]>();
  const keyNames = new Set<string>();
  for (const [path, inner] of Object.entries(fields)) {
    if (!path.startsWith('k:')) continue;
    const element = { keys: Object.entries(JSON.parse(path.slice(2)) as object), fields: inner };
    for (const [name, value] of element.keys) {
      keyNames.add(name);
      const text = keyText(name, value);
      const others = byKey.get(text);
      if (others === undefined) byKey.set(text, [element]);
      else others.push(element);
    }
  }
  const elements = { keyNames: [...keyNames], byKey };
  parsedElements.set(fields, elements);
  return elements;
}
