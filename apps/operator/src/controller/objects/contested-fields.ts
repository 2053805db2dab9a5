import { isRecord } from '../json.ts';
import type { FieldSet, KubeObject, ManagedFields } from './kube-object.ts';
import { ownEntry } from './field-ownership.ts';

/** Maximum number of fields that are named. */
const MOST_NAMED = 3;

/** A client, and the fields that it took over from the operator. */
export interface Contender {
  readonly manager: string;
  /** Paths such as `spec.replicas`, the first few. */
  readonly fields: readonly string[];
}

/**
 * The other clients that own fields which `desired` states and the operator does not own, as after they changed these fields.
 *
 * @param observed with all of its `managedFields`.
 */
export function contendersFor(
  desired: { readonly metadata: object },
  { metadata: { managedFields = [] } }: KubeObject,
): readonly Contender[] {
  const own = ownEntry(managedFields);
  return managedFields
    .filter((entry) => entry !== own)
    .map(({ manager = 'unknown', fieldsV1 = {} }: ManagedFields) => ({
      manager,
      fields: contested(fieldsV1, { own: own?.fieldsV1, value: desired, path: '' }).slice(0, MOST_NAMED),
    }))
    .filter(({ fields }) => fields.length > 0);
}

interface Place {
  /** Fields of the operator here. */
  readonly own: FieldSet | undefined;
  /** The desired value here. */
  readonly value: unknown;
  readonly path: string;
}

function contested(theirs: FieldSet, place: Place): readonly string[] {
  const inner = Object.entries(theirs).filter(([step]) => step !== '.');
  if (inner.length === 0) return place.own === undefined ? [place.path] : [];
  return inner.flatMap(([step, fields]) => {
    const next = placeBelow(step, place);
    return next === undefined ? [] : contested(fields, next);
  });
}

/** The place that one step leads to; `undefined` if nothing is desired there. */
function placeBelow(step: string, { own, value, path }: Place): Place | undefined {
  const [kind, text] = [step.slice(0, 2), step.slice(2)];
  const inner = own?.[step];
  if (kind === 'f:' && isRecord(value) && value[text] !== undefined) {
    return { own: inner, value: value[text], path: path === '' ? text : `${path}.${text}` };
  }
  if (kind !== 'k:' || !Array.isArray(value)) return undefined;
  const keys = Object.entries(JSON.parse(text) as object);
  const element: unknown = value.find((candidate) => isRecord(candidate) && keys.every(([name, key]) => (candidate[name] ?? key) === key));
  const named = keys.map(([name, key]) => `${name}=${String(key)}`).join(',');
  return element === undefined ? undefined : { own: inner, value: element, path: `${path}[${named}]` };
}
