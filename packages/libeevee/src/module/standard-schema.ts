/** What a schema library says about one thing that is wrong. */
export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** The outcome of a validation: the value, or what is wrong with it. */
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

/** Whether `value` is a schema rather than plain defaults. Some libraries make their schemas functions. */
export const isStandardSchema = (value: unknown): value is StandardSchema<unknown> =>
  ((typeof value === 'object' && value !== null) || typeof value === 'function') && '~standard' in value;

const keyOf = (segment: PropertyKey | { readonly key: PropertyKey }): string => String(typeof segment === 'object' ? segment.key : segment);

/**
 * One issue as a line that names the field.
 *
 * @example
 * issueText({ message: 'expected number', path: ['ratelimit', 'limit'] }); // 'ratelimit.limit: expected number'
 */
export const issueText = ({ message, path = [] }: StandardIssue): string =>
  path.length === 0 ? message : `${path.map(keyOf).join('.')}: ${message}`;
