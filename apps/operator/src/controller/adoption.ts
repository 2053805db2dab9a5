import { ANNOTATION, FIELD_MANAGER, FORMER_FIELD_MANAGERS } from '@eeveebot/contract';
import { isOwnApply } from './ownership.ts';
import type { FieldSet, KubeObject, ManagedFields } from './types.ts';

const FORMER: ReadonlySet<string> = new Set(FORMER_FIELD_MANAGERS);

/** A person asked for that restart: it stays, or the pods would be restarted once more. */
const RESTARTED_AT = ['f:spec', 'f:template', 'f:metadata', 'f:annotations', `f:${ANNOTATION.restartedAt}`] as const;

/**
 * Merge patch that makes what former releases set of an object the operator's, as if it had applied it: what the next
 * apply does not state then goes. Without, a literal value would stay beside the reference that takes its place, which the
 * API server refuses. `undefined` when former releases set nothing of it. What others set, people with kubectl too, stays theirs.
 *
 * @param object as it is now, with the whole of its `managedFields`. The patch is refused when it has changed meanwhile.
 * @see https://pkg.go.dev/k8s.io/client-go/util/csaupgrade — the same for kubectl's client-side applies
 */
export function takeover({ apiVersion, metadata }: KubeObject): object | undefined {
  const { managedFields = [], resourceVersion } = metadata;
  const isFormer = (entry: ManagedFields): boolean =>
    FORMER.has(entry.manager ?? '') && entry.operation === 'Update' && (entry.subresource ?? '') === '';
  const former = managedFields.filter(isFormer);
  if (former.length === 0) return undefined;
  const own = managedFields.filter(isOwnApply);
  const fields = [...own, ...former].reduce<FieldSet>((all, { fieldsV1 = {} }) => union(all, fieldsV1), {});
  const entry = { manager: FIELD_MANAGER, operation: 'Apply', apiVersion, fieldsType: 'FieldsV1', fieldsV1: without(fields, RESTARTED_AT) };
  const others = managedFields.filter((candidate) => !isFormer(candidate) && !isOwnApply(candidate));
  return { metadata: { resourceVersion, managedFields: [...others, entry] } };
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
