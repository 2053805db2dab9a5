import { ANNOTATION, FIELD_MANAGER, FORMER_FIELD_MANAGERS, PATCH_FIELD_MANAGER } from '@eeveebot/contract';
import { isRecord } from '../json.ts';
import { isOnlyCreated, isOwnApply } from '../objects/field-ownership.ts';
import type { FieldSet, KubeObject, ManagedFields } from '../objects/kube-object.ts';

/** The user requested that restart: the field stays, because removing it would restart the pods again. */
const RESTARTED_AT = ['f:spec', 'f:template', 'f:metadata', 'f:annotations', `f:${ANNOTATION.restartedAt}`] as const;

/**
 * Merge patch that turns the fields set by former releases into fields of the operator's apply: the next apply then removes the fields
 * that it does not state. Otherwise a literal value would stay next to the reference that replaces it, which the API server rejects.
 * `undefined` when former releases set no fields of the object. Fields of other managers, including users of kubectl, stay theirs.
 *
 * The first change to an object that the operator created converts its fields in the same way.
 *
 * @param object the current object with all of its `managedFields`. The server rejects the patch if the object has changed since.
 * @see https://pkg.go.dev/k8s.io/client-go/util/csaupgrade — the equivalent for kubectl's client-side applies
 */
export function takeoverPatch(
  { apiVersion, metadata }: KubeObject,
  { withFormer = true }: { readonly withFormer?: boolean } = {},
): object | undefined {
  const { managedFields = [], resourceVersion } = metadata;
  const ownManagers = isOnlyCreated(metadata) ? [FIELD_MANAGER] : [];
  const formerManagers = new Set<string>([...ownManagers, ...(withFormer ? FORMER_FIELD_MANAGERS : [])]);
  const isFormer = (entry: ManagedFields): boolean =>
    formerManagers.has(entry.manager ?? '') && entry.operation === 'Update' && (entry.subresource ?? '') === '';
  const former = managedFields.filter(isFormer);
  if (former.length === 0) return undefined;
  const own = managedFields.filter(isOwnApply);
  const fields = [...own, ...former].reduce<FieldSet>((all, { fieldsV1 = {} }) => union(all, fieldsV1), {});
  const entry = { manager: FIELD_MANAGER, operation: 'Apply', apiVersion, fieldsType: 'FieldsV1', fieldsV1: without(fields, RESTARTED_AT) };
  const others = managedFields.filter((candidate) => !isFormer(candidate) && !isOwnApply(candidate));
  return { metadata: { resourceVersion, managedFields: [...others, entry] } };
}

/**
 * Whether an object without a controller may be adopted. It may if a former release made it; if one of this project's programs made it
 * and it lost its owner or its mark, for example when it was restored from a backup of the cluster; or if it selects pods of this project.
 * Any other object may belong to a user.
 *
 * @param object with all of its `managedFields`.
 */
export function isAdoptable({ metadata, spec }: KubeObject & { readonly spec?: unknown }): boolean {
  const { managedFields = [], labels = {}, annotations = {} } = metadata;
  return (
    managedFields.some(({ manager = '' }) => manager === FIELD_MANAGER || FORMER_FIELD_MANAGERS.some((former) => former === manager)) ||
    labels['app.kubernetes.io/managed-by'] === FIELD_MANAGER ||
    [...Object.keys(labels), ...Object.keys(annotations), ...selectedKeys(spec)].some((key) => key.startsWith('eevee.bot/'))
  );
}

/**
 * Whether the operator or a former release wrote a field, and no other client has written it since.
 *
 * @param object with all of its `managedFields`.
 * @param path such as `['f:data', 'f:token']`.
 */
export function isOwnField({ metadata: { managedFields = [] } }: KubeObject, path: readonly string[]): boolean {
  const managers = managedFields.filter(({ fieldsV1 = {} }) => hasField(fieldsV1, path)).map(({ manager = '' }) => manager);
  return managers.length > 0 && managers.every((manager) => OWN_MANAGERS.has(manager));
}

const OWN_MANAGERS: ReadonlySet<string> = new Set([FIELD_MANAGER, PATCH_FIELD_MANAGER, ...FORMER_FIELD_MANAGERS]);

const hasField = (fields: FieldSet, path: readonly string[]): boolean =>
  path.reduce<FieldSet | undefined>((inner, step) => inner?.[step], fields) !== undefined;

/** Keys of the labels by which a workload or a Service selects pods. */
function selectedKeys(spec: unknown): readonly string[] {
  const selector = isRecord(spec) ? spec['selector'] : undefined;
  if (!isRecord(selector)) return [];
  const { matchLabels } = selector;
  return Object.keys(isRecord(matchLabels) ? matchLabels : selector);
}

function union(one: FieldSet, other: FieldSet): FieldSet {
  const added = Object.entries(other).map(([path, inner]) => [path, union(one[path] ?? {}, inner)] as const);
  return { ...one, ...Object.fromEntries(added) };
}

function without(fields: FieldSet, [first, ...rest]: readonly string[]): FieldSet {
  const inner = first === undefined ? undefined : fields[first];
  if (first === undefined || inner === undefined) return fields;
  const { [first]: _, ...others } = fields;
  return rest.length === 0 ? others : { ...others, [first]: without(inner, rest) };
}
