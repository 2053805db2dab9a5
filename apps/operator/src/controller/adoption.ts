import { ANNOTATION, FIELD_MANAGER, FORMER_FIELD_MANAGERS } from '@eeveebot/contract';
import { isRecord } from './json.ts';
import { isOnlyCreated, isOwnApply } from './ownership.ts';
import type { FieldSet, KubeObject, ManagedFields } from './types.ts';

/** A person asked for that restart: it stays, or the pods would be restarted once more. */
const RESTARTED_AT = ['f:spec', 'f:template', 'f:metadata', 'f:annotations', `f:${ANNOTATION.restartedAt}`] as const;

/**
 * Merge patch that makes what former releases set of an object the operator's, as if it had applied it: what the next
 * apply does not state then goes. Without, a literal value would stay beside the reference that takes its place, which the
 * API server refuses. `undefined` when former releases set nothing of it. What others set, people with kubectl too, stays theirs.
 *
 * Objects that the operator created itself become applied in the same way, with the first change.
 *
 * @param object as it is now, with the whole of its `managedFields`. The patch is refused when it has changed meanwhile.
 * @see https://pkg.go.dev/k8s.io/client-go/util/csaupgrade — the same for kubectl's client-side applies
 */
export function takeover(
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
 * Whether an object that nobody controls may be adopted: a former release made it, or it was made by one of this project's programs
 * and lost its owner or its mark, as when it was restored from a backup of the cluster; or it selects pods of this project. Anything
 * else may be a user's.
 *
 * @param object with the whole of its `managedFields`.
 */
export function isAdoptable({ metadata, spec }: KubeObject & { readonly spec?: unknown }): boolean {
  const { managedFields = [], labels = {}, annotations = {} } = metadata;
  return (
    managedFields.some(({ manager = '' }) => manager === FIELD_MANAGER || FORMER_FIELD_MANAGERS.some((former) => former === manager)) ||
    labels['app.kubernetes.io/managed-by'] === FIELD_MANAGER ||
    [...Object.keys(labels), ...Object.keys(annotations), ...selectedKeys(spec)].some((key) => key.startsWith('eevee.bot/'))
  );
}

/** Keys of the labels that a workload or a Service selects pods by. */
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
