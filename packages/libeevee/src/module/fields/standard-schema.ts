/** One problem that a schema library reports. */
export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Outcome of a validation: the value, or its problems. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

/**
 * A schema of any library that implements Standard Schema v1: zod, valibot, arktype and others.
 *
 * @see https://standardschema.dev
 */
export interface StandardSchema<Output> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

/** Whether `value` is a schema rather than plain defaults. Schemas of some libraries are functions. */
export const isStandardSchema = (value: unknown): value is StandardSchema<unknown> =>
  ((typeof value === 'object' && value !== null) || typeof value === 'function') && '~standard' in value;

const keyOf = (segment: PropertyKey | { readonly key: PropertyKey }): string => String(typeof segment === 'object' ? segment.key : segment);

/** Shorter strings occur in any sentence by chance. */
const SHORTEST_QUOTED = 3;

/** All strings in a value, longest first. */
function textsIn(value: unknown, seen = new Set<unknown>()): string[] {
  if (typeof value === 'string') return value.length >= SHORTEST_QUOTED ? [value] : [];
  if (typeof value !== 'object' || value === null || seen.has(value)) return [];
  seen.add(value);
  return Object.values(value)
    .flatMap((each) => textsIn(each, seen))
    .toSorted((a, b) => b.length - a.length);
}

/**
 * One issue as a line that names the field. Some libraries quote the value, which may be a secret: it is replaced.
 *
 * @param checked the validated value.
 * @example
 * issueText({ message: 'expected number, received "hunter2"', path: ['limit'] }, { limit: 'hunter2' }); // 'limit: expected number, received "…"'
 */
export function issueText({ message, path = [] }: StandardIssue, checked: unknown): string {
  const quoted = (text: string): string[] => [text, JSON.stringify(text).slice(1, -1)];
  const line = textsIn(checked)
    .flatMap(quoted)
    .reduce((rest, text) => rest.replaceAll(text, '…'), message);
  return path.length === 0 ? line : `${path.map(keyOf).join('.')}: ${line}`;
}
