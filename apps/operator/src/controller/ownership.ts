import { FIELD_MANAGER } from '@eeveebot/contract';
import { isRecord } from './json.ts';
import type { FieldSet, ManagedFields, ObjectMeta } from './types.ts';

/** Fields of `metadata` that identify an object: nobody is said to own them. */
const IDENTIFYING: ReadonlySet<string> = new Set(['name', 'namespace']);

/** The fields that the operator's applies own of an object; `undefined` when it never applied it. */
export function appliedFields({ managedFields }: ObjectMeta): FieldSet | undefined {
  return managedFields?.find(isOwnApply)?.fieldsV1;
}

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
export function ownsAll(fields: FieldSet, desired: { readonly metadata: object }): boolean {
  return Object.entries(desired).every(([name, value]) => {
    if (name === 'apiVersion' || name === 'kind') return true;
    if (name !== 'metadata') return ownsField(fields, name, value);
    const metadata = fields['f:metadata'];
    return Object.entries(desired.metadata).every(
      ([field, stated]) => IDENTIFYING.has(field) || (metadata !== undefined && ownsField(metadata, field, stated)),
    );
  });
}

function ownsField(fields: FieldSet, name: string, value: unknown): boolean {
  // What is not stated need not be owned.
  if (value === undefined || value === null) return true;
  const inner = fields[`f:${name}`];
  return inner !== undefined && ownsValue(inner, value);
}

function ownsValue(fields: FieldSet, value: unknown): boolean {
  // A scalar, or a map or list that is owned as a whole.
  if (Object.keys(fields).every((path) => path === '.')) return true;
  if (Array.isArray(value)) return value.every((element) => ownsElement(fields, element));
  return !isRecord(value) || Object.entries(value).every(([name, inner]) => ownsField(fields, name, inner));
}

function ownsElement(fields: FieldSet, element: unknown): boolean {
  if (!isRecord(element)) return fields[`v:${JSON.stringify(element)}`] !== undefined;
  for (const [keys, inner] of listElements(fields)) {
    // The server adds defaults to the keys, such as a port's protocol.
    if (keys.every(([name, value]) => element[name] === undefined || element[name] === value)) return ownsValue(inner, element);
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
